kvguard_runtime::guard!(service = trapd);

fn main() {}
