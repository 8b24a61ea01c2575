use kvguard_runtime::{KvService, kv_key, kv_service};

#[kv_service("left")]
struct Configuration {
    listen: String,
}

fn main() {
    assert_eq!(kv_key!("left").as_str(), "config/left.json");
    assert_eq!(Configuration::key().unwrap(), kv_key!("left"));
    let _ = Configuration {
        listen: String::new(),
    }
    .listen;
}
