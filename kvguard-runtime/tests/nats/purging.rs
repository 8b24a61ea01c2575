//! What is left of a key that is purged.

use async_nats::jetstream;
use kvguard_runtime::testing::{AccessTable, NatsServer};
use kvguard_runtime::{KvStore, NewBucket, Remains, Revision, StoreErrorKind};

use crate::common::{BUCKET, KEY, is_denied, server_with, told};

/// A client that logs in as an address says.
async fn connected(url: &str) -> async_nats::Client {
    let address: async_nats::ServerAddr = url.parse().expect("an address");
    let login = |text: Option<&str>| text.expect("a login").to_owned();
    let (user, password) = (login(address.username()), login(address.password()));
    let options = async_nats::ConnectOptions::with_user_and_password(user, password);
    options.connect(url).await.expect("a client")
}

/// How many messages the bucket's stream holds, markers among them.
async fn messages(stream: &mut jetstream::stream::Stream) -> u64 {
    stream.info().await.expect("a description").state.messages
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_may_do_everything_leaves_nothing_and_a_writer_leaves_a_marker() {
    let table = AccessTable::new()
        .grant("trapd", "writer")
        .grant("viewer", "reader");
    let builder = NatsServer::builder().access(BUCKET, &table);
    let bucket = NewBucket::new().history(5);
    let Some((server, admin)) = server_with(builder, bucket).await else {
        return;
    };
    let client = connected(&server.admin_url()).await;
    let jetstream = jetstream::new(client);
    let mut stream = jetstream.get_stream("KV_config").await.expect("a stream");
    let trapd = server
        .user(BUCKET, "trapd")
        .connect()
        .await
        .expect("a store");
    for (store, expected, left) in [(&admin, Remains::Nothing, 0), (&trapd, Remains::Marker, 1)] {
        for value in ["a", "b", "c"] {
            store.put(&KEY, value.into()).await.expect("a put");
        }
        assert!(messages(&mut stream).await >= 3);
        let remains = store.purge(&KEY).await.expect("a purge");
        assert_eq!(remains, expected);
        assert_eq!(messages(&mut stream).await, left);
        assert_eq!(store.get(&KEY).await.expect("a get"), None);
        let keys = store.list_keys().expect("it lists keys").keys("").await;
        assert_eq!(keys.expect("a list"), []);
    }

    let viewer = server
        .user(BUCKET, "viewer")
        .connect()
        .await
        .expect("a store");
    trapd.put(&KEY, "a".into()).await.expect("a put");
    let error = viewer.purge(&KEY).await.expect_err("a reader");
    is_denied(&error, Some("viewer"));
    let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
        panic!("{}", told(&error));
    };
    // What a writer has, not the right to purge the stream.
    let missing = denial.missing.as_deref();
    assert_eq!(missing, Some("$KV.config.config/trapd.json"));
    assert!(trapd.get(&KEY).await.expect("a get").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_purged_is_written_and_read_at_once_as_before() {
    let Some((_server, store)) = server_with(NatsServer::builder(), NewBucket::new()).await else {
        return;
    };
    let mut last = Revision::new(0);
    for _ in 0..20 {
        let revision = store.create(&KEY, "a".into()).await.expect("a create");
        assert!(revision > Some(last));
        last = revision.expect("it tells revisions");
        store.purge(&KEY).await.expect("a purge");
        assert_eq!(store.get(&KEY).await.expect("a get"), None);
    }
}
