use kvguard_runtime::{KvService, kv_service};

#[allow(dead_code)]
#[kv_service()]
struct Configuration {
    listen: String,
}

fn main() {
    let _ = Configuration::format();
}
