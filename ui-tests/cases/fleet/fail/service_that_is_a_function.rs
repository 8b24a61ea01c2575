use kvguard_runtime::kv_service;

#[kv_service("trapd")]
fn main() {}
