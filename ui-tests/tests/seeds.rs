//! What the policy calls secret reaches the compiled descriptor: a seed carries none of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kvguard_runtime::testing::MemoryStore;
use kvguard_runtime::{Bootstrap, Descriptor, Key, KvFields, KvService, descriptor, kv_service};
use serde::Deserialize;
use serde_json::{Value, json};

/// A template with secrets at every kind of place, each of which holds this text.
const SECRET: &str = "canary-7c21e4";

fn template() -> Value {
    json!({
        "listen": ":162",
        "token": SECRET,
        "Token": { "value": SECRET },
        "database": { "host": "db", "Password": SECRET, "TOKEN": SECRET },
        "outputs": [
            { "kind": "a", "token": SECRET },
            [{ "kind": "b", "nested": { "deep": { "tOkEn": [SECRET] } } }],
        ],
        "uplink": { "Key": SECRET, "name": "north" },
        "siren": { "code": SECRET, "token_length": 8 },
    })
}

#[kv_service("trapd")]
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "its fields are what the registry calls critical")]
struct Trapd {
    listen: String,
    database: Database,
}
#[derive(Debug, Deserialize, KvFields)]
#[expect(dead_code, reason = "its fields are what the registry calls critical")]
struct Database {
    host: String,
}

/// What the store holds after a start on an empty key.
async fn seeded(descriptor: &'static Descriptor) -> Value {
    let store = MemoryStore::new();
    let loaded = Bootstrap::<Value>::new(descriptor)
        .with_store(store.clone())
        .with_template(template().to_string())
        .load()
        .await
        .unwrap();
    assert!(loaded.seeded);
    let key = Key::from_static("config/trapd.json");
    let value = store.peek(&key).unwrap().value;
    let text = String::from_utf8(value.into_bytes()).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_seed_carries_nothing_that_the_policy_or_a_file_that_it_imports_calls_secret() {
    let expected = json!({
        "listen": ":162",
        "database": { "host": "db" },
        "outputs": [{ "kind": "a" }, [{ "kind": "b", "nested": { "deep": {} } }]],
        "uplink": { "name": "north" },
        "siren": { "token_length": 8 },
    });
    assert_eq!(seeded(descriptor!("trapd")).await, expected);
    assert_eq!(seeded(Trapd::DESCRIPTOR).await, expected);
}
