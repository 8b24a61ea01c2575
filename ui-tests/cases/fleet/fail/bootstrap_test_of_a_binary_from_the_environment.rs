use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", bin = "trapd", from_env)]
fn boots() {}

fn main() {}
