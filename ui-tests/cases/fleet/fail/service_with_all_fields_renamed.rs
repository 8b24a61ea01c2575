use kvguard_runtime::{KvFields, KvService, kv_service};

#[allow(dead_code)]
#[kv_service("trapd")]
#[derive(serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Configuration {
    listen: String,
    #[serde(rename = "database")]
    database: Database,
}

#[derive(serde::Deserialize, KvFields)]
struct Database {
    host: String,
}

fn main() {
    let _ = Configuration::format();
}
