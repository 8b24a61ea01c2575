//! How soon after an outage a watch resumes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use kvguard_runtime::testing::NatsServer;
use kvguard_runtime::{Change, KvStore, NatsOptions, Watch};
use tokio::time::{sleep, timeout};

use crate::common::{BUCKET, KEY, server, told};

const LONG: Duration = Duration::from_secs(60);

/// What a busy machine may add to the time that is documented, the server's own start of the bucket among it.
const ROOM: Duration = Duration::from_secs(5);

/// A number below a limit that looks random, and is the same in each run.
fn seeded(seed: u64, limit: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    hasher.finish() % limit
}

/// Waits until the watch tells a value.
async fn tells(watch: &mut Watch, expected: &str) {
    let told_value = async {
        loop {
            match watch.next().await.expect("a watch goes on") {
                Ok(Change::Set { value, .. }) if value == expected.into() => return,
                Ok(_) => {}
                Err(error) => assert!(error.is_outage(), "{}", told(&error)),
            }
        }
    };
    timeout(LONG, told_value).await.expect("it resumes");
}

/// Kills the server for some time, and tells how long after its start the watch resumes.
async fn resumed_after(
    server: &mut NatsServer,
    watch: &mut Watch,
    down: Duration,
    value: &str,
) -> Duration {
    tokio::task::block_in_place(|| server.kill());
    let error = timeout(LONG, watch.next()).await.expect("in time");
    let error = error.expect("it goes on").expect_err("an outage");
    assert!(error.is_outage(), "{}", told(&error));
    sleep(down).await;
    tokio::task::block_in_place(|| server.restart()).expect("it starts again");
    let start = Instant::now();
    // A store of its own: another's connection would have to come back first.
    let writer = server.options(BUCKET).connect().await;
    let writer = writer.unwrap_or_else(|error| panic!("{}", told(&error)));
    writer.put(&KEY, value.into()).await.expect("a put");
    tells(watch, value).await;
    start.elapsed()
}

async fn watched(options: NatsOptions) -> Watch {
    let store = options.connect().await.expect("a store");
    store.put(&KEY, "first".into()).await.expect("a put");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "first").await;
    watch
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_resumes_within_the_longest_backoff_and_one_connection_after_each_of_50_outages() {
    let Some((mut server, _)) = server(NatsServer::builder()).await else {
        return;
    };
    let backoff = Duration::from_millis(200);
    let connection = Duration::from_secs(1);
    let options = server.options(BUCKET);
    let options = options.longest_backoff(backoff).deadline(connection);
    let mut watch = watched(options).await;
    for outage in 0..50 {
        let down = Duration::from_millis(seeded(outage, 600));
        let took = resumed_after(&mut server, &mut watch, down, &outage.to_string()).await;
        let most = backoff + connection + ROOM;
        assert!(took < most, "outage {outage} of {down:?}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_resumes_within_a_second_and_one_connection_after_an_outage_of_12_seconds() {
    let Some((mut server, _)) = server(NatsServer::builder()).await else {
        return;
    };
    let mut watch = watched(server.options(BUCKET)).await;
    let down = Duration::from_secs(12);
    let took = resumed_after(&mut server, &mut watch, down, "second").await;
    let most = Duration::from_secs(1 + 5) + ROOM;
    assert!(took < most, "{took:?}");
}
