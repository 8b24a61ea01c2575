use kvguard_runtime::kv_key;

fn main() {
    struct Id;
    let _ = kv_key!("agent", agent_id = Id);
}
