use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", bin = "trapd", ports = [0])]
fn boots() {}

fn main() {}
