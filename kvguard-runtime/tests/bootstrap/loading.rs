//! File, store and pinned file, one over the other.

use std::collections::BTreeMap;

use kvguard_runtime::bootstrap::{BootstrapErrorKind, FieldFault, Source};
use kvguard_runtime::testing::MemoryStore;
use kvguard_runtime::{Bootstrap, Descriptor, Format, Key, KeyDeclaration, KeyTemplate, Operation};

use crate::common::{Configuration, Directory, GAUGE, KEY, Log, bootstrap, store};

#[tokio::test]
async fn the_store_goes_over_the_file_and_the_pinned_file_over_both() {
    let directory = Directory::new();
    let store = store();
    store.set(
        &KEY,
        r#"{"listen": "kv:2", "database": {"port": 2, "host": "kv"}, "level": 7}"#,
    );
    let pinned = directory.file("pinned.json", r#"{"database": {"host": "pinned"}}"#);
    let loaded = bootstrap(&store, &directory)
        .with_pinned_file(pinned)
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.config.listen, "kv:2");
    assert_eq!(loaded.config.database.port, 2);
    assert_eq!(loaded.config.database.host, "pinned");
    assert_eq!(loaded.config.level, Some(7));
    // What neither sets keeps the file's value.
    assert_eq!(loaded.config.database.password, "canary-file-password");
    assert_eq!(loaded.config.outputs.len(), 1);
}

#[tokio::test]
async fn what_was_loaded_tells_where_it_comes_from() {
    let directory = Directory::new();
    let store = store();
    let revision = store.set(&KEY, "{}");
    let loaded = bootstrap(&store, &directory).load().await.unwrap();
    assert_eq!(loaded.source, Source::Kv);
    assert!(loaded.degraded.is_none());
    assert!(!loaded.seeded);
    assert_eq!(loaded.key, Some(KEY));
    assert_eq!(loaded.revision, Some(revision));
}

#[tokio::test]
async fn an_applied_overlay_is_logged_with_its_key_and_revision() {
    let (log, _guard) = Log::capture();
    let directory = Directory::new();
    let store = store();
    let revision = store.set(&KEY, "{}");
    bootstrap(&store, &directory).load().await.unwrap();
    assert_eq!(
        log.lines(),
        [format!(
            "INFO kv overlay applied service=gauge key=config/gauge.json revision={revision} "
        )]
    );
}

#[tokio::test]
async fn a_key_that_holds_something_takes_one_read_and_no_write() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, "{}");
    bootstrap(&store, &directory).load().await.unwrap();
    let operations: Vec<_> = store
        .recording()
        .all()
        .iter()
        .map(|recorded| (recorded.operation, recorded.key.clone()))
        .collect();
    assert_eq!(operations, [(Operation::Get, Some(KEY.to_string()))]);
}

#[tokio::test]
async fn a_service_without_a_file_is_loaded_from_the_store_alone() {
    let store = store();
    store.set(
        &KEY,
        r#"{"listen": "kv", "database": {"host": "h", "port": 2}}"#,
    );
    let loaded = Bootstrap::<Configuration>::new(GAUGE)
        .with_store(store.handle_of("gauge"))
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.config.listen, "kv");
}

#[tokio::test]
async fn a_service_without_a_store_is_loaded_from_its_files_and_says_so() {
    let directory = Directory::new();
    let loaded = bootstrap(&store(), &directory)
        .from_files_only()
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.source, Source::File);
    assert!(loaded.degraded.is_none());
    assert_eq!(loaded.key, None);
}

#[tokio::test]
async fn a_bootstrap_that_was_told_no_store_fails() {
    let error = Bootstrap::<Configuration>::new(GAUGE)
        .load()
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), BootstrapErrorKind::NoStore));
}

#[tokio::test]
async fn a_critical_field_that_any_layer_empties_is_refused() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, r#"{"listen": "  ", "database": {"host": null}}"#);
    let error = bootstrap(&store, &directory).load().await.unwrap_err();
    let BootstrapErrorKind::CriticalFields { key, fields } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(key.as_ref(), Some(&KEY));
    let found: Vec<_> = fields
        .iter()
        .map(|field| (field.field(), field.fault()))
        .collect();
    assert_eq!(
        found,
        [
            ("listen", &FieldFault::Empty),
            ("database.host", &FieldFault::Empty)
        ]
    );
}

#[tokio::test]
async fn a_critical_field_that_only_the_pinned_file_fills_is_there() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, r#"{"listen": ""}"#);
    let pinned = directory.file("pinned.json", r#"{"listen": "pinned"}"#);
    let loaded = bootstrap(&store, &directory)
        .with_pinned_file(pinned)
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.config.listen, "pinned");
}

#[tokio::test]
async fn what_the_program_supplies_goes_over_all_is_critical_and_is_never_written() {
    const ARCHIVE: &Descriptor =
        &Descriptor::new("archive", KeyDeclaration::Key(KEY), Format::Json)
            .with_critical_fields(&["database.password"])
            .with_secret_fields(&["database.password"]);
    let directory = Directory::new();
    let store = MemoryStore::new();
    let archive = || {
        Bootstrap::<Configuration>::new(ARCHIVE)
            .with_store(store.clone())
            .with_file(directory.file(
                "a.json",
                r#"{"listen": "l", "database": {"host": "h", "port": 1}}"#,
            ))
    };
    let error = archive().load().await.unwrap_err();
    assert!(
        error.to_string().contains("`database.password` is missing"),
        "{error}"
    );
    let loaded = archive()
        .with_supplied("database.password", "canary")
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.config.database.password, "canary");
    let value = store.peek(&KEY).unwrap().value;
    assert!(!String::from_utf8_lossy(value.as_bytes()).contains("canary"));
    let error = archive()
        .with_supplied("database.password", "x")
        .with_supplied("database.port", "canary")
        .load()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`database.port` in what the program supplies"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn a_key_template_is_filled_with_its_variables() {
    const AGENT: &Descriptor = &Descriptor::new(
        "agent",
        KeyDeclaration::Template(KeyTemplate::new("agents/{{agent_id}}.json")),
        Format::Json,
    )
    .with_scope("agent", &["agent_id"]);
    let store = MemoryStore::new();
    let key = Key::from_static("agents/a-1.json");
    store.set(&key, r#"{"x": 1}"#);
    let agent = || Bootstrap::<BTreeMap<String, u8>>::new(AGENT).with_store(store.clone());
    let loaded = agent()
        .with_variable("agent_id", "a-1")
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.key, Some(key));
    for wrong in [
        agent(),
        agent().with_variable("agent_id", "a/../b"),
        agent().with_variable("agent_id", 1).with_variable("x", 1),
    ] {
        let error = wrong.load().await.unwrap_err();
        assert!(
            matches!(error.kind(), BootstrapErrorKind::InvalidKey(_)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_key_may_be_given_in_place_of_the_declared_one() {
    let directory = Directory::new();
    let store = store();
    let other = Key::from_static("config/other.json");
    store.set(&other, r#"{"level": 3}"#);
    let loaded = bootstrap(&store, &directory)
        .with_key(other.clone())
        .load()
        .await
        .unwrap();
    assert_eq!((loaded.key, loaded.config.level), (Some(other), Some(3)));
}

#[tokio::test]
async fn an_environment_that_is_half_set_is_refused_by_name() {
    let error = Bootstrap::<Configuration>::new(GAUGE)
        .with_environment(&[("CONFIG_SOURCE", "kv"), ("KV_SEC_MODE", "mtls")])
        .unwrap_err();
    let text = error.to_string();
    for name in ["KV_ADDRESS", "KV_CERT_FILE", "KV_KEY_FILE", "KV_CA_FILE"] {
        assert!(text.contains(&format!("`{name}` is missing")), "{text}");
    }
}

#[tokio::test]
async fn an_environment_of_another_service_is_refused() {
    let variables = [
        ("CONFIG_SOURCE", "kv"),
        ("CONFIG_SERVICE", "archive"),
        ("KV_ADDRESS", "store:1"),
        ("KV_SEC_MODE", "spiffe"),
        ("KV_TRUST_DOMAIN", "brook.example"),
        ("KV_SERVER_SPIFFE_ID", "spiffe://brook.example/store"),
    ];
    let error = Bootstrap::<Configuration>::new(GAUGE)
        .with_environment(&variables)
        .unwrap_err();
    assert!(error.to_string().contains("`CONFIG_SERVICE`"), "{error}");
}

#[tokio::test]
async fn an_environment_of_the_file_loads_the_file() {
    let directory = Directory::new();
    let loaded = bootstrap(&store(), &directory)
        .with_environment(&[("CONFIG_SOURCE", "file")])
        .unwrap()
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.source, Source::File);
}

#[tokio::test]
async fn the_keys_own_declaration_is_told_beforehand() {
    let bootstrap = Bootstrap::<Configuration>::new(GAUGE).with_store(MemoryStore::new());
    assert_eq!(bootstrap.key(), Ok(KEY));
}
