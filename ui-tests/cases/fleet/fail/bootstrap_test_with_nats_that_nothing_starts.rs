use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", bin = "trapd", env("NATS_URL" = "{nats}"))]
fn boots() {}

fn main() {}
