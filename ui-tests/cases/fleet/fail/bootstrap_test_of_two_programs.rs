use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", bin = "trapd", program = "../trapd")]
fn boots() {}

fn main() {}
