kvguard_runtime::guard!(service = "trapdd");

fn main() {}
