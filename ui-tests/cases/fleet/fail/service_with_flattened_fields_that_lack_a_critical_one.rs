use kvguard_runtime::{KvFields, KvService, kv_service};

#[allow(dead_code)]
#[kv_service("trapd")]
#[derive(serde::Deserialize)]
struct Configuration {
    #[serde(flatten)]
    common: Common,
    database: Database,
}

#[derive(serde::Deserialize, KvFields)]
struct Common {
    name: String,
}

#[derive(serde::Deserialize, KvFields)]
struct Database {
    host: String,
}

fn main() {
    let _ = Configuration::format();
}
