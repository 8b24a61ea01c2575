kvguard_runtime::guard!(deployments = []);

fn main() {}
