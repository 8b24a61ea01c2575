//! How soon after an outage a watch resumes, and calls are done.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use kvguard_runtime::{DatasvcOptions, KvStore, Watch};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::support::{Fleet, KEY, OTHER, PATIENCE, WRITER, connected, tells, tells_outage};

/// What a busy machine may add to the time that is documented.
const ROOM: Duration = Duration::from_secs(5);

/// A number below a limit that looks random, and is the same in each run.
fn seeded(seed: u64, limit: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    hasher.finish() % limit
}

/// Stops the server for some time, and tells how long after its start the watch resumes.
async fn resumed_after(fleet: &Fleet, watch: &mut Watch, down: Duration, value: &str) -> Duration {
    fleet.server.stop();
    tells_outage(watch).await;
    sleep(down).await;
    fleet.server.set(&KEY, value);
    fleet.server.restart();
    let start = Instant::now();
    let resumed = async { tells(watch, value).await };
    timeout(PATIENCE * 2, resumed).await.expect("it resumes");
    start.elapsed()
}

async fn watched(fleet: &Fleet, options: DatasvcOptions) -> Watch {
    fleet.server.set(&KEY, "first");
    let store = connected(options).await;
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "first").await;
    watch
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_resumes_within_the_longest_backoff_and_one_connection_after_each_of_50_outages() {
    let backoff = Duration::from_millis(200);
    // Shorter than each pause: no attempt to connect could wait for the next attempt to watch.
    let connection = backoff * 2 / 5;
    let fleet = Fleet::new();
    let options = fleet
        .options(WRITER)
        .with_longest_backoff(backoff)
        .with_connect_timeout(connection);
    let mut watch = watched(&fleet, options).await;
    for outage in 0..50 {
        let down = Duration::from_millis(seeded(outage, 600));
        let took = resumed_after(&fleet, &mut watch, down, &outage.to_string()).await;
        let most = backoff + connection + ROOM;
        assert!(took < most, "outage {outage} of {down:?}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_resume_within_5_seconds_and_one_connection_after_an_outage_of_12_seconds() {
    let watches: Vec<_> = (0..10)
        .map(|_| {
            tokio::spawn(async {
                let fleet = Fleet::new();
                let mut watch = watched(&fleet, fleet.options(WRITER)).await;
                resumed_after(&fleet, &mut watch, Duration::from_secs(12), "second").await
            })
        })
        .collect();
    for took in watches {
        let took = took.await;
        let took = took.expect("a task");
        let most = Duration::from_secs(5 + 3) + ROOM;
        assert!(took < most, "{took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_were_given_up_while_connecting_leave_no_fault_for_those_after_them() {
    let connection = Duration::from_millis(500);
    let fleet = Fleet::new();
    fleet.server.set(&KEY, "a");
    let store = connected(fleet.options(WRITER).with_connect_timeout(connection)).await;
    let keys = [KEY, OTHER];
    let [key, other] = &keys;
    for round in 0..5 {
        // The server takes connections and says nothing on them.
        fleet.server.freeze();
        fleet.server.restart();
        let calls = async { tokio::join!(store.get(key), store.put(other, "a".into())) };
        let given_up = timeout(connection / 5, calls).await;
        assert!(given_up.is_err(), "round {round}");
        // So long is the outage that the attempt which they waited for has failed.
        sleep(connection * 2).await;
        fleet.server.thaw();
        let (get, put, many, watch) = tokio::join!(
            store.get(key),
            store.put(other, "b".into()),
            store.get_many(&keys),
            store.watch(key),
        );
        get.expect("a get");
        put.expect("a put");
        many.expect("a read of both");
        watch.expect("a watch");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_for_an_attempt_from_before_the_server_is_back_is_done() {
    let connection = Duration::from_secs(1);
    let fleet = Fleet::new();
    let options = fleet.options(WRITER).with_connect_timeout(connection);
    let store = connected(options.with_deadline(PATIENCE)).await;
    fleet.server.stop();
    let silent = TcpListener::bind(fleet.server.address()).await;
    let silent = silent.expect("the server's port");
    let key = KEY;
    let early = store.get(&key);
    let late = async {
        let (never_answered, _) = silent.accept().await.expect("a connection");
        drop(silent);
        fleet.server.restart();
        let put = store.put(&OTHER, "b".into()).await;
        drop(never_answered);
        put
    };
    let (early, late) = tokio::join!(early, late);
    assert!(early.expect_err("nothing answered").is_outage());
    late.expect("a put");
}
