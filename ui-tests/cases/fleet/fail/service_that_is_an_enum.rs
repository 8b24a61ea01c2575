use kvguard_runtime::{KvService, kv_service};

#[allow(dead_code)]
#[kv_service("trapd")]
enum Configuration {
    One,
}

fn main() {
    let _ = Configuration::format();
}
