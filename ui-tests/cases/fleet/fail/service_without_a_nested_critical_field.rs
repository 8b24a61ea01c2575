use kvguard_runtime::{KvFields, KvService, kv_service};

#[allow(dead_code)]
#[kv_service("trapd")]
struct Configuration {
    listen: String,
    database: Option<Database>,
}

#[allow(dead_code)]
#[derive(KvFields)]
struct Database {
    hots: String,
}

fn main() {
    let _ = Configuration::format();
}
