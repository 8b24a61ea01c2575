use kvguard_runtime::{KvFields, KvService, kv_service};

#[allow(dead_code)]
#[kv_service("trapd")]
#[derive(serde::Deserialize)]
struct Configuration {
    listen: String,
    #[serde(deserialize_with = "read")]
    database: Database,
}

fn read<'de, D: serde::Deserializer<'de>>(_: D) -> Result<Database, D::Error> {
    Ok(Database {
        host: String::new(),
    })
}

#[derive(KvFields)]
struct Database {
    host: String,
}

fn main() {
    let _ = Configuration::format();
}
