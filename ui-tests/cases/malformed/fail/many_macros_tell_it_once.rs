use kvguard_runtime::{
    Descriptor, InvalidKey, Key, KvFields, KvService, descriptor, kv_key, kv_service,
};

const TRAPD: Key = kv_key!("trapd");
const CORE: Key = kv_key!("core");
const DESCRIPTOR: &Descriptor = descriptor!("trapd");

#[kv_service("trapd")]
#[derive(KvFields)]
struct Configuration {
    listen: String,
}

fn main() -> Result<(), InvalidKey> {
    let agent = kv_key!("agent", agent_id = "a")?;
    let configuration = Configuration {
        listen: String::new(),
    };
    println!("{TRAPD} {CORE} {agent} {}", configuration.listen);
    println!("{} {}", DESCRIPTOR.name, Configuration::format());
    Ok(())
}
