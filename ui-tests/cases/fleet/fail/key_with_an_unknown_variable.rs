use kvguard_runtime::kv_key;

fn main() {
    let _ = kv_key!("checker", agent_id = "a", kind = "snmp", port = 1);
}
