//! Watches, through lost connections.

use std::time::Duration;

use kvguard_runtime::testing::AccessTable;
use kvguard_runtime::{KvStore, Operation, StoreErrorKind};

use crate::support::{
    Fleet, KEY, READER, WRITER, connected, denial, next, tells, tells_deletion, tells_outage,
};

#[tokio::test]
async fn a_watch_goes_on_after_a_restart_with_what_changed_meanwhile() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    fleet.server.set(&KEY, "0");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "0").await;
    for round in 1..=5 {
        fleet.server.stop();
        tells_outage(&mut watch).await;
        fleet.server.set(&KEY, "missed");
        fleet.server.set(&KEY, round.to_string());
        fleet.server.restart();
        tells(&mut watch, &round.to_string()).await;
    }
}

#[tokio::test]
async fn a_value_that_did_not_change_during_an_outage_is_not_told_again() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    fleet.server.set(&KEY, "a");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    fleet.server.recording().clear();
    fleet.server.restart();
    tells_outage(&mut watch).await;
    let recording = fleet.server.recording();
    let is_watch =
        |recorded: &kvguard_runtime::testing::Recorded| recorded.operation == Operation::Watch;
    recording
        .wait_until(|recorded| recorded.iter().any(is_watch))
        .await;
    fleet.server.set(&KEY, "b");
    tells(&mut watch, "b").await;
}

#[tokio::test]
async fn a_deletion_during_an_outage_is_told() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    fleet.server.set(&KEY, "a");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    fleet.server.stop();
    tells_outage(&mut watch).await;
    fleet.server.remove(&KEY);
    fleet.server.restart();
    tells_deletion(&mut watch).await;
    fleet.server.set(&KEY, "b");
    tells(&mut watch, "b").await;
}

#[tokio::test]
async fn a_watch_of_nothing_begins_at_once_and_goes_on_after_a_restart() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    let mut watch = store.watch(&KEY).await.expect("a watch");
    fleet.server.restart();
    tells_outage(&mut watch).await;
    fleet.server.set(&KEY, "a");
    tells(&mut watch, "a").await;
}

#[tokio::test]
async fn a_stream_that_ends_without_an_error_is_begun_again() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    fleet.server.set(&KEY, "a");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    fleet.server.lose_watches();
    tells_outage(&mut watch).await;
    fleet.server.set(&KEY, "b");
    tells(&mut watch, "b").await;
}

#[tokio::test]
async fn an_outage_is_told_once() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    fleet.server.set(&KEY, "a");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    for _ in 0..3 {
        fleet
            .server
            .fail_nth_of(Operation::Get, 1, StoreErrorKind::Unavailable);
    }
    fleet.server.restart();
    tells_outage(&mut watch).await;
    fleet.server.set(&KEY, "b");
    tells(&mut watch, "b").await;
}

#[tokio::test]
async fn a_grant_that_is_taken_away_ends_the_watch_when_it_begins_again() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    fleet.server.set(&KEY, "a");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    fleet.server.set_access_table(AccessTable::new());
    fleet.server.lose_watches();
    tells_outage(&mut watch).await;
    let error = next(&mut watch).await.expect("an item").unwrap_err();
    assert_eq!(denial(&error), (Some(READER), Some("reader")));
    assert_eq!(error.operation(), Operation::Watch);
    assert!(next(&mut watch).await.is_none());
}

#[tokio::test]
async fn a_watch_that_is_dropped_is_not_followed_any_more() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    let mut watch = store.watch(&KEY).await.expect("a watch");
    fleet.server.set(&KEY, "a");
    tells(&mut watch, "a").await;
    drop(watch);
    fleet.server.recording().clear();
    fleet.server.restart();
    store.get(&KEY).await.expect("a get");
    assert_eq!(fleet.server.recording().of(Operation::Watch), []);
}

#[tokio::test]
async fn a_watch_outlives_its_store() {
    let fleet = Fleet::new();
    let store = fleet.store(READER).await;
    let mut watch = store.watch(&KEY).await.expect("a watch");
    drop(store);
    fleet.server.restart();
    tells_outage(&mut watch).await;
    fleet.server.set(&KEY, "a");
    tells(&mut watch, "a").await;
}

#[tokio::test]
async fn a_write_of_the_value_that_the_key_holds_is_a_change() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    fleet.server.set(&KEY, "a");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    for value in ["a", "a", "b"] {
        store.put(&KEY, value.into()).await.expect("a put");
        tells(&mut watch, value).await;
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_noticed_by_a_watch_and_watched_again_when_it_goes_on() {
    let fleet = Fleet::new();
    let options = fleet.options(READER);
    let store = connected(
        options
            .with_keep_alive(Duration::from_millis(100))
            .with_connect_timeout(Duration::from_millis(500)),
    )
    .await;
    fleet.server.set(&KEY, "a");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    fleet.server.freeze();
    tells_outage(&mut watch).await;
    fleet.server.set(&KEY, "b");
    fleet.server.thaw();
    tells(&mut watch, "b").await;
}
