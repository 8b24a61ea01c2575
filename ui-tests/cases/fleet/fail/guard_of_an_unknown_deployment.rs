kvguard_runtime::guard!(service = "trapd", deployments = ["compose", "helmm"]);

fn main() {}
