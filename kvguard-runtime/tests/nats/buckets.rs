//! What a bucket is made as, and what it tells of itself.

use std::time::{Duration, Instant};

use kvguard_runtime::testing::NatsServer;
use kvguard_runtime::{BucketFacts, KvStore, Limit, NewBucket, StoreErrorKind};

use crate::common::{BUCKET, KEY, server_with, started, told};

async fn facts(bucket: NewBucket) -> Option<BucketFacts> {
    let (_server, store) = server_with(NatsServer::builder(), bucket).await?;
    Some(store.describe_bucket().await.expect("a description"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_tells_its_limits() {
    let age = Duration::from_secs(3600);
    let bucket = NewBucket::new()
        .max_age(age)
        .max_bytes(20_000)
        .max_value_bytes(1000);
    let Some(facts) = facts(bucket).await else {
        return;
    };
    assert_eq!(facts.name.as_deref(), Some(BUCKET));
    assert_eq!(facts.domain, None);
    assert_eq!(facts.max_age, Some(Limit::AtMost(age)));
    assert_eq!(facts.max_bytes, Some(Limit::AtMost(20_000)));
    assert_eq!(facts.max_value_bytes, Some(Limit::AtMost(1000)));
    assert_eq!(facts.allows_value_ttl, Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_a_bucket_that_is_made_without_limits_live_for_ever() {
    let Some(facts) = facts(NewBucket::new()).await else {
        return;
    };
    assert_eq!(facts.max_age, Some(Limit::Unlimited));
    assert_eq!(facts.max_bytes, Some(Limit::Unlimited));
    // The server takes no longer messages, whatever the bucket allows.
    assert_eq!(facts.max_value_bytes, Some(Limit::AtMost(1 << 20)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_a_bucket_is_what_it_is_now() {
    let Some((server, store)) = server_with(NatsServer::builder(), NewBucket::new()).await else {
        return;
    };
    let client = async_nats::connect(server.url()).await.expect("a client");
    let jetstream = async_nats::jetstream::new(client);
    let mut stream = jetstream.get_stream("KV_config").await.expect("a stream");
    let mut config = stream.info().await.expect("its description").config.clone();
    config.max_age = Duration::from_secs(600);
    jetstream.update_stream(config).await.expect("an update");
    let facts = store.describe_bucket().await.expect("a description");
    let expected = Limit::AtMost(Duration::from_secs(600));
    assert_eq!(facts.max_age, Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_a_domain_tells_the_domain() {
    let Some(server) = started(NatsServer::builder().domain("hub").start()) else {
        return;
    };
    let options = server.options(BUCKET).domain("hub");
    let options = options.create_bucket(NewBucket::new());
    let store = options.connect().await.expect("a store");
    let facts = store.describe_bucket().await.expect("a description");
    assert_eq!(facts.domain.as_deref(), Some("hub"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_says_so_where_the_bucket_was_deleted() {
    let Some((server, store)) = server_with(NatsServer::builder(), NewBucket::new()).await else {
        return;
    };
    let client = async_nats::connect(server.url()).await.expect("a client");
    let jetstream = async_nats::jetstream::new(client);
    jetstream
        .delete_stream("KV_config")
        .await
        .expect("a delete");
    let list = store.list_keys().expect("it lists keys");
    for error in [
        store
            .describe_bucket()
            .await
            .map(drop)
            .expect_err("no bucket"),
        store.watch(&KEY).await.map(drop).expect_err("no bucket"),
        store.purge(&KEY).await.map(drop).expect_err("no bucket"),
        list.keys("").await.map(drop).expect_err("no bucket"),
    ] {
        assert!(error.is_no_bucket(), "{}", told(&error));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_replicas_than_there_are_servers_are_refused_at_once_with_what_the_server_says() {
    let Some(server) = started(NatsServer::start()) else {
        return;
    };
    let deadline = Duration::from_secs(20);
    let options = server.options(BUCKET).deadline(deadline);
    let began = Instant::now();
    let made = options
        .create_bucket(NewBucket::new().replicas(3))
        .connect();
    let error = made.await.expect_err("there is one server");
    assert!(began.elapsed() < deadline / 4);
    assert_eq!(error.kind(), &StoreErrorKind::Malformed);
    assert!(told(&error).contains("replicas"), "{}", told(&error));
}
