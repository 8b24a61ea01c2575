use kvguard_runtime::kv_key;

fn main() {
    let _ = kv_key!("slashed", agent_id = "a");
}
