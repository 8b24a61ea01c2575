kvguard_runtime::guard!();
kvguard_runtime::guard!(service = "trapd", deployments = ["compose"]);

fn main() {}
