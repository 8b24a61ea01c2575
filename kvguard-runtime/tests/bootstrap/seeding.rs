//! A key that holds nothing is seeded once, without secrets, and never overwritten.

use kvguard_runtime::bootstrap::{BootstrapErrorKind, Degraded, OnMissing, Source};
use kvguard_runtime::testing::Outcome;
use kvguard_runtime::{Bootstrap, Operation, StoreErrorKind};
use serde_json::{Value, json};

use crate::common::{Configuration, Directory, FILE, GAUGE, KEY, Log, bootstrap, store};

fn stored(store: &kvguard_runtime::testing::MemoryStore) -> Value {
    serde_json::from_slice(store.peek(&KEY).unwrap().value.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_missing_key_is_seeded_from_the_file_without_its_secrets() {
    let (log, _guard) = Log::capture();
    let directory = Directory::new();
    let store = store();
    let loaded = bootstrap(&store, &directory).load().await.unwrap();
    assert!(loaded.seeded);
    assert_eq!(loaded.source, Source::Kv);
    assert_eq!(
        loaded.revision,
        store.peek(&KEY).map(|entry| entry.revision)
    );
    assert_eq!(
        stored(&store),
        json!({
            "listen": "0.0.0.0:1",
            "database": {"host": "db", "port": 1},
            "outputs": [{"kind": "a"}],
        })
    );
    assert!(log.has_one("INFO", "kv key seeded"), "{:?}", log.lines());
}

#[tokio::test]
async fn lists_of_a_seed_take_the_place_of_those_of_the_file() {
    let directory = Directory::new();
    let loaded = bootstrap(&store(), &directory).load().await.unwrap();
    assert_eq!(loaded.config.database.password, "canary-file-password");
    // As at every later start: the store's list has no secrets.
    assert_eq!(loaded.config.outputs[0].token, "");
}

#[tokio::test]
async fn a_template_seeds_in_place_of_the_file() {
    let directory = Directory::new();
    for as_file in [false, true] {
        let store = store();
        let text = r#"{"listen": "template", "database": {"password": "canary-template"}}"#;
        let bootstrap = bootstrap(&store, &directory);
        let bootstrap = if as_file {
            bootstrap.with_template_file(directory.file("template.json", text))
        } else {
            bootstrap.with_template(text)
        };
        let loaded = bootstrap.load().await.unwrap();
        assert_eq!(
            stored(&store),
            json!({"listen": "template", "database": {}})
        );
        assert_eq!(loaded.config.listen, "template");
        assert_eq!(loaded.config.database.host, "db");
    }
}

#[tokio::test]
async fn further_secret_fields_are_not_written_either() {
    let directory = Directory::new();
    let store = store();
    bootstrap(&store, &directory)
        .with_secret_fields(["outputs", "database.port"])
        .load()
        .await
        .unwrap();
    assert_eq!(
        stored(&store),
        json!({"listen": "0.0.0.0:1", "database": {"host": "db"}})
    );
}

#[tokio::test]
async fn an_existing_value_is_never_replaced() {
    let directory = Directory::new();
    let store = store();
    for value in ["{}", r#"{"level": 1}"#] {
        store.set(&KEY, value);
        let before = store.peek(&KEY);
        bootstrap(&store, &directory).load().await.unwrap();
        assert_eq!(store.peek(&KEY), before);
    }
    assert_eq!(store.recording().writes(), []);
}

#[tokio::test]
async fn a_value_that_does_not_parse_is_not_replaced_either() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, "");
    bootstrap(&store, &directory).load().await.unwrap_err();
    assert_eq!(store.peek(&KEY).unwrap().value.len(), 0);
    assert_eq!(store.recording().writes(), []);
}

#[tokio::test]
async fn a_seed_that_another_writes_first_is_read_and_not_overwritten() {
    let (log, _guard) = Log::capture();
    let directory = Directory::new();
    let store = store();
    let gauge = store.handle_of("gauge");
    gauge.let_another_be_quicker(&KEY, r#"{"level": 9}"#);
    let loaded = bootstrap(&store, &directory)
        .with_store(gauge)
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.config.level, Some(9));
    assert!(!loaded.seeded);
    assert_eq!(stored(&store), json!({"level": 9}));
    assert!(log.has_one("INFO", "kv key was seeded by another"));
}

#[tokio::test]
async fn of_two_services_that_seed_at_once_one_wins_and_both_load_it() {
    for round in 0..50 {
        let directory = Directory::new();
        let store = store();
        let service = |level: u8| {
            let bootstrap = bootstrap(&store, &directory).with_template(
                json!({"listen": "x", "database": {"host": "h"}, "level": level}).to_string(),
            );
            tokio::spawn(async move { bootstrap.load().await.unwrap() })
        };
        let (first, second) = (service(1), service(2));
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert!(first.seeded ^ second.seeded, "round {round}");
        assert_eq!(first.config.level, second.config.level, "round {round}");
        assert_eq!(stored(&store)["level"], first.config.level.unwrap());
        let done = store.recording().writes();
        let done = done.iter().filter(|write| write.outcome == Outcome::Done);
        assert_eq!(done.count(), 1);
    }
}

#[tokio::test]
async fn a_key_that_is_created_and_deleted_again_and_again_is_a_conflict_in_the_end() {
    let directory = Directory::new();
    let store = store();
    let gauge = store.handle_of("gauge");
    for nth in 1..=3 {
        gauge.fail_nth_of(Operation::Create, nth, StoreErrorKind::Conflict);
    }
    let error = bootstrap(&store, &directory)
        .with_store(gauge)
        .load()
        .await
        .unwrap_err();
    assert!(error.store_error().unwrap().is_conflict(), "{error}");
}

#[tokio::test]
async fn a_reader_that_is_to_seed_is_denied_and_told_what_is_missing() {
    let directory = Directory::new();
    let store = store();
    let error = bootstrap(&store, &directory)
        .with_store(store.handle_of("screen"))
        .load()
        .await
        .unwrap_err();
    assert!(error.is_permission_denied());
    assert_eq!(
        error.to_string(),
        "service `gauge`: create of `config/gauge.json`: permission denied for `screen`: `writer` is missing: \
         grant it in the store's access table, or do not seed (`on_missing`)"
    );
    assert_eq!(store.peek(&KEY), None);
}

#[tokio::test]
async fn a_reader_that_is_not_to_seed_writes_nothing_and_says_that_the_key_is_missing() {
    let (log, _guard) = Log::capture();
    let directory = Directory::new();
    let store = store();
    let loaded = bootstrap(&store, &directory)
        .with_store(store.handle_of("screen"))
        .on_missing(OnMissing::UseFile)
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.source, Source::File);
    assert!(matches!(loaded.degraded, Some(Degraded::KeyMissing)));
    assert!(log.has_one("WARN", "kv key missing, file in use"));
    assert_eq!(store.recording().writes(), []);
}

#[tokio::test]
async fn a_missing_key_fails_where_it_is_to_fail_or_nothing_can_seed_it() {
    let directory = Directory::new();
    let store = store();
    let to_fail = bootstrap(&store, &directory).on_missing(OnMissing::Fail);
    let error = to_fail.load().await.unwrap_err();
    assert!(matches!(error.kind(), BootstrapErrorKind::KeyMissing { key } if *key == KEY));
    let without_file = || Bootstrap::<Configuration>::new(GAUGE).with_store(store.clone());
    let error = without_file().load().await.unwrap_err();
    assert!(matches!(error.kind(), BootstrapErrorKind::NoTemplate { key } if *key == KEY));
    let error = without_file()
        .on_missing(OnMissing::UseFile)
        .load()
        .await
        .unwrap_err();
    assert!(matches!(
        error.kind(),
        BootstrapErrorKind::KeyMissing { .. }
    ));
    assert_eq!(store.peek(&KEY), None);
}

#[tokio::test]
async fn a_template_that_is_wrong_seeds_nothing() {
    let directory = Directory::new();
    for template in ["", "[1]", "{\"listen\": canary}"] {
        let store = store();
        let error = bootstrap(&store, &directory)
            .with_template(template)
            .load()
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("the program's template"),
            "{error}"
        );
        assert_eq!(store.recording().writes(), []);
    }
}

#[tokio::test]
async fn a_template_that_the_service_could_not_run_with_seeds_nothing() {
    let directory = Directory::new();
    for (template, told) in [
        (r#"{"listen": ""}"#, "`listen` is empty"),
        (
            r#"{"database": {"port": "canary"}}"#,
            "`database.port` in the program's template is not what the configuration takes there: expected u16",
        ),
    ] {
        let store = store();
        let error = bootstrap(&store, &directory)
            .with_template(template)
            .load()
            .await
            .unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(store.recording().writes(), []);
    }
}

#[tokio::test]
async fn a_seed_over_the_stores_limit_or_in_a_full_store_is_an_error() {
    let directory = Directory::new();
    for store in [store().with_value_limit(10), store().with_capacity(10)] {
        let error = bootstrap(&store, &directory).load().await.unwrap_err();
        assert!(matches!(
            error.store_error().unwrap().kind(),
            StoreErrorKind::TooLarge { .. } | StoreErrorKind::Full
        ));
        assert_eq!(store.peek(&KEY), None);
    }
}

#[tokio::test]
async fn a_pinned_file_is_not_seeded() {
    let directory = Directory::new();
    let store = store();
    bootstrap(&store, &directory)
        .with_pinned_file(directory.file("pinned.json", r#"{"level": 5}"#))
        .load()
        .await
        .unwrap();
    assert_eq!(stored(&store).get("level"), None);
    assert!(FILE.contains("canary"));
}
