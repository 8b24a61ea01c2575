use kvguard_runtime::{KvService, kv_service};

#[allow(dead_code)]
#[kv_service(trapd)]
struct Configuration {
    listen: String,
}

fn main() {
    let _ = Configuration::format();
}
