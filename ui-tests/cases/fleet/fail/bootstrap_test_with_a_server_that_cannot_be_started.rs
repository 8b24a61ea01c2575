use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", bin = "trapd", needs = ["postgres"])]
fn boots() {}

fn main() {}
