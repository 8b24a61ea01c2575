use kvguard_runtime::{InvalidKey, kv_key};

fn main() -> Result<(), InvalidKey> {
    let key = kv_key!("agents", agent_id = "a")?;
    println!("{}", key.as_str());
    Ok(())
}
