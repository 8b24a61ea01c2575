use kvguard_runtime::kv_key;

fn main() {
    assert_eq!(kv_key!("trapd").as_str(), "config/trapd.json");
}
