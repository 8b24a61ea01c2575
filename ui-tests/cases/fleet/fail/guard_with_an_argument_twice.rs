kvguard_runtime::guard!(service = "trapd", service = "core");

fn main() {}
