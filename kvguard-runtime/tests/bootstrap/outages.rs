//! A store that is not there is told; a denial always fails.

use std::time::Duration;

use kvguard_runtime::bootstrap::{Degraded, OnOutage, Source};
use kvguard_runtime::testing::AccessTable;
use kvguard_runtime::{Bootstrap, Operation, StoreErrorKind};
use tokio::time::Instant;

use crate::common::{Configuration, Directory, GAUGE, KEY, Log, bootstrap, store};

#[tokio::test]
async fn an_outage_is_an_error_unless_the_service_says_otherwise() {
    let directory = Directory::new();
    let store = store();
    let gauge = store.handle_of("gauge");
    gauge.disconnect();
    let error = bootstrap(&store, &directory)
        .with_store(gauge)
        .load()
        .await
        .unwrap_err();
    assert!(error.is_outage());
    assert_eq!(
        error.to_string(),
        "service `gauge`: get of `config/gauge.json`: the store cannot be reached: see that the store runs and can be \
         reached; a service that may start without it says so by `on_outage`"
    );
}

#[tokio::test]
async fn a_service_that_may_do_without_the_store_is_told_that_it_does() {
    let (log, _guard) = Log::capture();
    let directory = Directory::new();
    let store = store();
    let gauge = store.handle_of("gauge");
    gauge.disconnect();
    let loaded = bootstrap(&store, &directory)
        .with_store(gauge)
        .on_outage(OnOutage::UseFile)
        .load()
        .await
        .unwrap();
    assert_eq!(loaded.source, Source::File);
    let Some(Degraded::Outage(error)) = &loaded.degraded else {
        panic!("{:?}", loaded.degraded);
    };
    assert_eq!(error.kind(), &StoreErrorKind::Unavailable);
    assert_eq!(
        log.lines(),
        [
            "WARN KV store not initialized, file in use service=gauge key=config/gauge.json reason=get of `config/gauge.json`: \
          the store cannot be reached "
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_an_outage_within_its_deadline() {
    let directory = Directory::new();
    let store = store().with_deadline(Duration::from_secs(2));
    let gauge = store.handle_of("gauge");
    gauge.set_latency(Duration::from_secs(60));
    let begin = Instant::now();
    let bootstrap = bootstrap(&store, &directory).with_store(gauge);
    let error = bootstrap.load().await.unwrap_err();
    assert!(error.is_outage());
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
    let loaded = bootstrap.on_outage(OnOutage::UseFile).load().await.unwrap();
    assert_eq!(loaded.source, Source::File);
}

#[tokio::test]
async fn an_outage_while_seeding_is_one_as_well() {
    let directory = Directory::new();
    let store = store();
    for on_outage in [OnOutage::Fail, OnOutage::UseFile] {
        let gauge = store.handle_of("gauge");
        gauge.fail_nth_of(Operation::Create, 1, StoreErrorKind::Unavailable);
        let outcome = bootstrap(&store, &directory)
            .with_store(gauge)
            .on_outage(on_outage)
            .load()
            .await;
        match (on_outage, outcome) {
            (OnOutage::Fail, Err(error)) => assert!(error.is_outage()),
            (OnOutage::UseFile, Ok(loaded)) => assert!(loaded.degraded.is_some()),
            (_, outcome) => panic!("{outcome:?}"),
        }
        assert_eq!(store.peek(&KEY), None);
    }
}

#[tokio::test]
async fn a_seed_whose_answer_is_lost_is_read_at_the_next_start() {
    let directory = Directory::new();
    let store = store();
    let gauge = store.handle_of("gauge");
    gauge.lose_answer_of(Operation::Create, 1);
    let bootstrap = bootstrap(&store, &directory).with_store(gauge);
    assert!(bootstrap.load().await.unwrap_err().is_outage());
    let seeded = store.peek(&KEY);
    assert!(seeded.is_some());
    let loaded = bootstrap.load().await.unwrap();
    assert!(!loaded.seeded);
    assert_eq!(store.peek(&KEY), seeded);
}

#[tokio::test]
async fn a_denial_fails_whatever_is_to_be_done_in_an_outage() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, "{}");
    let error = bootstrap(&store, &directory)
        .with_store(store.handle_of("stranger"))
        .on_outage(OnOutage::UseFile)
        .load()
        .await
        .unwrap_err();
    assert!(error.is_permission_denied());
    assert_eq!(
        error.to_string(),
        "service `gauge`: get of `config/gauge.json`: permission denied for `stranger`: `reader` is missing: \
         grant it in the store's access table"
    );
}

#[tokio::test]
async fn every_other_error_of_the_store_fails_as_well() {
    let directory = Directory::new();
    let store = store();
    for kind in [
        StoreErrorKind::Malformed,
        StoreErrorKind::Full,
        StoreErrorKind::TooLarge { limit: None },
    ] {
        let gauge = store.handle_of("gauge");
        gauge.fail_nth(1, kind.clone());
        let error = bootstrap(&store, &directory)
            .with_store(gauge)
            .on_outage(OnOutage::UseFile)
            .load()
            .await
            .unwrap_err();
        assert_eq!(error.store_error().unwrap().kind(), &kind);
    }
}

#[tokio::test]
async fn a_service_without_a_file_fails_in_an_outage_all_the_same() {
    let store = store();
    let gauge = store.handle_of("gauge");
    gauge.disconnect();
    let error = Bootstrap::<Configuration>::new(GAUGE)
        .with_store(gauge)
        .on_outage(OnOutage::UseFile)
        .load()
        .await
        .unwrap_err();
    assert!(error.is_outage());
}

#[tokio::test]
async fn critical_fields_are_checked_in_an_outage_as_well() {
    let directory = Directory::new();
    let store = store();
    let gauge = store.handle_of("gauge");
    gauge.disconnect();
    let error = bootstrap(&store, &directory)
        .with_file(directory.file("bare.json", r#"{"listen": "x", "database": {"host": ""}}"#))
        .with_store(gauge)
        .on_outage(OnOutage::UseFile)
        .load()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "service `gauge`: critical field after merging: `database.host` is empty: set it in the file or the pinned file"
    );
}

#[tokio::test]
async fn a_service_that_started_without_the_store_gets_the_value_once_it_can_watch() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, "{}");
    let gauge = store.handle_of("gauge");
    gauge.disconnect();
    let bootstrap = bootstrap(&store, &directory)
        .with_store(gauge.clone())
        .on_outage(OnOutage::UseFile);
    let loaded = bootstrap.load().await.unwrap();
    assert!(bootstrap.watch(&loaded).await.unwrap_err().is_outage());
    gauge.reconnect();
    let mut updates = bootstrap.watch(&loaded).await.unwrap();
    // The same configuration, and not degraded any more.
    let update = updates.next().await.unwrap().unwrap();
    assert_eq!(update.config, loaded.config);
    assert!(update.degraded.is_none());
    assert_eq!(update.source, Source::Kv);
}

#[tokio::test]
async fn a_right_that_is_withdrawn_fails_the_next_load() {
    let directory = Directory::new();
    let store = store();
    let bootstrap = bootstrap(&store, &directory);
    bootstrap.load().await.unwrap();
    store.set_access_table(AccessTable::new());
    assert!(bootstrap.load().await.unwrap_err().is_permission_denied());
}
