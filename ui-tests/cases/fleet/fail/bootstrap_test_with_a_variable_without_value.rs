use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", bin = "trapd", env("LISTEN"))]
fn boots() {}

fn main() {}
