//! What becomes of a put whose answer is lost together with a cluster's leader.
//!
//! A write counts once most servers have it, and the leader alone knows that at first. A server that has such a write, and takes over
//! without that knowledge, goes through it after a moment. In that moment nats-server 2.10 takes new writes, and does not know the same
//! put again by its name. It numbers new writes as if the old ones were not there: as many as there are old ones are dropped, and those
//! after them are stored. So the put is stored twice where another's write comes before its repetition. From 2.11 on a server takes
//! writes only once it has gone through what it has.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use kvguard_runtime::testing::{DelayProxy, NatsCluster, NatsServer};
use kvguard_runtime::{KvStore, NatsOptions, NewBucket};
use serde_json::Value;
use tokio::time::timeout;

use crate::cluster::leader;
use crate::common::{BUCKET, KEY, started, told};

const LONG: Duration = Duration::from_secs(60);

/// How long the servers may take to get into a state that they stay in for at least as long as [`ROUTE`].
const STATE: Duration = Duration::from_secs(30);

/// How often the moment in which a new leader does not know its log may be missed. It is short, and a busy machine is slow to see it.
const ATTEMPTS: usize = 5;

/// How long the servers take to tell each other something: far longer than a client takes to ask again.
const ROUTE: Duration = Duration::from_secs(1);

/// Where a server tells of itself.
fn monitor(server: &NatsServer) -> SocketAddr {
    let log = server.log();
    let line = log
        .iter()
        .find_map(|line| line.split_once("http monitor on "));
    line.expect("it has one")
        .1
        .trim()
        .parse()
        .expect("an address")
}

/// What a server has of the bucket's writes.
#[derive(Debug)]
struct Log {
    has: u64,
    knows_as_stored: u64,
    is_through: u64,
    leads: bool,
}

fn log(monitor: SocketAddr) -> Option<Log> {
    let mut stream = TcpStream::connect(monitor).ok()?;
    stream
        .write_all(b"GET /raftz?acc=$G HTTP/1.0\r\n\r\n")
        .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
    let mut groups = body["$G"].as_object()?.iter();
    let (_, group) = groups.find(|(name, _)| name.starts_with("S-"))?;
    Some(Log {
        has: group["pindex"].as_u64()?,
        knows_as_stored: group["committed"].as_u64()?,
        is_through: group["applied"].as_u64()?,
        leads: group["state"] == "LEADER",
    })
}

/// Waits until what the servers have is so. The error says what was missed.
async fn until(
    what: &str,
    monitors: &[SocketAddr],
    is_so: impl Fn(&[Log]) -> bool,
) -> Result<(), String> {
    let waiting = async {
        loop {
            let logs: Option<Vec<Log>> = monitors.iter().map(|monitor| log(*monitor)).collect();
            if logs.is_some_and(|logs| is_so(&logs)) {
                return;
            }
            // They tell only when they are asked.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = timeout(STATE, waiting).await;
    waited.map_err(|_| format!("never so: {what}"))
}

async fn raw(url: &str) -> async_nats::Client {
    let options = async_nats::ConnectOptions::new().ignore_discovered_servers();
    options.connect(url).await.expect("it is there")
}

/// The revisions at which the key was set, as the bucket's leader knows them.
async fn stored(client: &async_nats::Client) -> Vec<u64> {
    let jetstream = async_nats::jetstream::new(client.clone());
    let stream = jetstream.get_stream_no_info("KV_config").await;
    let stream = stream.expect("a bucket");
    let subject = format!("$KV.{BUCKET}.{KEY}");
    let last = stream.get_last_raw_message_by_subject(&subject).await;
    let last = last.expect("it was set").sequence;
    let mut revisions = Vec::new();
    for revision in 1..=last {
        // Some are gone: a key has so many values only.
        if let Ok(message) = stream.get_raw_message(revision).await
            && message.subject.as_str() == subject
        {
            revisions.push(revision);
        }
    }
    revisions
}

fn is_before_2_11(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    let mut part = || parts.next().and_then(Result::ok);
    (part(), part()) < (Some(2), Some(11))
}

/// The version of the servers, and how many times they store a put that is made again to a new leader, after another's write. The error says
/// which moment was missed.
async fn times_stored(mut cluster: NatsCluster) -> Result<(String, usize), String> {
    let bucket = NewBucket::new().replicas(3).history(8);
    let admin = cluster.admin(BUCKET).deadline(LONG).create_bucket(bucket);
    let admin = admin.connect().await;
    drop(admin.unwrap_or_else(|error| panic!("{}", told(&error))));
    let leader = leader(&mut cluster).await;
    let followers: Vec<usize> = (0..3)
        .filter(|index| format!("node-{index}") != leader)
        .collect();
    let monitors: Vec<_> = followers
        .iter()
        .map(|index| monitor(&cluster.servers()[*index]))
        .collect();
    let mut proxies = Vec::new();
    let mut options = NatsOptions::new(BUCKET).only_these_servers().deadline(LONG);
    for index in &followers {
        let address = cluster.servers()[*index].address();
        let proxy = DelayProxy::start(address, Duration::ZERO).await;
        let proxy = proxy.expect("a loopback port");
        options = options.server(format!("nats://{}", proxy.address()));
        proxies.push(proxy);
    }
    let store = options.connect().await.expect("a store");

    until(
        "both know that all they have is stored",
        &monitors,
        |logs| logs.iter().all(|log| log.has == log.knows_as_stored),
    )
    .await?;
    cluster.delay_routes(ROUTE);
    let put = tokio::spawn(async move { store.put(&KEY, "a".into()).await });
    until(
        "both have the put and know nothing of it",
        &monitors,
        |logs| logs.iter().all(|log| log.has > log.knows_as_stored),
    )
    .await?;
    // What the client asks again comes to the new leader after another's write.
    proxies.iter().for_each(DelayProxy::stall);
    let server = cluster.server(&leader).expect("it is one of them");
    tokio::task::block_in_place(|| server.kill());
    until("one of them leads", &monitors, |logs| {
        logs.iter().any(|log| log.leads)
    })
    .await?;
    let leads = |monitor: &SocketAddr| log(*monitor).is_some_and(|log| log.leads);
    let new = monitors.iter().position(leads);
    let new = new.ok_or("the new leader no longer leads")?;
    let url = &cluster.urls()[followers[new]];
    let other = raw(url).await;
    let published = other.publish("$KV.config.other", "b".into()).await;
    published.expect("it is there");
    other.flush().await.expect("it is there");
    let proxy = proxies.swap_remove(new);
    drop(proxies);
    proxy.resume();

    let put = put.await.expect("no panic");
    let revision = put.unwrap_or_else(|error| panic!("{}", told(&error)));
    until(
        "the new leader is through with all it has",
        &[monitors[new]],
        |logs| logs.iter().all(|log| log.has == log.is_through),
    )
    .await?;
    let revisions = stored(&other).await;
    let revision = revision.expect("a put tells its revision");
    assert!(revisions.contains(&revision.get()), "{revision:?}");
    let version = other.server_info().version;
    Ok((version, revisions.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_is_made_again_to_a_new_leader_is_stored_twice_by_nats_server_2_10_alone() {
    let mut missed = Vec::new();
    for _ in 0..ATTEMPTS {
        let Some(cluster) = started(NatsServer::builder().slow_routes().start_cluster()) else {
            return;
        };
        match times_stored(cluster).await {
            Ok((version, 1)) if is_before_2_11(&version) => missed.push(format!(
                "nats-server {version} was through with its log before the other's write came"
            )),
            Ok((version, times)) => {
                let expected = if is_before_2_11(&version) { 2 } else { 1 };
                assert_eq!(times, expected, "nats-server {version}");
                return;
            }
            Err(why) => missed.push(why),
        }
    }
    panic!("the moment was missed each time: {missed:#?}");
}
