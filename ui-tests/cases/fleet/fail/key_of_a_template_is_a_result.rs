use kvguard_runtime::{Key, kv_key};

fn main() {
    let _: Key = kv_key!("agent", agent_id = "a");
}
