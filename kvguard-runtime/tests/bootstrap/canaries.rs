//! Secrets through every path appear in no log, error, `Debug` form or store.

use kvguard_runtime::adapter::{self, BootstrapOptions, ConfigFormat};
use kvguard_runtime::bootstrap::OnOutage;
use kvguard_runtime::testing::{AccessTable, MemoryStore};
use kvguard_runtime::{
    Bootstrap, Descriptor, Format, Key, KeyDeclaration, Operation, StoreErrorKind,
};

use crate::common::{Configuration, Directory, GAUGE, KEY, Log, store};

const CANARY: &str = "canary";

/// Everything that somebody could see.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn debug(&mut self, value: &impl std::fmt::Debug) {
        self.0.push(format!("{value:?} {value:#?}"));
    }

    fn error(&mut self, error: &(impl std::error::Error + 'static)) {
        self.debug(error);
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = next {
            self.0.push(error.to_string());
            next = error.source();
        }
    }

    fn result<T: std::fmt::Debug, E: std::error::Error + 'static>(
        &mut self,
        result: &Result<T, E>,
    ) {
        match result {
            Ok(value) => self.debug(value),
            Err(error) => self.error(error),
        }
    }

    fn check(&self, log: &Log, store: &MemoryStore, is_own_value: bool) {
        for text in self.0.iter().chain(&log.lines()) {
            assert!(!text.contains(CANARY), "{text}");
        }
        for (key, value) in store.contents() {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            assert!(is_own_value || !text.contains(CANARY), "{key}: {text}");
        }
    }
}

/// Files with a canary as every kind of value, some not at secret paths, some malformed.
const FILES: &[&str] = &[
    r#"{"listen": "l", "database": {"host": "h", "port": 1, "password": "canary"}, "outputs": [{"kind": "k", "token": "canary"}]}"#,
    r#"{"listen": "l", "database": {"host": "h", "port": "canary", "password": "canary"}}"#,
    r#"{"listen": "l", "database": {"host": "h", "port": 1, "password": {"canary": "canary"}}}"#,
    r#"{"listen": "l", "database": {"host": "h", "port": 1, "password": ["canary"]}}"#,
    r#"{"listen": ["canary"], "database": {"host": "h", "port": 1, "token": "canary"}}"#,
    r#"{"listen": "", "database": {"host": "h", "port": 1, "password": "canary"}, "level": "canary"}"#,
    r#"{"listen": "l", "database": "canary"}"#,
    r#"{"listen": "l", "database": {"password": "canary}"#,
    r#"{"listen": "l", "listen": "canary"}"#,
    r#"{"listen": canary}"#,
    r#"["canary"]"#,
    "\"canary\"",
    "canary",
    "database.password: canary\n",
];

#[tokio::test]
async fn no_secret_of_a_file_a_template_or_a_pinned_file_is_seen() {
    for text in FILES {
        for place in ["file", "pinned", "template", "text"] {
            for fault in ["none", "down", "denied", "full", "lost"] {
                let (log, _guard) = Log::capture();
                let directory = Directory::new();
                let store = store();
                let gauge = match fault {
                    "denied" => store.handle_of("stranger"),
                    _ => store.handle_of("gauge"),
                };
                match fault {
                    "down" => gauge.disconnect(),
                    "full" => gauge.fail_nth_of(Operation::Create, 1, StoreErrorKind::Full),
                    "lost" => gauge.lose_answer_of(Operation::Create, 1),
                    _ => {}
                }
                let file =
                    directory.file("gauge.json", if place == "file" { text } else { FILES[0] });
                let mut bootstrap = Bootstrap::<Configuration>::new(GAUGE)
                    .with_store(gauge)
                    .with_file(file)
                    .on_outage(OnOutage::UseFile);
                bootstrap = match place {
                    "pinned" => bootstrap.with_pinned_file(directory.file("p.json", text)),
                    "template" => bootstrap.with_template_file(directory.file("t.json", text)),
                    "text" => bootstrap.with_template(*text),
                    _ => bootstrap,
                };
                let mut seen = Seen::default();
                seen.debug(&bootstrap);
                let loaded = bootstrap.load().await;
                seen.result(&loaded);
                if let Ok(loaded) = loaded {
                    seen.result(&bootstrap.watch(&loaded).await);
                }
                // A template may carry a canary where no secret is declared; then it is no secret.
                let is_own_value = *text != FILES[0] && store.peek(&KEY).is_some();
                seen.check(&log, &store, is_own_value && !is_declared_secret(text));
            }
        }
    }
}

/// Whether canaries stand at secret paths only.
fn is_declared_secret(text: &str) -> bool {
    [FILES[0], FILES[2], FILES[3]].contains(&text)
}

#[tokio::test]
async fn no_secret_of_a_value_is_seen_at_start_or_as_an_update() {
    for text in FILES {
        let (log, _guard) = Log::capture();
        let directory = Directory::new();
        let mut seen = Seen::default();
        let store = store();
        let bootstrap = crate::common::bootstrap(&store, &directory);
        store.set(&KEY, *text);
        seen.result(&bootstrap.load().await);
        store.set(&KEY, "{}");
        let loaded = bootstrap.load().await.unwrap();
        let mut updates = bootstrap.watch(&loaded).await.unwrap();
        store.set(&KEY, *text);
        seen.result(&updates.next().await.unwrap());
        seen.debug(&updates);
        seen.debug(&store);
        seen.debug(&store.recording());
        seen.debug(&store.peek(&KEY));
        seen.check(&log, &store, true);
    }
}

#[tokio::test]
async fn a_secret_in_a_value_is_told_by_its_path_counts_and_is_never_written() {
    let (log, _guard) = Log::capture();
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, r#"{"database": {"password": "canary"}}"#);
    let bootstrap = crate::common::bootstrap(&store, &directory);
    let loaded = bootstrap.load().await.unwrap();
    assert_eq!(loaded.config.database.password, "canary");
    assert!(log.has_one(
        "WARN",
        "kv value carries a secret field service=gauge key=config/gauge.json field=database.password"
    ));
    assert_eq!(store.recording().writes(), []);
}

#[tokio::test]
async fn no_secret_of_the_environment_is_seen() {
    let base = [
        ("CONFIG_SOURCE", "kv"),
        ("KV_ADDRESS", "nats://user:canary@nats:4222"),
        ("KV_BUCKET", "canary bucket"),
        ("KV_SEC_MODE", "mtls"),
        ("KV_CERT_FILE", "a"),
        ("KV_KEY_FILE", "b"),
        ("KV_CA_FILE", "c"),
    ];
    let mut all = vec![base.to_vec()];
    for position in 0..base.len() {
        let mut changed = base.to_vec();
        changed[position].1 = "canary";
        all.push(changed);
        let mut absent = base.to_vec();
        absent.remove(position);
        all.push(absent);
    }
    all.push([&base[..], &[("CONFIG_KV_KEY", "canary canary")]].concat());
    all.push([&base[..], &[("CONFIG_SERVICE", "canary")]].concat());
    for variables in all {
        let mut seen = Seen::default();
        let bootstrap =
            Bootstrap::<Configuration>::new(GAUGE).with_environment(variables.as_slice());
        seen.result(&bootstrap);
        seen.check(&Log::default(), &MemoryStore::new(), false);
    }
}

#[tokio::test]
async fn the_adapter_seeds_no_secret_of_services_that_declare_none() {
    let (log, _guard) = Log::capture();
    let directory = Directory::new();
    let store = MemoryStore::new();
    let text = r#"
listen = "l"
api_key = "canary"
token = "canary"

[security]
cert_file = "canary"

[[outputs]]
kind = "k"
token = "canary"
nested = { private_key = "canary", password = "canary" }

[database]
host = "h"
port = 1
password = "canary"
"#;
    let mut bootstrap = adapter::Bootstrap::with_store(
        BootstrapOptions {
            service_name: "gauge".to_owned(),
            config_path: directory.file("gauge.toml", text).display().to_string(),
            format: ConfigFormat::Toml,
            kv_key: Some("config/gauge.toml".to_owned()),
            seed_kv: true,
            watch_kv: true,
        },
        store.clone(),
    )
    .unwrap();
    let mut seen = Seen::default();
    bootstrap.load::<Configuration>().await.unwrap();
    seen.debug(&bootstrap);
    let watcher = bootstrap.watch::<Configuration>().await.unwrap().unwrap();
    seen.debug(&watcher);
    assert_eq!(store.contents().len(), 1);
    seen.check(&log, &store, false);
}

#[tokio::test]
async fn a_secret_that_is_a_mappings_key_is_not_told() {
    const DESCRIPTOR: &Descriptor =
        &Descriptor::new("gauge", KeyDeclaration::Key(KEY), Format::Json)
            .with_secret_fields(&["tokens"]);
    #[derive(Debug, serde::Deserialize)]
    struct Tokens {
        #[expect(dead_code, reason = "it is only read into")]
        tokens: std::collections::BTreeMap<String, u8>,
    }
    let store = MemoryStore::new().with_access_table(AccessTable::new());
    store.set(&KEY, r#"{"tokens": {"canary": "canary"}}"#);
    let error = Bootstrap::<Tokens>::new(DESCRIPTOR)
        .with_store(store)
        .load()
        .await
        .unwrap_err();
    let mut seen = Seen::default();
    seen.error(&error);
    assert!(error.to_string().contains("`tokens`"), "{error}");
    seen.check(&Log::default(), &MemoryStore::new(), false);
    assert_eq!(error.key(), Some(&Key::from_static("config/gauge.json")));
}
