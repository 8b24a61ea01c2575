//! What is not granted is denied at once, with the subject that is missing.

use std::time::{Duration, Instant};

use kvguard_runtime::testing::{AccessTable, NatsPermissions, NatsServer, Role};
use kvguard_runtime::{
    Key, KvStore, NatsStore, Operation, Revision, StoreError, StoreErrorKind, Value,
};

use crate::common::{BUCKET, KEY, server, told};

const DEADLINE: Duration = Duration::from_secs(20);

/// Far less than the deadline, on a machine that does much else.
const AT_ONCE: Duration = Duration::from_secs(5);

const USER: &str = "trapd";
const VALUE: &str = "$KV.config.config/trapd.json";
const GET: &str = "$JS.API.DIRECT.GET.KV_config.$KV.config.config/trapd.json";
const CONSUME: &str = "$JS.API.CONSUMER.CREATE.KV_config";

/// A server whose user may do all that a writer may, but not publish to one subject.
async fn without(subject: &str) -> Option<(NatsServer, NatsStore, NatsStore)> {
    let permissions = NatsPermissions::of(Role::Writer, BUCKET).publish_not(subject);
    let builder = NatsServer::builder().user(USER, &permissions);
    let (server, admin) = server(builder).await?;
    let options = server.user(BUCKET, USER).deadline(DEADLINE);
    let store = options.connect().await.expect("the user may connect");
    Some((server, admin, store))
}

#[track_caller]
fn is_denied(
    outcome: Result<impl Sized, StoreError>,
    operation: Operation,
    subject: &str,
    began: Instant,
) {
    let took = began.elapsed();
    let Err(error) = outcome else {
        panic!("{operation} was done");
    };
    let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
        panic!("{}", told(&error));
    };
    assert_eq!(denial.missing.as_deref(), Some(subject));
    assert_eq!(denial.identity.as_deref(), Some(USER));
    assert_eq!(error.operation(), operation);
    assert!(took < AT_ONCE, "{operation} took {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_write_is_denied_with_the_subject_of_its_key() {
    let Some((_server, admin, store)) = without(VALUE).await else {
        return;
    };
    admin.put(&KEY, "a".into()).await.expect("a put");
    let held = admin.get(&KEY).await.expect("a get").expect("a value");
    let now = Instant::now;

    let began = now();
    let outcome = store.put(&KEY, "b".into()).await;
    is_denied(outcome, Operation::Put, VALUE, began);
    let began = now();
    let outcome = store.create(&KEY, "b".into()).await;
    is_denied(outcome, Operation::Create, VALUE, began);
    let began = now();
    let outcome = store.update(&KEY, "b".into(), held.revision).await;
    is_denied(outcome, Operation::Update, VALUE, began);
    let began = now();
    let outcome = store.delete(&KEY).await;
    is_denied(outcome, Operation::Delete, VALUE, began);

    assert_eq!(admin.get(&KEY).await.expect("a get"), Some(held));
    // All else is granted.
    let other = Key::from_static("config/other.json");
    store.put(&other, "b".into()).await.expect("another key");
    assert!(store.get(&KEY).await.expect("a get").is_some());
    store.watch(&KEY).await.expect("a watch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_is_denied_with_the_subject_of_its_key() {
    let Some((_server, _admin, store)) = without(GET).await else {
        return;
    };
    store.put(&KEY, "a".into()).await.expect("a put");
    let began = Instant::now();
    is_denied(store.get(&KEY).await, Operation::Get, GET, began);
    let other = Key::from_static("config/other.json");
    let began = Instant::now();
    let outcome = store.get_many(&[other, KEY]).await;
    let denied = outcome.as_ref().err().and_then(StoreError::key).cloned();
    assert_eq!(denied, Some(KEY));
    is_denied(outcome, Operation::Get, GET, began);
    // Whether the key was deleted, so that it can be created, is not to be read.
    let began = Instant::now();
    let outcome = store.create(&KEY, "b".into()).await;
    is_denied(outcome, Operation::Create, GET, began);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_gets_that_are_denied_are_denied_at_once() {
    let Some((_server, _admin, store)) = without("$JS.API.DIRECT.GET.>").await else {
        return;
    };
    let keys: Vec<Key> = (0..1000)
        .map(|number| Key::new(format!("key-{number}")).expect("a key"))
        .collect();
    let began = Instant::now();
    let outcome = store.get_many(&keys).await;
    let error = outcome.expect_err("no key may be read");
    assert!(error.is_permission_denied(), "{}", told(&error));
    assert!(began.elapsed() < AT_ONCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_and_a_list_are_denied_with_the_subject_that_both_need() {
    let Some((_server, _admin, store)) = without(CONSUME).await else {
        return;
    };
    let began = Instant::now();
    is_denied(store.watch(&KEY).await, Operation::Watch, CONSUME, began);
    let list = store.list_keys().expect("it lists keys");
    let began = Instant::now();
    is_denied(list.keys("").await, Operation::ListKeys, CONSUME, began);
}

/// Enough keys that the server waits for its client.
const KEYS: usize = 70_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_without_flow_control_is_denied_and_does_not_stall() {
    let Some((server, admin, store)) = without("$JS.FC.>").await else {
        return;
    };
    let options = async_nats::ConnectOptions::new();
    let client = options.user_and_password("kvguard-admin".into(), "for-tests-only".into());
    let client = client.connect(server.url()).await.expect("a client");
    for number in 0..KEYS {
        let subject = format!("$KV.{BUCKET}.x.{number}");
        let published = client.publish(subject, "".into()).await;
        published.expect("it is sent");
    }
    client.flush().await.expect("all are sent");
    // After them all.
    let last = Key::from_static("x.last");
    admin.put(&last, Value::default()).await.expect("a put");
    let keys = admin.list_keys().expect("it lists keys");
    assert_eq!(keys.keys("x.").await.expect("a list").len(), KEYS + 1);
    let list = store.list_keys().expect("it lists keys");
    let began = Instant::now();
    let outcome = list.keys("").await.map(|keys| keys.len());
    let error = outcome.expect_err("flow control is not granted");
    let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
        panic!("{}", told(&error));
    };
    let missing = denial.missing.as_deref().unwrap_or_default();
    assert!(missing.starts_with("$JS.FC.KV_config."), "{missing}");
    assert!(began.elapsed() < AT_ONCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_for_the_bucket_is_denied_to_connect() {
    let table = AccessTable::from_iter([(USER, "admin"), (USER, "writer")]);
    let builder = NatsServer::builder().access(BUCKET, &table);
    let Some((server, _admin)) = server(builder).await else {
        return;
    };
    let began = Instant::now();
    let options = server.user(BUCKET, USER).deadline(DEADLINE);
    let error = options.connect().await.expect_err("its role is none");
    let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
        panic!("{}", told(&error));
    };
    // Which of the two the server tells first is its own affair.
    let missing = denial.missing.as_deref().unwrap_or_default();
    assert!(
        missing == "$JS.API.STREAM.INFO.KV_config" || missing.starts_with("_INBOX."),
        "{missing}"
    );
    assert!(began.elapsed() < AT_ONCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_hear_answers_is_denied_and_does_not_wait_for_them() {
    let permissions = NatsPermissions::none()
        .publish(">")
        .subscribe("_INBOX_trapd.>");
    let builder = NatsServer::builder().user(USER, &permissions);
    let Some((server, _admin)) = server(builder).await else {
        return;
    };
    let began = Instant::now();
    let options = server.user(BUCKET, USER).deadline(DEADLINE);
    let error = options.clone().connect().await.expect_err("it is deaf");
    let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
        panic!("{}", told(&error));
    };
    let missing = denial.missing.as_deref().unwrap_or_default();
    assert!(missing.starts_with("_INBOX."), "{missing}");
    assert!(began.elapsed() < AT_ONCE);

    let store = options.inbox_prefix("_INBOX_trapd").connect().await;
    let store = store.expect("with the prefix that it may subscribe to it hears");
    store.put(&KEY, "a".into()).await.expect("a put");
    assert!(store.get(&KEY).await.expect("a get").is_some());
    let mut watch = store.watch(&KEY).await.expect("a watch");
    assert!(watch.next().await.is_some_and(|change| change.is_ok()));
}

#[tokio::test(flavor = "multi_thread")]
async fn to_update_from_no_revision_creates_nothing() {
    let Some((_server, store)) = server(NatsServer::builder()).await else {
        return;
    };
    let outcome = store.update(&KEY, "a".into(), Revision::new(0)).await;
    assert!(outcome.is_err_and(|error| error.is_conflict()));
    assert_eq!(store.get(&KEY).await.expect("a get"), None);
}
