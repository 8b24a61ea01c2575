use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", bin = "trapd", args = ["--listen", "127.0.0.1:{prot}"])]
fn boots() {}

fn main() {}
