//! A data service that is killed, slow, or answers with errors.

use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kvguard_runtime::testing::{CertificateRequest, Outcome};
use kvguard_runtime::{
    DatasvcOptions, DatasvcStore, Denial, Key, KvStore, Operation, Revision, StoreError,
    StoreErrorKind,
};

use crate::support::{Fleet, KEY, OTHER, PATIENCE, WRITER, connected};

fn assert_unavailable(error: &StoreError) {
    assert_eq!(error.kind(), &StoreErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_server_that_was_killed_is_unavailable_at_once_and_read_again_after_its_restart() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    store.put(&KEY, "a".into()).await.expect("a put");

    fleet.server.stop();
    let start = Instant::now();
    assert_unavailable(&store.get(&KEY).await.unwrap_err());
    assert_unavailable(&store.get_many(&[KEY]).await.unwrap_err());
    assert_unavailable(&store.put(&KEY, "b".into()).await.unwrap_err());
    assert_unavailable(&store.watch(&KEY).await.unwrap_err());
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "no deadline is waited for"
    );

    fleet.server.restart();
    let entry = store.get(&KEY).await.expect("a get").expect("an entry");
    assert_eq!(entry.value, "a".into());
}

#[tokio::test]
async fn a_read_during_which_the_server_restarts_is_done() {
    let fleet = Fleet::new();
    let store = Arc::new(fleet.store(WRITER).await);
    store.put(&KEY, "a".into()).await.expect("a put");
    for round in 0..20 {
        fleet.server.recording().clear();
        fleet.server.lose_answer_of(Operation::Get, 1);
        let reading = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.get(&KEY).await }
        });
        let recording = fleet.server.recording();
        recording.wait_until(|recorded| !recorded.is_empty()).await;
        fleet.server.restart();
        let entry = reading.await.expect("a task").expect("a get");
        assert_eq!(entry.expect("an entry").value, "a".into(), "round {round}");
        assert_eq!(fleet.server.recording().of(Operation::Get).len(), 2);
    }
}

#[tokio::test]
async fn a_read_during_which_the_server_is_killed_is_unavailable() {
    let fleet = Fleet::new();
    let store = Arc::new(fleet.store(WRITER).await);
    fleet.server.lose_answer_of(Operation::Get, 1);
    let reading = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.get(&KEY).await }
    });
    let recording = fleet.server.recording();
    recording.wait_until(|recorded| !recorded.is_empty()).await;
    fleet.server.stop();
    assert_unavailable(&reading.await.expect("a task").unwrap_err());
}

#[tokio::test]
async fn a_write_during_which_the_server_restarts_is_not_repeated() {
    let fleet = Fleet::new();
    let store = Arc::new(fleet.store(WRITER).await);
    for operation in [Operation::Put, Operation::Create] {
        fleet.server.recording().clear();
        fleet.server.remove(&KEY);
        fleet.server.lose_answer_of(operation, 1);
        let writing = tokio::spawn({
            let store = Arc::clone(&store);
            async move {
                match operation {
                    Operation::Put => store.put(&KEY, "a".into()).await,
                    _ => store.create(&KEY, "a".into()).await,
                }
            }
        });
        let recording = fleet.server.recording();
        recording.wait_until(|recorded| !recorded.is_empty()).await;
        fleet.server.restart();
        let error = writing.await.expect("a task").unwrap_err();
        assert_unavailable(&error);
        assert_eq!(error.key(), Some(&KEY));
        assert_eq!(recording.writes().len(), 1, "{operation}");
        // It was done, and nobody was told.
        assert_eq!(fleet.server.value(&KEY), Some("a".into()));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_under_a_write_is_made_again_for_the_next() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    for _ in 0..10 {
        fleet.server.break_connection_at(Operation::Put, 1);
        assert_unavailable(&store.put(&KEY, "a".into()).await.unwrap_err());
        store.put(&KEY, "b".into()).await.expect("a put");
    }
}

#[tokio::test]
async fn a_slow_server_times_each_operation_out_at_the_deadline() {
    let deadline = Duration::from_millis(100);
    let fleet = Fleet::new();
    let store = connected(fleet.options(WRITER).with_deadline(deadline)).await;
    fleet.server.set_latency(PATIENCE);
    let keys = [KEY, OTHER];
    for error in [
        store.get(&KEY).await.unwrap_err(),
        store.get_many(&keys).await.unwrap_err(),
        store.put(&KEY, "a".into()).await.unwrap_err(),
        store.create(&KEY, "a".into()).await.unwrap_err(),
        store
            .update(&KEY, "a".into(), Revision::new(1))
            .await
            .unwrap_err(),
        store.delete(&KEY).await.unwrap_err(),
        store.watch(&KEY).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), &StoreErrorKind::TimedOut(deadline), "{error}");
    }
    fleet.server.set_latency(Duration::ZERO);
    let entry = store.get(&KEY).await.expect("a get");
    assert_eq!(entry, None);
}

#[tokio::test]
async fn one_slow_operation_does_not_hold_up_another() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    fleet.server.lose_answer_of(Operation::Get, 1);
    let key = KEY;
    let lost = store.get(&key);
    let other = async {
        let recording = fleet.server.recording();
        recording.wait_until(|recorded| !recorded.is_empty()).await;
        store.put(&OTHER, "a".into()).await
    };
    tokio::select! {
        _ = lost => panic!("the answer was lost"),
        put = other => { put.expect("a put"); }
    }
}

#[tokio::test]
async fn each_status_is_told_as_its_kind() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    for (kind, expected) in [
        (StoreErrorKind::Conflict, StoreErrorKind::Conflict),
        (StoreErrorKind::Unavailable, StoreErrorKind::Unavailable),
        (StoreErrorKind::Full, StoreErrorKind::Full),
        (
            StoreErrorKind::TooLarge { limit: Some(1) },
            StoreErrorKind::TooLarge { limit: None },
        ),
        (StoreErrorKind::Malformed, StoreErrorKind::Malformed),
        (
            StoreErrorKind::TimedOut(Duration::ZERO),
            StoreErrorKind::TimedOut(Duration::from_secs(5)),
        ),
        (
            StoreErrorKind::PermissionDenied(Denial::new()),
            StoreErrorKind::PermissionDenied(
                Denial::new().with_identity(WRITER).with_missing("writer"),
            ),
        ),
    ] {
        for operation in [Operation::Put, Operation::Create] {
            fleet.server.fail_nth_of(operation, 1, kind.clone());
            let outcome = match operation {
                Operation::Put => store.put(&KEY, "a".into()).await,
                _ => store.create(&KEY, "a".into()).await,
            };
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), &expected, "{operation}");
            assert_eq!((error.operation(), error.key()), (operation, Some(&KEY)));
        }
    }
    assert_eq!(fleet.server.value(&KEY), None);
    let recorded = fleet.server.recording().writes();
    assert!(
        recorded
            .iter()
            .all(|recorded| recorded.outcome != Outcome::Done)
    );
}

#[tokio::test]
async fn the_nth_operation_fails_and_those_around_it_do_not() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    fleet.server.fail_nth(3, StoreErrorKind::Unavailable);
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        outcomes.push(store.get(&KEY).await.is_ok());
    }
    assert_eq!(outcomes, [true, true, false, true, true]);
}

#[tokio::test]
async fn of_two_clients_that_create_one_key_at_once_one_wins_and_nothing_is_overwritten() {
    let fleet = Fleet::new();
    let stores = [fleet.store(WRITER).await, fleet.store(WRITER).await];
    for round in 0..50 {
        let key = Key::new(format!("config/{round}.json")).expect("a key");
        let (first, second) = tokio::join!(
            stores[0].create(&key, "first".into()),
            stores[1].create(&key, "second".into()),
        );
        let winner = match (first, second) {
            (Ok(_), Err(error)) if error.is_conflict() => "first",
            (Err(error), Ok(_)) if error.is_conflict() => "second",
            outcomes => panic!("round {round}: {outcomes:?}"),
        };
        assert_eq!(fleet.server.value(&key), Some(winner.into()));
    }
}

#[tokio::test]
async fn what_does_not_answer_is_told_within_the_time_for_a_connection() {
    let fleet = Fleet::new();
    let time = Duration::from_millis(100);
    // It takes connections into its backlog and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    let files = fleet.files(&CertificateRequest::subject(WRITER));
    let options = DatasvcOptions::new(address.clone(), files.clone()).with_connect_timeout(time);
    let error = DatasvcStore::connect(options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::TimedOut(time));

    drop(silent);
    let error = DatasvcStore::connect(options).await.unwrap_err();
    assert_unavailable(&error);
    assert_eq!(error.operation(), Operation::Connect);

    for address in ["datasvc", "datasvc:0", "http://datasvc:1", ""] {
        let options = DatasvcOptions::new(address, files.clone());
        let error = DatasvcStore::connect(options).await.unwrap_err();
        assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{address}");
    }
}

#[tokio::test]
async fn no_error_shows_a_value() {
    const CANARY: &str = "hunter2-canary";
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    let mut shown = format!("{store:?}");
    for kind in [
        StoreErrorKind::Conflict,
        StoreErrorKind::Unavailable,
        StoreErrorKind::Full,
        StoreErrorKind::TooLarge { limit: None },
        StoreErrorKind::Malformed,
        StoreErrorKind::PermissionDenied(Denial::new()),
    ] {
        fleet.server.fail_nth(1, kind.clone());
        let error = store.put(&KEY, CANARY.into()).await.unwrap_err();
        shown.push_str(&format!("{error} {error:?} {:?}", error.source()));
    }
    fleet.server.break_connection_at(Operation::Put, 1);
    let error = store.put(&KEY, CANARY.into()).await.unwrap_err();
    shown.push_str(&format!("{error} {error:?} {:?}", error.source()));
    assert!(!shown.contains(CANARY));
}

#[tokio::test]
async fn a_server_that_hangs_times_operations_out_and_is_used_again_when_it_goes_on() {
    let deadline = Duration::from_millis(100);
    let fleet = Fleet::new();
    let store = connected(fleet.options(WRITER).with_deadline(deadline)).await;
    store.put(&KEY, "a".into()).await.expect("a put");
    fleet.server.freeze();
    for _ in 0..3 {
        let error = store.get(&KEY).await.unwrap_err();
        assert_eq!(error.kind(), &StoreErrorKind::TimedOut(deadline), "{error}");
    }
    fleet.server.thaw();
    let read = async { while store.get(&KEY).await.is_err() {} };
    tokio::time::timeout(PATIENCE, read).await.expect("a get");
}

#[tokio::test]
async fn no_acknowledged_write_is_lost_and_none_is_repeated_while_the_server_is_killed_again_and_again()
 {
    const RESTARTS: usize = 20;
    let fleet = Arc::new(Fleet::new());
    let store = Arc::new(fleet.store(WRITER).await);
    let writing = tokio::spawn({
        let fleet = Arc::clone(&fleet);
        async move {
            let mut acknowledged = Vec::new();
            let mut failed = 0;
            for number in 0.. {
                let key = Key::new(format!("written/{number}")).expect("a key");
                match store.create(&key, number.to_string().into()).await {
                    Ok(_) => acknowledged.push((key, number)),
                    Err(error) if error.is_outage() => failed += 1,
                    Err(error) => panic!("{error}"),
                }
                if fleet.server.value(&OTHER).is_some() {
                    return (acknowledged, failed);
                }
            }
            unreachable!("the numbers do not end")
        }
    });
    let recording = fleet.server.recording();
    for round in 1..=RESTARTS {
        recording
            .wait_until(|recorded| recorded.len() >= round * 10)
            .await;
        fleet.server.restart();
    }
    fleet.server.set(&OTHER, "enough");
    let (acknowledged, failed) = writing.await.expect("a task");
    assert!(acknowledged.len() >= RESTARTS, "{failed} failed");
    for (key, number) in &acknowledged {
        let value = fleet.server.value(key);
        assert_eq!(value, Some(number.to_string().into()), "{key}");
    }
    let mut keys: Vec<_> = recording
        .writes()
        .into_iter()
        .map(|write| write.key)
        .collect();
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count, "no write came twice");
}
