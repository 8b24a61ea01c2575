//! Updates are whole, checked configurations; the value that a watch begins with is none.

use std::time::Duration;

use kvguard_runtime::bootstrap::{BootstrapError, BootstrapErrorKind, Loaded, Updates};
use kvguard_runtime::testing::{AccessTable, MemoryStore};
use kvguard_runtime::{Bootstrap, KvStore as _, Operation, Revision, StoreErrorKind};
use tokio::time::timeout;

use crate::common::{Configuration, Directory, KEY, Log, bootstrap, store};

const LONG: Duration = Duration::from_secs(60);

struct Running {
    gauge: MemoryStore,
    loaded: Loaded<Configuration>,
    updates: Updates<Configuration>,
    _directory: Directory,
}

async fn running(store: &MemoryStore) -> Running {
    let directory = Directory::new();
    let gauge = store.handle_of("gauge");
    let bootstrap: Bootstrap<Configuration> =
        bootstrap(store, &directory).with_store(gauge.clone());
    let loaded = bootstrap.load().await.unwrap();
    let updates = bootstrap.watch(&loaded).await.unwrap();
    Running {
        gauge,
        loaded,
        updates,
        _directory: directory,
    }
}

impl Running {
    async fn next(&mut self) -> Result<Loaded<Configuration>, BootstrapError> {
        timeout(LONG, self.updates.next()).await.unwrap().unwrap()
    }

    /// With the clock paused, the wait ends once nothing else can happen.
    async fn nothing_comes(&mut self) {
        assert!(timeout(LONG, self.updates.next()).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn the_value_that_a_watch_begins_with_is_no_update() {
    let (log, _guard) = Log::capture();
    for value in [None, Some("{}"), Some(r#"{"level": 1}"#)] {
        for store in [store(), store().without_revisions()] {
            if let Some(value) = value {
                store.set(&KEY, value);
            }
            running(&store).await.nothing_comes().await;
        }
    }
    assert_eq!(log.of("KV update detected"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_change_comes_as_a_whole_configuration() {
    let (log, _guard) = Log::capture();
    let store = store();
    store.set(&KEY, r#"{"level": 1}"#);
    let mut running = running(&store).await;
    let revision = store.set(&KEY, r#"{"level": 2}"#);
    let update = running.next().await.unwrap();
    assert_eq!(update.config.level, Some(2));
    assert_eq!(update.config.database, running.loaded.config.database);
    assert_eq!(update.revision, Some(revision));
    let detected = format!("service=gauge key={KEY} revision={revision} changed=true");
    assert_eq!(log.of("KV update detected"), [detected]);
    running.nothing_comes().await;
}

#[tokio::test]
async fn a_change_between_loading_and_watching_is_the_first_update() {
    let directory = Directory::new();
    let store = store();
    let bootstrap = bootstrap(&store, &directory);
    let loaded = bootstrap.load().await.unwrap();
    store.set(&KEY, r#"{"level": 4}"#);
    let mut updates = bootstrap.watch(&loaded).await.unwrap();
    let update = updates.next().await.unwrap().unwrap();
    assert_eq!(update.config.level, Some(4));
}

#[tokio::test(start_paused = true)]
async fn a_write_of_the_same_configuration_is_no_update() {
    let store = store();
    store.set(&KEY, r#"{"level": 1, "listen": "x"}"#);
    let mut running = running(&store).await;
    store.set(&KEY, "{\n  \"listen\": \"x\",\n  \"level\": 1\n}");
    running.nothing_comes().await;
}

/// The events that tell of these revisions of an unchanged configuration.
fn unchanged(revisions: &[Revision]) -> Vec<String> {
    let event = |revision| format!("service=gauge key={KEY} revision={revision} changed=false");
    revisions.iter().map(event).collect()
}

#[tokio::test(start_paused = true)]
async fn each_write_of_the_same_configuration_is_detected_by_its_revision() {
    for store in [store(), store().without_revisions()] {
        let (log, _guard) = Log::capture();
        store.set(&KEY, r#"{"level": 1}"#);
        let mut running = running(&store).await;
        running.nothing_comes().await;
        let mut revisions = Vec::new();
        for _ in 0..3 {
            revisions.push(store.set(&KEY, r#"{"level": 1}"#));
            running.nothing_comes().await;
        }
        assert_eq!(log.of("KV update detected"), unchanged(&revisions));
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_begins_again_with_the_revision_that_is_known_detects_nothing() {
    for store in [store(), store().without_revisions()] {
        let (log, _guard) = Log::capture();
        store.set(&KEY, r#"{"level": 1}"#);
        let mut running = running(&store).await;
        running.nothing_comes().await;
        running.gauge.lose_watches();
        running.nothing_comes().await;
        assert_eq!(log.of("KV update detected"), [""; 0]);
        // What was written while there was no watch is another revision.
        running.gauge.lose_watches();
        let touched = store.set(&KEY, r#"{"level": 1}"#);
        running.nothing_comes().await;
        assert_eq!(log.of("KV update detected"), unchanged(&[touched]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_revision_cannot_be_read_is_detected_without_it() {
    let (log, _guard) = Log::capture();
    let store = store().without_revisions();
    store.set(&KEY, r#"{"level": 1}"#);
    let mut running = running(&store).await;
    running.nothing_comes().await;
    running
        .gauge
        .fail_nth_of(Operation::Get, 1, StoreErrorKind::Unavailable);
    store.set(&KEY, r#"{"level": 1}"#);
    running.nothing_comes().await;
    let event = format!("service=gauge key={KEY} changed=false");
    assert_eq!(log.of("KV update detected"), [event]);
}

#[tokio::test(start_paused = true)]
async fn to_stop_waiting_while_a_revision_is_read_loses_no_update() {
    let store = store().without_revisions();
    store.set(&KEY, r#"{"level": 1}"#);
    let mut running = running(&store).await;
    running.nothing_comes().await;
    running.gauge.set_latency(Duration::from_secs(1));
    let revision = store.set(&KEY, r#"{"level": 2}"#);
    for _ in 0..5 {
        let waited = timeout(Duration::from_millis(100), running.updates.next()).await;
        assert!(waited.is_err());
    }
    let update = running.next().await.unwrap();
    assert_eq!(
        (update.config.level, update.revision),
        (Some(2), Some(revision))
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_rejected_is_not_told_as_detected_and_its_key_is_not_read() {
    let (log, _guard) = Log::capture();
    let store = store().without_revisions();
    store.set(&KEY, r#"{"level": 1}"#);
    let mut running = running(&store).await;
    running.nothing_comes().await;
    store.recording().clear();
    for value in ["garbage", r#"{"level": "high"}"#] {
        store.set(&KEY, value);
        running.next().await.unwrap_err();
    }
    assert_eq!(log.of("KV update detected"), [""; 0]);
    assert_eq!(store.recording().of(Operation::Get), []);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_update_is_reported_and_not_applied_and_the_watch_goes_on() {
    let (log, _guard) = Log::capture();
    let store = store();
    let mut running = running(&store).await;
    for value in [
        "",
        "garbage",
        "[]",
        r#"{"listen": "#,
        r#"{"listen": 7}"#,
        r#"{"listen": ""}"#,
        r#"{"database": {"port": "x"}}"#,
    ] {
        store.set(&KEY, value);
        let error = running.next().await.unwrap_err();
        assert_eq!(error.key(), Some(&KEY), "{error}");
    }
    let rejected = log.lines();
    let rejected = rejected
        .iter()
        .filter(|line| line.starts_with("WARN kv update rejected "));
    assert_eq!(rejected.count(), 7);
    store.set(&KEY, r#"{"level": 3}"#);
    assert_eq!(running.next().await.unwrap().config.level, Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_return_to_the_configuration_in_use_is_no_update() {
    let store = store();
    store.set(&KEY, r#"{"level": 1}"#);
    let mut running = running(&store).await;
    store.set(&KEY, "garbage");
    running.next().await.unwrap_err();
    store.set(&KEY, r#"{"level": 1}"#);
    running.nothing_comes().await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_reported_and_not_applied() {
    let store = store();
    let mut running = running(&store).await;
    store.remove(&KEY);
    let error = running.next().await.unwrap_err();
    assert!(matches!(error.kind(), BootstrapErrorKind::KeyDeleted { key } if *key == KEY));
    store.set(&KEY, r#"{"level": 6}"#);
    assert_eq!(running.next().await.unwrap().config.level, Some(6));
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_reported_once_and_what_changed_meanwhile_comes_after_it() {
    let (log, _guard) = Log::capture();
    let store = store();
    let mut running = running(&store).await;
    running.gauge.disconnect();
    assert!(running.next().await.unwrap_err().is_outage());
    running.nothing_comes().await;
    store.set(&KEY, r#"{"level": 8}"#);
    running.gauge.reconnect();
    assert_eq!(running.next().await.unwrap().config.level, Some(8));
    assert!(log.has_one("WARN", "kv watch interrupted"));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_was_lost_is_begun_again_and_misses_nothing() {
    let store = store();
    let mut running = running(&store).await;
    running.nothing_comes().await;
    running.gauge.lose_watches();
    store.set(&KEY, r#"{"level": 2}"#);
    assert_eq!(running.next().await.unwrap().config.level, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_cannot_be_begun_again_is_told_and_is_the_end() {
    let (log, _guard) = Log::capture();
    let store = store();
    let mut running = running(&store).await;
    running.nothing_comes().await;
    running.gauge.fail_nth(1, StoreErrorKind::Unavailable);
    running.gauge.lose_watches();
    assert!(running.next().await.unwrap_err().is_outage());
    assert!(running.updates.next().await.is_none());
    assert!(log.has_one("ERROR", "kv watch ended"));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_before_it_told_anything_is_the_end() {
    let store = store();
    let mut running = running(&store).await;
    running.gauge.lose_watches();
    let error = running.next().await.unwrap_err();
    assert!(matches!(
        error.kind(),
        BootstrapErrorKind::WatchEnded { .. }
    ));
    assert!(running.updates.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_withdrawn_ends_the_watch() {
    let store = store();
    let mut running = running(&store).await;
    store.set_access_table(AccessTable::new());
    assert!(running.next().await.unwrap_err().is_permission_denied());
    assert!(running.updates.next().await.is_none());
}

#[tokio::test]
async fn who_may_not_watch_is_told_so() {
    let directory = Directory::new();
    let store = store();
    let bootstrap = bootstrap(&store, &directory);
    let loaded = bootstrap.load().await.unwrap();
    store.set_access_table(AccessTable::new());
    assert!(
        bootstrap
            .watch(&loaded)
            .await
            .unwrap_err()
            .is_permission_denied()
    );
}

#[tokio::test(start_paused = true)]
async fn the_pinned_file_goes_over_updates_as_well() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, "{}");
    let bootstrap =
        bootstrap(&store, &directory).with_pinned_file(directory.file("p.json", r#"{"level": 1}"#));
    let loaded = bootstrap.load().await.unwrap();
    let mut updates = bootstrap.watch(&loaded).await.unwrap();
    // It changes nothing, as the field is pinned.
    store.set(&KEY, r#"{"level": 2}"#);
    assert!(timeout(LONG, updates.next()).await.is_err());
    store.set(&KEY, r#"{"level": 2, "listen": "y"}"#);
    let update = updates.next().await.unwrap().unwrap();
    assert_eq!(
        (update.config.level, update.config.listen.as_str()),
        (Some(1), "y")
    );
}

#[tokio::test]
async fn a_service_without_a_store_gets_no_updates() {
    let directory = Directory::new();
    let bootstrap = bootstrap(&store(), &directory).from_files_only();
    let loaded = bootstrap.load().await.unwrap();
    assert!(
        bootstrap
            .watch(&loaded)
            .await
            .unwrap()
            .next()
            .await
            .is_none()
    );
}

#[tokio::test]
async fn a_store_that_tells_no_revisions_is_watched_all_the_same() {
    let store = store().without_revisions();
    let mut running = running(&store).await;
    assert_eq!(running.loaded.revision, None);
    running
        .gauge
        .put(&KEY, r#"{"level": 2}"#.into())
        .await
        .unwrap();
    let update = running.next().await.unwrap();
    let held = store.peek(&KEY).unwrap();
    assert_eq!(
        (update.config.level, update.revision),
        (Some(2), Some(held.revision))
    );
}

#[tokio::test]
async fn updates_may_be_waited_for_in_a_task_of_their_own() {
    let store = store();
    let Running {
        mut updates,
        _directory,
        ..
    } = running(&store).await;
    let task = tokio::spawn(async move { updates.next().await.unwrap().unwrap() });
    store.set(&KEY, r#"{"level": 5}"#);
    assert_eq!(task.await.unwrap().config.level, Some(5));
}
