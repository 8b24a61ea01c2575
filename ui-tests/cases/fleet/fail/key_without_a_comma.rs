use kvguard_runtime::kv_key;

fn main() {
    let _ = kv_key!("agent" agent_id = "a");
}
