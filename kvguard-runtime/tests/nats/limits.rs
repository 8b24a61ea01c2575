//! What does not fit is refused as such, and changes nothing.

use kvguard_runtime::testing::NatsServer;
use kvguard_runtime::{Key, KvStore, NatsStore, NewBucket, StoreErrorKind, Value};

use crate::common::{BUCKET, KEY, server, server_with, started, told};

fn key(number: usize) -> Key {
    Key::new(format!("key-{number}")).expect("a key")
}

/// Puts values until one is refused; how many were taken.
async fn fill(store: &NatsStore) -> (usize, StoreErrorKind) {
    for number in 0..10_000 {
        let value = Value::from(vec![b'x'; 1000]);
        if let Err(error) = store.put(&key(number), value).await {
            return (number, error.kind().clone());
        }
    }
    panic!("the bucket takes more than it may");
}

async fn holds_what_it_took(store: &NatsStore, taken: usize) {
    assert!(taken > 0);
    let keys: Vec<Key> = (0..=taken).map(key).collect();
    let held = store.get_many(&keys).await.expect("a get of many");
    let (last, all) = held.split_last().expect("one at least");
    assert!(all.iter().all(Option::is_some));
    assert!(last.is_none());
    let created = store.create(&key(taken), vec![b'x'; 1000].into()).await;
    let error = created.expect_err("it is full");
    assert_eq!(error.kind(), &StoreErrorKind::Full, "{}", told(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_bucket_says_so_and_keeps_what_it_took() {
    let bucket = NewBucket::new().max_bytes(20_000);
    let Some((_server, store)) = server_with(NatsServer::builder(), bucket).await else {
        return;
    };
    let (taken, kind) = fill(&store).await;
    assert_eq!(kind, StoreErrorKind::Full);
    holds_what_it_took(&store, taken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_storage_is_full_says_so() {
    let builder = NatsServer::builder().max_file_bytes(20_000);
    let Some((_server, store)) = server(builder).await else {
        return;
    };
    let (taken, kind) = fill(&store).await;
    assert_eq!(kind, StoreErrorKind::Full);
    holds_what_it_took(&store, taken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_at_the_limit_of_the_server_is_taken_and_a_longer_one_is_not_sent() {
    const LIMIT: usize = 10_000;
    let builder = NatsServer::builder().max_payload(LIMIT);
    let Some((_server, store)) = server(builder).await else {
        return;
    };
    let put = store.put(&KEY, vec![b'x'; LIMIT].into()).await;
    put.expect("a value at the limit");
    let long = vec![b'x'; LIMIT + 1];
    let error = store.put(&KEY, long.into()).await.expect_err("too long");
    let limit = Some(LIMIT);
    assert_eq!(error.kind(), &StoreErrorKind::TooLarge { limit });
    // The connection is still there: the server closes it where too much is sent.
    let held = store.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(held.value.len(), LIMIT);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_that_is_told_is_the_one_that_a_value_fits_in() {
    let bucket = NewBucket::new().max_value_bytes(1000);
    let Some((_server, store)) = server_with(NatsServer::builder(), bucket).await else {
        return;
    };
    let created = store.create(&KEY, vec![b'x'; 1000].into()).await;
    let error = created.expect_err("what a create sends besides counts");
    let StoreErrorKind::TooLarge { limit: Some(limit) } = *error.kind() else {
        panic!("{}", told(&error));
    };
    assert!(limit > 900, "{limit}");
    let created = store.create(&KEY, vec![b'x'; limit].into()).await;
    created.expect("a value of the length that was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_without_direct_gets_is_read_from_its_leader() {
    let bucket = NewBucket::new().without_direct_gets();
    let Some((_server, store)) = server_with(NatsServer::builder(), bucket).await else {
        return;
    };
    assert_eq!(store.get(&KEY).await.expect("a get"), None);
    let revision = store.create(&KEY, "a".into()).await.expect("a create");
    let held = store.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(Some(held.revision), revision);
    store.delete(&KEY).await.expect("a delete");
    assert_eq!(store.get(&KEY).await.expect("a get"), None);
    store.create(&KEY, "b".into()).await.expect("a create");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket_is_told_and_not_made() {
    let Some(server) = started(NatsServer::start()) else {
        return;
    };
    for _ in 0..2 {
        let options = server.options(BUCKET);
        let error = options.connect().await.expect_err("there is no bucket");
        // A service may start before its bucket is created.
        assert!(error.is_no_bucket() && error.is_outage());
        let told = told(&error);
        assert!(told.contains("no key-value bucket `config`"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_a_domain_is_reached_by_it() {
    let builder = NatsServer::builder().domain("hub");
    let Some(server) = started(builder.start()) else {
        return;
    };
    let options = server
        .options(BUCKET)
        .domain("hub")
        .create_bucket(NewBucket::new());
    let store = options.connect().await.expect("the domain is there");
    store.create(&KEY, "a".into()).await.expect("a create");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    assert!(watch.next().await.is_some_and(|change| change.is_ok()));
    store.delete(&KEY).await.expect("a delete");
    assert_eq!(store.get(&KEY).await.expect("a get"), None);
    let other = server.options(BUCKET).domain("spoke");
    let error = other.deadline(std::time::Duration::from_millis(500));
    let error = error.connect().await.expect_err("there is no such domain");
    assert!(error.is_outage(), "{}", told(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_make_no_sense_are_refused() {
    use kvguard_runtime::NatsOptions;
    let good = || NatsOptions::new(BUCKET).server("nats://127.0.0.1:1");
    for (options, expected) in [
        (NatsOptions::new(BUCKET), "no server"),
        (good().server("nats://user:canary@[bad"), "server 2"),
        (NatsOptions::new("a b").server("localhost"), "`a b`"),
        (good().domain("a.b"), "`a.b`"),
        (good().inbox_prefix("_INBOX.>"), "inbox prefix"),
        (good().nkey_seed("SUcanary"), "nkey"),
        (good().nkey_file("/no/such/file"), "/no/such/file"),
        (good().credentials_file("/no/such/file"), "/no/such/file"),
        (good().certificate_authority("/no/ca"), "/no/ca"),
        (good().client_certificate("/no/cert", "/no/key"), "/no/cert"),
    ] {
        let error = options.connect().await.expect_err("it makes no sense");
        let told = told(&error);
        assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{told}");
        assert!(told.contains(expected), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}
