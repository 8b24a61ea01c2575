use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", command = [])]
fn boots() {}

fn main() {}
