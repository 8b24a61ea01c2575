kvguard_runtime::guard!();

fn main() {}
