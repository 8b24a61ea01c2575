kvguard_runtime::guard!(policy = "nowhere/kvguard.toml");

fn main() {}
