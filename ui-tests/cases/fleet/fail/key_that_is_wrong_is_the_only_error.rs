use kvguard_runtime::{Key, kv_key};

const KEY: Key = kv_key!("traqd");

fn main() -> Result<(), kvguard_runtime::InvalidKey> {
    let key = kv_key!("agent", agent_ids = "a")?;
    println!("{} {}", KEY.as_str(), key.as_str());
    Ok(())
}
