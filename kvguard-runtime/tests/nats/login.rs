//! Each way to say who one is.

use std::path::Path;
use std::time::Duration;

use kvguard_runtime::testing::{
    Authority, CertificateFiles, CertificateRequest, NatsOperator, NatsPermissions, NatsServer,
    NatsUser, Role,
};
use kvguard_runtime::{
    Key, KvStore, NatsOptions, NatsStore, NewBucket, StoreError, StoreErrorKind,
};

use crate::common::{
    BUCKET, KEY, all_but_forbidden, is_denied, issued, server, started, told, write,
};

/// Far more than a refusal takes.
const DEADLINE: Duration = Duration::from_secs(20);

async fn reads_and_writes(store: &NatsStore) {
    store.put(&KEY, "a".into()).await.expect("a put");
    let held = store.get(&KEY).await.expect("a get").expect("a value");
    assert_eq!(held.value, "a".into());
    let mut watch = store.watch(&KEY).await.expect("a watch");
    assert!(watch.next().await.is_some_and(|change| change.is_ok()));
}

async fn refused(options: NatsOptions) -> StoreError {
    let began = std::time::Instant::now();
    let outcome = options.deadline(DEADLINE).connect().await;
    assert!(began.elapsed() < DEADLINE / 4);
    outcome.expect_err("it is not let in")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_logs_in_with_its_password_and_no_other() {
    let permissions = NatsPermissions::of(Role::Writer, BUCKET);
    let builder = NatsServer::builder().user("trapd", &permissions);
    let Some((server, _admin)) = server(builder).await else {
        return;
    };
    let store = server.user(BUCKET, "trapd").connect().await;
    reads_and_writes(&store.expect("it is let in")).await;
    let wrong = server.options(BUCKET).user("trapd", "canary");
    let error = refused(wrong).await;
    is_denied(&error, Some("trapd"));
    assert!(!told(&error).contains("canary"));
    is_denied(&refused(server.user(BUCKET, "other")).await, Some("other"));
    is_denied(&refused(server.options(BUCKET)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_in_the_address_logs_in_and_is_named_in_a_refusal_and_a_token_is_not() {
    let permissions = NatsPermissions::of(Role::Writer, BUCKET);
    let builder = NatsServer::builder().user("trapd", &permissions);
    let Some((server, _admin)) = server(builder).await else {
        return;
    };
    let place = server.address();
    // The password of all users of the tests' server.
    let right = NatsOptions::new(BUCKET).server(format!("nats://trapd:for%2Dtests-only@{place}"));
    reads_and_writes(&right.connect().await.expect("it is let in")).await;
    for (login, identity) in [("trapd:canary", Some("trapd")), ("canary", None)] {
        let options = NatsOptions::new(BUCKET).server(format!("nats://{login}@{place}"));
        let error = refused(options).await;
        is_denied(&error, identity);
        assert!(!told(&error).contains("canary"), "{}", told(&error));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_nkey_logs_in_by_its_seed_or_a_file_of_it() {
    let pair = NatsUser::new();
    let seed = pair.seed();
    let permissions = NatsPermissions::of(Role::Writer, BUCKET);
    let builder = NatsServer::builder().nkey(&pair.public_key(), &permissions);
    let Some((server, _admin)) = server(builder).await else {
        return;
    };
    let store = server.options(BUCKET).nkey_seed(&seed).connect().await;
    reads_and_writes(&store.expect("it is let in")).await;
    let file = write(server.directory(), "seed.nk", &format!("{seed}\n"));
    let store = server.options(BUCKET).nkey_file(file).connect().await;
    reads_and_writes(&store.expect("it is let in")).await;
    let other = NatsUser::new();
    let seed = other.seed();
    let error = refused(server.options(BUCKET).nkey_seed(&seed)).await;
    is_denied(&error, Some(&other.public_key()));
    assert!(!told(&error).contains(&seed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credentials_file_logs_in_and_a_revoked_one_does_not() {
    let operator = NatsOperator::new();
    let Some(server) = started(operator.server().start()) else {
        return;
    };
    let user = NatsUser::new();
    let credentials = operator.credentials(&user, &all_but_forbidden(), None);
    let file = write(server.directory(), "trapd.creds", &credentials);
    let options = server
        .options(BUCKET)
        .credentials_file(file)
        .create_bucket(NewBucket::new());
    let store = options.connect().await;
    let store = store.unwrap_or_else(|error| panic!("{}", told(&error)));
    reads_and_writes(&store).await;

    // Signed by an account that the operator does not know.
    let strange = NatsOperator::new().credentials(&user, &all_but_forbidden(), None);
    let file = write(server.directory(), "stranger.creds", &strange);
    let error = refused(server.options(BUCKET).credentials_file(file)).await;
    is_denied(&error, Some(&user.public_key()));
    assert!(told(&error).contains("stranger.creds"), "{}", told(&error));
    let empty = write(server.directory(), "empty.creds", "canary");
    let error = refused(server.options(BUCKET).credentials_file(empty)).await;
    assert_eq!(error.kind(), &StoreErrorKind::Malformed);
    assert!(!told(&error).contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_list_of_subjects_is_written_as_an_empty_one_may_write() {
    let permissions = NatsPermissions::connecting(BUCKET).with_empty_publish_list();
    let builder = NatsServer::builder().user("viewer", &permissions);
    let Some((server, _admin)) = server(builder).await else {
        return;
    };
    let store = server.user(BUCKET, "viewer").connect().await;
    reads_and_writes(&store.expect("it is let in")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_users_login_logs_in_as_that_user() {
    let permissions = NatsPermissions::of(Role::Writer, BUCKET);
    let name = "CN=trapd@edge/1";
    let builder = NatsServer::builder().user(name, &permissions);
    let Some((server, _admin)) = server(builder).await else {
        return;
    };
    let as_user = NatsOptions::new(BUCKET).server(server.user_url(name));
    let store = as_user.connect().await.expect("it is let in");
    reads_and_writes(&store).await;
    let other = Key::from_static("other");
    let as_admin = NatsOptions::new("other-bucket")
        .server(server.admin_url())
        .create_bucket(NewBucket::new());
    let store = as_admin.connect().await.expect("the admin may create it");
    store.put(&other, "a".into()).await.expect("a put");
}

fn of_server(authority: &Authority) -> (tempfile::TempDir, CertificateFiles) {
    let request = CertificateRequest::new().with_address([127, 0, 0, 1]);
    issued(authority, &request)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_its_authority_and_no_other() {
    let authority = Authority::new();
    let (_directory, files) = of_server(&authority);
    let builder = NatsServer::builder().tls(&files);
    let Some((server, store)) = server(builder).await else {
        return;
    };
    reads_and_writes(&store).await;
    let address = server.url();
    let (_other, other) = of_server(&Authority::new());
    let path = other.authorities.display().to_string();
    for (options, named) in [
        (
            NatsOptions::new(BUCKET).server(&address),
            "the system's list",
        ),
        (
            NatsOptions::new(BUCKET)
                .server(&address)
                .certificate_authority(other.authorities),
            &*path,
        ),
    ] {
        // That is no outage, which a service might sit out with its file.
        let error = refused(options).await;
        let text = told(&error);
        assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{text}");
        assert!(text.contains("was not issued by an authority in"), "{text}");
        assert!(text.contains(named), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_is_for_another_name_is_refused_with_both_names() {
    let authority = Authority::new();
    let request = CertificateRequest::new().with_dns_name("nats.example");
    let (_directory, files) = issued(&authority, &request);
    let Some(server) = started(NatsServer::builder().tls(&files).start()) else {
        return;
    };
    let error = refused(server.options(BUCKET)).await;
    let text = told(&error);
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{text}");
    for part in [
        "`127.0.0.1`",
        "the host of the server's address",
        "nats.example",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_tls_that_cannot_be_used_are_named_before_anything_is_connected_to() {
    let authority = Authority::new();
    let (directory, files) = of_server(&authority);
    let (_other, others) = of_server(&authority);
    let garbage = write(directory.path(), "garbage.pem", "hunter2");
    let missing = directory.path().join("missing.pem");
    // Nothing listens there, and nothing needs to.
    let options = || NatsOptions::new(BUCKET).server("tls://127.0.0.1:1");
    let with_client =
        |certificate: &Path, key: &Path| options().client_certificate(certificate, key);
    for (options, named) in [
        (options().certificate_authority(&missing), vec![&missing]),
        (options().certificate_authority(&garbage), vec![&garbage]),
        (
            options().certificate_authority(&files.key),
            vec![&files.key],
        ),
        (with_client(&garbage, &files.key), vec![&garbage]),
        (with_client(&files.certificate, &missing), vec![&missing]),
        (with_client(&files.certificate, &garbage), vec![&garbage]),
        (
            with_client(&files.certificate, &others.key),
            vec![&files.certificate, &others.key],
        ),
    ] {
        let error = refused(options).await;
        let text = told(&error);
        assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{text}");
        for path in named {
            assert!(text.contains(&format!("`{}`", path.display())), "{text}");
        }
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_logs_in_with_its_certificate_and_may_do_what_its_subject_may() {
    let authority = Authority::new();
    let (_directory, files) = of_server(&authority);
    let builder = NatsServer::builder()
        .tls_with_client_certificates(&files)
        .user(
            "CN=admin",
            &NatsPermissions::none().publish(">").subscribe(">"),
        )
        .user("CN=trapd", &NatsPermissions::of(Role::Reader, BUCKET));
    let Some(server) = started(builder.start()) else {
        return;
    };
    let mut directories = Vec::new();
    let mut as_client = |authority: &Authority, name: &str| {
        let request = CertificateRequest::subject(&format!("CN={name}"));
        let (directory, files) = issued(authority, &request);
        directories.push(directory);
        let options = server.options(BUCKET);
        options.client_certificate(files.certificate, files.key)
    };
    let admin = as_client(&authority, "admin").create_bucket(NewBucket::new());
    let admin = admin.connect().await;
    let admin = admin.unwrap_or_else(|error| panic!("{}", told(&error)));
    reads_and_writes(&admin).await;
    let trapd = as_client(&authority, "trapd")
        .connect()
        .await
        .expect("it is let in");
    assert!(trapd.get(&KEY).await.expect("a get").is_some());
    is_denied(
        &trapd.put(&KEY, "b".into()).await.expect_err("a reader"),
        None,
    );

    is_denied(&refused(as_client(&authority, "stranger")).await, None);
    is_denied(&refused(server.options(BUCKET)).await, None);
    let forged = as_client(&Authority::new(), "admin");
    is_denied(&refused(forged).await, None);
}
