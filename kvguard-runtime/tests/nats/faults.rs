//! A server that is lost, comes back, or is slow.

use std::time::{Duration, Instant};

use kvguard_runtime::testing::{DelayProxy, NatsServer};
use kvguard_runtime::{Change, Key, KvStore, NatsOptions, NatsStore, StoreErrorKind, Value, Watch};
use tokio::time::timeout;

use crate::common::{BUCKET, KEY, server, told};

const LONG: Duration = Duration::from_secs(30);

/// A server, a store that reaches it directly, a proxy before it, and how to reach it through that.
async fn proxied() -> Option<(NatsServer, NatsStore, DelayProxy, NatsOptions)> {
    let (server, direct) = server(NatsServer::builder()).await?;
    let proxy = DelayProxy::start(server.address(), Duration::ZERO);
    let proxy = proxy.await.expect("a loopback port");
    let options = NatsOptions::new(BUCKET).server(format!("nats://{}", proxy.address()));
    Some((server, direct, proxy, options))
}

fn restart(server: &mut NatsServer) {
    tokio::task::block_in_place(|| server.restart()).expect("it starts again");
}

fn kill(server: &mut NatsServer) {
    tokio::task::block_in_place(|| server.kill());
}

fn number(value: &Value) -> usize {
    let text = std::str::from_utf8(value.as_bytes()).expect("text");
    text.parse().expect("a number")
}

/// The next change, after outages.
async fn next_value(watch: &mut Watch) -> Option<Value> {
    loop {
        let change = timeout(LONG, watch.next()).await.expect("in time");
        match change.expect("a watch goes on") {
            Ok(Change::Set { value, .. }) => return Some(value),
            Ok(Change::Deleted { .. }) => return None,
            Err(error) if error.is_outage() => {}
            Err(error) => panic!("{}", told(&error)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_told_within_the_deadline() {
    let Some((mut server, direct)) = server(NatsServer::builder()).await else {
        return;
    };
    let deadline = Duration::from_secs(1);
    let options = server.options(BUCKET).deadline(deadline);
    let store = options.clone().connect().await.expect("it is there");
    store.put(&KEY, "a".into()).await.expect("a put");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    assert_eq!(next_value(&mut watch).await, Some("a".into()));
    kill(&mut server);
    let began = Instant::now();
    let outcomes = [
        store.get(&KEY).await.err(),
        store.put(&KEY, "b".into()).await.err(),
        store.create(&KEY, "b".into()).await.err(),
        store.delete(&KEY).await.err(),
        store.get_many(&[KEY, KEY]).await.err(),
        store.watch(&KEY).await.err(),
        options.connect().await.err(),
    ];
    let most = deadline * u32::try_from(outcomes.len()).expect("a few") + deadline;
    assert!(began.elapsed() < most, "{:?}", began.elapsed());
    for outcome in outcomes {
        let error = outcome.expect("there is no server");
        assert!(error.is_outage(), "{}", told(&error));
    }
    restart(&mut server);
    let put = direct.put(&KEY, "c".into()).await.expect("it is back");
    // That its own connection is back may take longer than its deadline; its watch tells.
    assert_eq!(next_value(&mut watch).await, Some("c".into()));
    let held = store.get(&KEY).await.expect("it is back").expect("a value");
    assert_eq!(held.value, "c".into(), "nothing is written later");
    assert_eq!(
        put.map(kvguard_runtime::Revision::get),
        Some(2),
        "nor before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_under_way_while_the_server_is_killed_and_restarted_are_answered() {
    let Some((mut server, direct, proxy, options)) = proxied().await else {
        return;
    };
    let keys: Vec<Key> = (0..300)
        .map(|number| Key::new(format!("key-{number}")).expect("a key"))
        .collect();
    for (number, key) in keys.iter().enumerate() {
        let put = direct.put(key, number.to_string().into()).await;
        put.expect("a put");
    }
    let store = options.deadline(LONG).connect().await.expect("a store");
    for _ in 0..3 {
        let seen = proxy.seen();
        proxy.stall_answers();
        let reads = tokio::spawn({
            let (store, keys) = (store.clone(), keys.clone());
            async move { store.get_many(&keys).await }
        });
        proxy.more_answers(seen).await;
        kill(&mut server);
        proxy.cut();
        proxy.resume();
        restart(&mut server);
        let read = reads.await.expect("no panic").expect("all are read");
        let read = read.into_iter().map(|entry| entry.expect("it holds one"));
        let numbers: Vec<usize> = read.map(|entry| number(&entry.value)).collect();
        assert_eq!(numbers, (0..300).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_is_done_once() {
    let Some((mut server, direct, proxy, options)) = proxied().await else {
        return;
    };
    let store = options.deadline(LONG).connect().await.expect("a store");
    let mut expected = 0;
    for round in 0..6 {
        let key = Key::new(format!("key-{round}")).expect("a key");
        let is_create = round % 2 == 0;
        let is_restarted = round >= 3;
        let seen = proxy.seen();
        proxy.stall_answers();
        let write = tokio::spawn({
            let (store, key) = (store.clone(), key.clone());
            async move {
                if is_create {
                    store.create(&key, "a".into()).await
                } else {
                    store.put(&key, "a".into()).await
                }
            }
        });
        // Its answer came as far as the proxy.
        proxy.more_answers(seen).await;
        if is_restarted {
            kill(&mut server);
        }
        proxy.cut();
        proxy.resume();
        if is_restarted {
            restart(&mut server);
        }
        let revision = write.await.expect("no panic").expect("it is done");
        expected += 1;
        assert_eq!(revision.map(kvguard_runtime::Revision::get), Some(expected));
        let held = direct.get(&key).await.expect("a get").expect("a value");
        assert_eq!(Some(held.revision), revision);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_the_server_is_killed_again_and_again() {
    const WRITES: usize = 400;
    let Some((mut server, _direct)) = server(NatsServer::builder()).await else {
        return;
    };
    let options = server.options(BUCKET).deadline(LONG);
    let store = options.connect().await.expect("a store");
    let (sender, mut written) = tokio::sync::mpsc::channel(1);
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 0..WRITES {
                let put = store.put(&KEY, number.to_string().into()).await;
                let revision = put.expect("it is back within the deadline");
                let revision = revision.expect("the bucket tells it").get();
                // Done twice, one would take two.
                assert_eq!(revision, number as u64 + 1);
                sender.send(number).await.expect("it is read");
            }
        }
    });
    while let Some(number) = written.recv().await {
        if number % 80 == 40 {
            kill(&mut server);
            restart(&mut server);
        }
    }
    writing.await.expect("all are written");
    let held = store.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(number(&held.value), WRITES - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_outlives_its_server_and_tells_what_came_meanwhile() {
    let Some((mut server, direct, proxy, options)) = proxied().await else {
        return;
    };
    let store = options.connect().await.expect("a store");
    direct.put(&KEY, "1".into()).await.expect("a put");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    assert_eq!(next_value(&mut watch).await, Some("1".into()));
    for round in 0..3 {
        proxy.stall();
        kill(&mut server);
        proxy.cut();
        restart(&mut server);
        let meanwhile = format!("{round}-meanwhile");
        direct.put(&KEY, "overwritten".into()).await.expect("a put");
        let put = direct.put(&KEY, meanwhile.clone().into()).await;
        put.expect("a put");
        let error = timeout(LONG, watch.next()).await.expect("in time");
        let error = error.expect("it goes on").expect_err("an outage");
        assert!(error.is_outage(), "{}", told(&error));
        proxy.resume();
        // Not what it told before, and the last of what came.
        assert_eq!(next_value(&mut watch).await, Some(meanwhile.into()));
        let after = format!("{round}-after");
        let put = direct.put(&KEY, after.clone().into()).await;
        put.expect("a put");
        assert_eq!(next_value(&mut watch).await, Some(after.into()));
    }
    kill(&mut server);
    proxy.cut();
    restart(&mut server);
    direct.delete(&KEY).await.expect("a delete");
    assert_eq!(next_value(&mut watch).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_whose_line_goes_silent_is_told_and_resumed() {
    let Some((_server, direct, proxy, options)) = proxied().await else {
        return;
    };
    let options = options.deadline(Duration::from_millis(500));
    let store = options.connect().await.expect("a store");
    direct.put(&KEY, "1".into()).await.expect("a put");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    assert_eq!(next_value(&mut watch).await, Some("1".into()));
    proxy.stall();
    direct.put(&KEY, "2".into()).await.expect("a put");
    let error = timeout(LONG, watch.next()).await.expect("in time");
    let error = error.expect("it goes on").expect_err("an outage");
    assert!(error.is_outage(), "{}", told(&error));
    proxy.resume();
    assert_eq!(next_value(&mut watch).await, Some("2".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_made_anew_is_watched_and_read_on() {
    let Some((server, direct)) = server(NatsServer::builder()).await else {
        return;
    };
    for _ in 0..5 {
        direct.put(&KEY, "old".into()).await.expect("a put");
    }
    let mut watch = direct.watch(&KEY).await.expect("a watch");
    assert_eq!(next_value(&mut watch).await, Some("old".into()));
    let client = async_nats::connect(server.url()).await.expect("a client");
    let jetstream = async_nats::jetstream::new(client);
    let deleted = jetstream.delete_stream("KV_config").await;
    deleted.expect("the bucket is deleted");
    let options = server.admin(BUCKET);
    let options = options.create_bucket(kvguard_runtime::NewBucket::new());
    let other = options.connect().await.expect("a new bucket");
    other.put(&KEY, "new".into()).await.expect("a put");
    assert_eq!(next_value(&mut watch).await, Some("new".into()));
    let held = direct.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(held.value, "new".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_waited_for_until_the_deadline() {
    let Some((_server, _direct, proxy, options)) = proxied().await else {
        return;
    };
    let deadline = Duration::from_secs(8);
    let store = options.deadline(deadline).connect().await;
    let store = store.expect("a store");
    store.put(&KEY, "a".into()).await.expect("a put");
    // Longer than a request waits before it is made again.
    proxy.delay(Duration::from_millis(700));
    let held = store.get(&KEY).await.expect("it is slow").expect("a value");
    assert_eq!(held.value, "a".into());
    store.put(&KEY, "b".into()).await.expect("a slow put");
    let created = store.create(&KEY, "c".into()).await;
    assert!(created.is_err_and(|error| error.is_conflict()));
    let mut watch = store.watch(&KEY).await.expect("a slow watch");
    assert_eq!(next_value(&mut watch).await, Some("b".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_times_out() {
    let Some((_server, _direct, proxy, options)) = proxied().await else {
        return;
    };
    let deadline = Duration::from_secs(1);
    let options = options.deadline(deadline);
    let timed_out = |error: kvguard_runtime::StoreError, began: Instant| {
        let is_it = matches!(error.kind(), StoreErrorKind::TimedOut(_));
        assert!(is_it, "{}", told(&error));
        let took = began.elapsed();
        assert!(took >= deadline && took < deadline * 6, "{took:?}");
    };
    // After some seconds without an answer a connection counts as lost, so each operation has its own.
    let stalled = async || {
        proxy.resume();
        let store = options.clone().connect().await.expect("a store");
        proxy.stall();
        store
    };
    let store = stalled().await;
    let began = Instant::now();
    timed_out(store.get(&KEY).await.expect_err("no answer"), began);
    let store = stalled().await;
    let began = Instant::now();
    let put = store.put(&KEY, "a".into()).await;
    timed_out(put.expect_err("no answer"), began);
    let store = stalled().await;
    let began = Instant::now();
    timed_out(store.watch(&KEY).await.expect_err("no answer"), began);
    let began = Instant::now();
    timed_out(options.connect().await.expect_err("no answer"), began);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_services_that_seed_one_key_at_once_one_wins_while_lines_are_cut() {
    const ROUNDS: usize = 40;
    let Some((_server, direct, proxy, options)) = proxied().await else {
        return;
    };
    let options = options.deadline(LONG);
    let first = options.clone().connect().await.expect("a store");
    let second = options.connect().await.expect("a store");
    for round in 0..ROUNDS {
        let key = Key::new(format!("seed/{round}")).expect("a key");
        let cut = async {
            if round % 4 == 0 {
                proxy.cut();
            }
        };
        let (first, second, ()) = tokio::join!(
            first.create(&key, "first".into()),
            second.create(&key, "second".into()),
            cut,
        );
        let expected = match (first, second) {
            (Ok(_), Err(error)) if error.is_conflict() => "first",
            (Err(error), Ok(_)) if error.is_conflict() => "second",
            (first, second) => panic!("round {round}: {first:?}, {second:?}"),
        };
        let held = direct.get(&key).await.expect("a get").expect("a value");
        assert_eq!(held.value, expected.into(), "round {round}");
    }
}
