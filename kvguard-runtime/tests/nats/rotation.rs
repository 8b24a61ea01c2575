//! What a client logs in with is replaced while it is connected.

use std::path::Path;
use std::time::{Duration, SystemTime};

use kvguard_runtime::testing::{
    Authority, CertificateRequest, NatsOperator, NatsPermissions, NatsServer, NatsUser, Role,
};
use kvguard_runtime::{Change, KvStore, NatsStore, NewBucket, StoreError, Watch};
use tokio::time::timeout;

use crate::common::{
    BUCKET, FORBIDDEN, KEY, all_but_forbidden, is_denied, issued, server, started, told, write,
};

const LONG: Duration = Duration::from_secs(30);

/// When a JWT that is issued now expires: soon, but not before it was used.
fn soon() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3)
}

async fn next(watch: &mut Watch) -> Option<Result<Change, StoreError>> {
    timeout(LONG, watch.next()).await.expect("in time")
}

/// That a watch tells an outage next, as it does when the connection is lost.
async fn tells_outage(watch: &mut Watch) {
    let told_next = next(watch).await.expect("it goes on");
    let error = told_next.expect_err("the connection is lost");
    assert!(error.is_outage(), "{}", told(&error));
}

async fn tells(watch: &mut Watch, expected: &str) {
    match next(watch).await.expect("it goes on") {
        Ok(Change::Set { value, .. }) => assert_eq!(value, expected.into()),
        Ok(change) => panic!("another change: {change:?}"),
        Err(error) => panic!("{}", told(&error)),
    }
}

/// A server that trusts an operator, a credentials file, and a store that logged in with it.
async fn logged_in(
    operator: &NatsOperator,
    credentials: &str,
) -> Option<(NatsServer, std::path::PathBuf, NatsStore)> {
    let server = started(operator.server().start())?;
    let file = write(server.directory(), "trapd.creds", credentials);
    let options = server
        .options(BUCKET)
        .credentials_file(&file)
        .deadline(LONG);
    let store = options.create_bucket(NewBucket::new()).connect().await;
    let store = store.unwrap_or_else(|error| panic!("{}", told(&error)));
    store.put(&KEY, "a".into()).await.expect("a put");
    Some((server, file, store))
}

/// Replaces a file as a careful program does: it is never half written.
fn replace(file: &Path, text: &str) {
    let directory = file.parent().expect("it is in a directory");
    let new = write(directory, "new", text);
    std::fs::rename(new, file).expect("it is replaced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_and_its_watch_go_on_with_credentials_that_were_rotated_before_they_expired() {
    let operator = NatsOperator::new();
    let (first, second) = (NatsUser::new(), NatsUser::new());
    let credentials = operator.credentials(&first, &all_but_forbidden(), Some(soon()));
    let Some((_server, file, store)) = logged_in(&operator, &credentials).await else {
        return;
    };
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    let denied = store.put(&FORBIDDEN, "a".into()).await;
    is_denied(&denied.expect_err("nobody may"), Some(&first.public_key()));

    replace(
        &file,
        &operator.credentials(&second, &all_but_forbidden(), None),
    );
    tells_outage(&mut watch).await;
    let held = store.get(&KEY).await;
    let held = held.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(held.expect("a value").value, "a".into());
    let denied = store.put(&FORBIDDEN, "a".into()).await;
    is_denied(&denied.expect_err("nobody may"), Some(&second.public_key()));
    store.put(&KEY, "b".into()).await.expect("a put");
    tells(&mut watch, "b").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_expire_are_told_with_their_file_until_they_are_rotated() {
    let operator = NatsOperator::new();
    let user = NatsUser::new();
    let credentials = operator.credentials(&user, &all_but_forbidden(), Some(soon()));
    let Some((server, file, store)) = logged_in(&operator, &credentials).await else {
        return;
    };
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
    tells_outage(&mut watch).await;
    // In the second in which a JWT expires a server lets in with it, and ends the connection at once.
    let of_watch = loop {
        match next(&mut watch).await.expect("it tells why it ends") {
            Err(error) if error.is_outage() => {}
            told_last => break told_last,
        }
    };
    let options = server
        .options(BUCKET)
        .credentials_file(&file)
        .deadline(LONG);
    let errors = [
        of_watch.expect_err("the watch is denied"),
        store.get(&KEY).await.expect_err("a get is denied"),
        store
            .put(&KEY, "b".into())
            .await
            .expect_err("a put is denied"),
        options.connect().await.expect_err("nobody gets in with it"),
    ];
    for error in &errors {
        is_denied(error, Some(&user.public_key()));
        let text = told(error);
        let path = file.display().to_string();
        assert!(text.contains("expired") && text.contains(&path), "{text}");
        for line in credentials.lines().filter(|line| !line.is_empty()) {
            for shown in [&text, &format!("{error:?}")] {
                assert!(!shown.contains(line), "{shown}");
            }
        }
    }
    assert!(next(&mut watch).await.is_none(), "a denied watch has ended");

    replace(
        &file,
        &operator.credentials(&user, &all_but_forbidden(), None),
    );
    let back = async {
        while let Err(error) = store.get(&KEY).await {
            is_denied(&error, Some(&user.public_key()));
            // Nobody tells when the connection is back.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, back).await.expect("the new ones are read");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_nkey_file_that_was_rotated_is_read_by_the_next_connection() {
    let (first, second) = (NatsUser::new(), NatsUser::new());
    let builder = NatsServer::builder()
        .nkey(
            &first.public_key(),
            &NatsPermissions::of(Role::Writer, BUCKET),
        )
        .nkey(
            &second.public_key(),
            &NatsPermissions::of(Role::Reader, BUCKET),
        );
    let Some((mut server, admin)) = server(builder).await else {
        return;
    };
    let file = write(server.directory(), "seed.nk", &first.seed());
    let options = server.options(BUCKET).nkey_file(&file).deadline(LONG);
    let store = options.connect().await.expect("it is let in");
    store.put(&KEY, "a".into()).await.expect("a writer");
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;

    replace(&file, &second.seed());
    tokio::task::block_in_place(|| server.restart()).expect("it starts again");
    tells_outage(&mut watch).await;
    let held = store.get(&KEY).await;
    let held = held.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(held.expect("a value").value, "a".into());
    let denied = store.put(&KEY, "b".into()).await;
    is_denied(&denied.expect_err("a reader"), Some(&second.public_key()));
    admin.put(&KEY, "c".into()).await.expect("a put");
    tells(&mut watch, "c").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_half_written_when_the_connection_is_lost_counts_as_before() {
    let operator = NatsOperator::new();
    let user = NatsUser::new();
    let credentials = operator.credentials(&user, &all_but_forbidden(), None);
    let Some((mut server, file, store)) = logged_in(&operator, &credentials).await else {
        return;
    };
    replace(&file, "-----BEGIN NATS USER JWT-----\n");
    tokio::task::block_in_place(|| server.restart()).expect("it starts again");
    let held = store.get(&KEY).await;
    let held = held.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(held.expect("a value").value, "a".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_rotated_is_read_by_the_next_connection() {
    let authority = Authority::new();
    let of_server = CertificateRequest::new().with_address([127, 0, 0, 1]);
    let (_directory, files) = issued(&authority, &of_server);
    let all = NatsPermissions::none().publish(">").subscribe(">");
    let builder = NatsServer::builder()
        .tls_with_client_certificates(&files)
        .user("CN=first", &all)
        .user("CN=second", &NatsPermissions::of(Role::Reader, BUCKET));
    let Some(mut server) = started(builder.start()) else {
        return;
    };
    let [(_first, used), (_second, other)] = ["CN=first", "CN=second"]
        .map(|subject| issued(&authority, &CertificateRequest::subject(subject)));
    let options = server
        .options(BUCKET)
        .client_certificate(&used.certificate, &used.key)
        .deadline(LONG);
    let store = options.create_bucket(NewBucket::new()).connect().await;
    let store = store.unwrap_or_else(|error| panic!("{}", told(&error)));
    store.put(&KEY, "a".into()).await.expect("a writer");

    std::fs::rename(&other.certificate, &used.certificate).expect("it is replaced");
    std::fs::rename(&other.key, &used.key).expect("it is replaced");
    tokio::task::block_in_place(|| server.restart()).expect("it starts again");
    let held = store.get(&KEY).await;
    let held = held.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(held.expect("a value").value, "a".into());
    is_denied(
        &store.put(&KEY, "b".into()).await.expect_err("a reader"),
        None,
    );
}
