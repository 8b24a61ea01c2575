kvguard_runtime::guard!(deployment = "compose", polcy = "kvguard.toml");

fn main() {}
