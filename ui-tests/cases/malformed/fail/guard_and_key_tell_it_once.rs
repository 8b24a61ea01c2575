kvguard_runtime::guard!(service = "trapd");

fn main() {
    let _ = kvguard_runtime::kv_key!("trapd");
}
