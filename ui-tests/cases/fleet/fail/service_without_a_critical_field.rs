use kvguard_runtime::{KvFields, KvService, kv_service};

#[allow(dead_code)]
#[kv_service("trapd")]
struct Configuration {
    address: String,
    database: Database,
}

#[derive(KvFields)]
struct Database {
    host: String,
}

fn main() {
    let _ = Configuration::format();
}
