//! A cluster of three that loses a server, then its leader.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kvguard_runtime::testing::{NatsCluster, NatsServer};
use kvguard_runtime::{Change, Key, KvStore, NatsStore, NewBucket, Value};
use tokio::sync::{RwLock, RwLockWriteGuard};
use tokio::time::timeout;

use crate::common::{BUCKET, KEY, note, started, told};

const LONG: Duration = Duration::from_secs(60);

/// A leader is chosen anew within some seconds.
const DEADLINE: Duration = Duration::from_secs(30);

async fn cluster() -> Option<(NatsCluster, NatsStore)> {
    let mut cluster = started(NatsCluster::start())?;
    let options = cluster.admin(BUCKET).deadline(LONG);
    let store = options
        .create_bucket(NewBucket::new().replicas(3))
        .connect()
        .await;
    let store = store.unwrap_or_else(|error| {
        panic!("{}\n{}", told(&error), logs(&mut cluster));
    });
    Some((cluster, store))
}

fn logs(cluster: &mut NatsCluster) -> String {
    let logs = cluster.servers().iter().flat_map(NatsServer::log);
    logs.collect::<Vec<_>>().join("\n")
}

/// The name of the bucket's leader, once the cluster is whole.
pub async fn leader(cluster: &mut NatsCluster) -> String {
    let leader = cluster.leader(BUCKET).await;
    leader.unwrap_or_else(|error| panic!("{error}"))
}

fn number(value: &Value) -> u64 {
    let text = std::str::from_utf8(value.as_bytes()).expect("text");
    text.parse().expect("a number")
}

/// Writers that each count up a key of their own, and read it back after each write.
struct Load {
    acknowledged: Arc<Vec<AtomicU64>>,
    is_over: Arc<std::sync::atomic::AtomicBool>,
    /// Each write is made with it shared, so that who has it alone has no write under way.
    going: Arc<RwLock<()>>,
    writers: Vec<tokio::task::JoinHandle<Duration>>,
}

fn key(writer: usize) -> Key {
    Key::new(format!("load/{writer}")).expect("a key")
}

impl Load {
    const WRITERS: usize = 4;

    fn start(store: &NatsStore) -> Self {
        let acknowledged: Vec<_> = (0..Self::WRITERS).map(|_| AtomicU64::new(0)).collect();
        let acknowledged = Arc::new(acknowledged);
        let is_over = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let going = Arc::new(RwLock::new(()));
        let writers = (0..Self::WRITERS).map(|writer| {
            let store = store.clone();
            let acknowledged = Arc::clone(&acknowledged);
            let is_over = Arc::clone(&is_over);
            let going = Arc::clone(&going);
            tokio::spawn(async move {
                let key = key(writer);
                let mut longest = Duration::ZERO;
                let mut count = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let _going = going.read().await;
                    count += 1;
                    let began = Instant::now();
                    let put = store.put(&key, count.to_string().into()).await;
                    longest = longest.max(began.elapsed());
                    put.unwrap_or_else(|error| panic!("{}", told(&error)));
                    acknowledged[writer].store(count, Ordering::Relaxed);
                    let held = store.get(&key).await;
                    let held = held.unwrap_or_else(|error| panic!("{}", told(&error)));
                    let held = held.expect("it holds what was written");
                    assert_eq!(number(&held.value), count, "what is read is not older");
                }
                longest
            })
        });
        let writers = writers.collect();
        Self {
            acknowledged,
            is_over,
            going,
            writers,
        }
    }

    /// No write is under way or begun as long as this is held.
    async fn quiet(&self) -> RwLockWriteGuard<'_, ()> {
        let quiet = timeout(LONG, self.going.write()).await;
        quiet.expect("the writes under way end")
    }

    /// Waits until each writer wrote so many more.
    async fn more(&self, count: u64) {
        let counts = || -> Vec<u64> {
            let counts = self.acknowledged.iter();
            counts.map(|count| count.load(Ordering::Relaxed)).collect()
        };
        let before = counts();
        let waiting = async {
            while counts()
                .iter()
                .zip(&before)
                .any(|(now, before)| *now < before + count)
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LONG, waiting).await.expect("writes go on");
    }

    /// Ends it: how many writes were acknowledged, and how long the longest took. All that were are there.
    async fn end(self, store: &NatsStore) -> (u64, Duration) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut longest = Duration::ZERO;
        for writer in self.writers {
            longest = longest.max(writer.await.expect("no write fails"));
        }
        let mut sum = 0;
        for (writer, acknowledged) in self.acknowledged.iter().enumerate() {
            let held = store.get(&key(writer)).await.expect("a get");
            let acknowledged = acknowledged.load(Ordering::Relaxed);
            assert_eq!(number(&held.expect("a value").value), acknowledged);
            sum += acknowledged;
        }
        (sum, longest)
    }
}

/// The next value of a watch, after outages, and after the one before, which nats-server 2.10 may store twice: see `takeover`.
async fn watched(watch: &mut kvguard_runtime::Watch, before: &str, expected: &str) {
    let waiting = async {
        loop {
            match watch.next().await.expect("it goes on") {
                Ok(Change::Set { value, .. }) if value == expected.into() => return,
                Ok(Change::Set { value, .. }) if value == before.into() => note("told twice"),
                Ok(Change::Set { value, revision }) => panic!(
                    "another change: {:?} at {revision:?}",
                    std::str::from_utf8(value.as_bytes())
                ),
                Ok(change) => panic!("another change: {change:?}"),
                Err(error) => assert!(error.is_outage(), "{}", told(&error)),
            }
        }
    };
    timeout(LONG, waiting).await.expect("the value comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_loses_a_server_and_then_its_leader_loses_no_acknowledged_write() {
    let Some((mut cluster, setup)) = cluster().await else {
        return;
    };
    let options = cluster.admin(BUCKET).deadline(DEADLINE);
    let store = options.connect().await.expect("a store");
    setup.put(&KEY, "0".into()).await.expect("a put");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    watched(&mut watch, "0", "0").await;
    let load = Load::start(&store);
    load.more(50).await;

    let mut rounds = 0;
    for is_leader in [false, true, true] {
        let leader = {
            // A server that came back may never reach what is written without a pause: with the leader it starts over and over.
            let _quiet = load.quiet().await;
            leader(&mut cluster).await
        };
        load.more(50).await;
        let other = (0..3)
            .map(|index| format!("node-{index}"))
            .find(|name| (*name == leader) == is_leader);
        let name = other.expect("there are three");
        let server = cluster.server(&name).expect("it is one of them");
        tokio::task::block_in_place(|| server.kill());
        let began = Instant::now();
        load.more(50).await;
        let writes_after = began.elapsed();
        rounds += 1;
        let before = (rounds - 1).to_string();
        let value = rounds.to_string();
        let put = setup.put(&KEY, value.clone().into()).await;
        let put = put.unwrap_or_else(|error| panic!("{}", told(&error)));
        note(&format!("put {value} at {put:?}"));
        watched(&mut watch, &before, &value).await;
        let what = if is_leader { "the leader" } else { "a server" };
        note(&format!(
            "without {what} writes go on after {writes_after:?}, and a watch after {:?}",
            began.elapsed()
        ));
        let server = cluster.server(&name).expect("it is one of them");
        tokio::task::block_in_place(|| server.restart()).expect("it starts again");
        load.more(50).await;
    }
    let (acknowledged, longest) = load.end(&store).await;
    assert!(longest < DEADLINE);
    note(&format!(
        "cluster: {acknowledged} writes acknowledged, none lost, the longest took {longest:?}, {rounds} servers killed"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn to_ask_for_the_leader_leaves_nothing_in_the_bucket() {
    let Some((mut cluster, setup)) = cluster().await else {
        return;
    };
    setup.put(&KEY, "a".into()).await.expect("a put");
    let name = leader(&mut cluster).await;
    assert!(
        cluster
            .server(&name)
            .is_some_and(|server| server.is_running())
    );
    let keys = setup.list_keys().expect("it lists keys").keys("").await;
    assert_eq!(keys.expect("a list"), [KEY]);
    let url = cluster.urls().swap_remove(0);
    let client = async_nats::connect(url).await.expect("a client");
    let jetstream = async_nats::jetstream::new(client);
    let stream = jetstream.get_stream("KV_config").await.expect("a stream");
    assert_eq!(stream.cached_info().state.messages, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_a_majority_is_an_outage_within_the_deadline_and_recovers() {
    let Some((mut cluster, setup)) = cluster().await else {
        return;
    };
    setup.put(&KEY, "a".into()).await.expect("a put");
    let deadline = Duration::from_secs(2);
    let options = cluster.admin(BUCKET).deadline(deadline);
    let store = options.clone().connect().await.expect("a store");
    for server in cluster.servers().iter_mut().take(2) {
        tokio::task::block_in_place(|| server.kill());
    }
    let began = Instant::now();
    let put = store.put(&KEY, "b".into()).await;
    let error = put.expect_err("there is no majority");
    assert!(error.is_outage(), "{}", told(&error));
    let took = began.elapsed();
    assert!(took < deadline * 2, "{took:?}");
    for server in cluster.servers().iter_mut().take(2) {
        tokio::task::block_in_place(|| server.restart()).expect("it starts again");
    }
    leader(&mut cluster).await;
    let put = setup.put(&KEY, "c".into()).await;
    put.unwrap_or_else(|error| panic!("{}\n{}", told(&error), logs(&mut cluster)));
    let held = setup.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(held.value, "c".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_services_that_seed_one_key_while_the_leader_is_lost_one_wins() {
    let Some((mut cluster, setup)) = cluster().await else {
        return;
    };
    let options = cluster.admin(BUCKET).deadline(DEADLINE);
    let first = options.clone().connect().await.expect("a store");
    let second = options.connect().await.expect("a store");
    for round in 0..3 {
        let leader = leader(&mut cluster).await;
        let key = Key::new(format!("seed/{round}")).expect("a key");
        let create = |store: &NatsStore, value: &'static str| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(async move { store.create(&key, value.into()).await })
        };
        let creates = (create(&first, "first"), create(&second, "second"));
        let server = cluster.server(&leader).expect("it is one of them");
        tokio::task::block_in_place(|| server.kill());
        let (first, second) = tokio::join!(creates.0, creates.1);
        let (first, second) = (first.expect("no panic"), second.expect("no panic"));
        let expected = match (first, second) {
            (Ok(_), Err(error)) if error.is_conflict() => "first",
            (Err(error), Ok(_)) if error.is_conflict() => "second",
            (first, second) => panic!("round {round}: {first:?}, {second:?}"),
        };
        let server = cluster.server(&leader).expect("it is one of them");
        tokio::task::block_in_place(|| server.restart()).expect("it starts again");
        let held = setup.get(&key).await;
        let held = held.unwrap_or_else(|error| panic!("{}", told(&error)));
        assert_eq!(held.expect("a value").value, expected.into());
    }
}
