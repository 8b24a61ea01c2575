kvguard_runtime::guard!(deployments = ["compose"]);

fn main() {}
