//! A bucket that is a copy of another one.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, Source, SubjectTransform};
use kvguard_runtime::testing::NatsServer;
use kvguard_runtime::{Change, KvStore, NatsStore, Watch};
use tokio::time::timeout;

use crate::common::{BUCKET, KEY, server, told};

const MIRROR: &str = "mirror";

/// A server, a store in a bucket, and one in a mirror of it.
async fn mirrored(
    subject_transforms: Vec<SubjectTransform>,
) -> Option<(NatsServer, NatsStore, NatsStore)> {
    let (server, origin) = server(NatsServer::builder()).await?;
    let client = async_nats::connect(server.url())
        .await
        .expect("it is there");
    let source = Source {
        name: format!("KV_{BUCKET}"),
        subject_transforms,
        ..Source::default()
    };
    let mirror = Config {
        name: format!("KV_{MIRROR}"),
        mirror: Some(source),
        max_messages_per_subject: 1,
        allow_direct: true,
        mirror_direct: true,
        ..Config::default()
    };
    let made = async_nats::jetstream::new(client)
        .create_stream(mirror)
        .await;
    made.expect("a mirror");
    let mirror = server.options(MIRROR).connect().await;
    let mirror = mirror.unwrap_or_else(|error| panic!("{}", told(&error)));
    Some((server, origin, mirror))
}

async fn tells(watch: &mut Watch, expected: &str) {
    let change = timeout(Duration::from_secs(30), watch.next()).await;
    let change = change.expect("in time").expect("it goes on");
    match change.unwrap_or_else(|error| panic!("{}", told(&error))) {
        Change::Set { value, .. } => assert_eq!(value, expected.into()),
        change @ Change::Deleted { .. } => panic!("another change: {change:?}"),
    }
}

/// What is read from a mirror is what its origin holds, and what is written to it is written there.
async fn reads_and_writes_its_origin(subject_transforms: Vec<SubjectTransform>) {
    let Some((_server, origin, mirror)) = mirrored(subject_transforms).await else {
        return;
    };
    let mut watch = mirror.watch(&KEY).await.expect("a watch");
    origin.put(&KEY, "a".into()).await.expect("a put");
    tells(&mut watch, "a").await;
    let held = mirror.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(held.value, "a".into());

    let put = mirror.put(&KEY, "b".into()).await;
    put.unwrap_or_else(|error| panic!("{}", told(&error)));
    let held = mirror.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(held.value, "b".into(), "what was written is not read older");
    tells(&mut watch, "b").await;
    let updated = mirror.update(&KEY, "c".into(), held.revision).await;
    updated.unwrap_or_else(|error| panic!("{}", told(&error)));
    let created = mirror.create(&KEY, "d".into()).await;
    assert!(created.expect_err("it holds a value").is_conflict());
    let held = origin.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(held.value, "c".into());
    tells(&mut watch, "c").await;
    let list = mirror.list_keys().expect("it lists keys");
    assert_eq!(list.keys("").await.expect("a list"), [KEY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_reads_and_writes_its_origin() {
    reads_and_writes_its_origin(Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_with_subjects_of_its_own_reads_and_writes_its_origin() {
    let transform = SubjectTransform {
        source: format!("$KV.{BUCKET}.>"),
        destination: format!("$KV.{MIRROR}.>"),
    };
    reads_and_writes_its_origin(vec![transform]).await;
}
