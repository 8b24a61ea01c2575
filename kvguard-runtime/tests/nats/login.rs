//! Each way to say who one is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kvguard_runtime::testing::{
    Authority, CertificateFiles, CertificateRequest, NatsPermissions, NatsServer, Role,
};
use kvguard_runtime::{KvStore, NatsOptions, NatsStore, NewBucket, StoreError, StoreErrorKind};
use nkeys::{KeyPair, KeyPairType};

use crate::common::{BUCKET, KEY, server, started, told};

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

#[track_caller]
fn is_denied(error: &StoreError, identity: Option<&str>) {
    let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
        panic!("{}", told(error));
    };
    assert_eq!(denial.identity.as_deref(), identity);
}

fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("it is written");
    path
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
async fn an_nkey_logs_in_by_its_seed_or_a_file_of_it() {
    let pair = KeyPair::new_user();
    let seed = pair.seed().expect("a seed");
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
    let other = KeyPair::new_user();
    let seed = other.seed().expect("a seed");
    let error = refused(server.options(BUCKET).nkey_seed(&seed)).await;
    is_denied(&error, Some(&other.public_key()));
    assert!(!told(&error).contains(&seed));
}

/// Base64 for addresses, without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            let index = bits >> (18 - 6 * digit) & 63;
            text.push(char::from(DIGITS[index as usize]));
        }
    }
    text
}

/// A JWT of the kind that NATS has, signed by an issuer.
fn jwt(issuer: &KeyPair, subject: &str, name: &str, claims: &serde_json::Value) -> String {
    let header = serde_json::json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let body = serde_json::json!({
        "jti": name,
        "iat": 1_700_000_000,
        "iss": issuer.public_key(),
        "name": name,
        "sub": subject,
        "nats": claims,
    });
    let signed = format!(
        "{}.{}",
        base64(header.to_string().as_bytes()),
        base64(body.to_string().as_bytes())
    );
    let signature = issuer.sign(signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", base64(&signature))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credentials_file_logs_in_and_a_revoked_one_does_not() {
    let operator = KeyPair::new_operator();
    let account = KeyPair::new_account();
    let system = KeyPair::new(KeyPairType::Account);
    let user = KeyPair::new_user();
    let operator_claims = serde_json::json!({
        "type": "operator", "version": 2, "system_account": system.public_key(),
    });
    let limits = |storage: i64| {
        serde_json::json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
            "conn": -1, "leaf": -1, "mem_storage": storage, "disk_storage": storage,
            "streams": storage, "consumer": storage,
        })
    };
    let account_claims =
        |storage| serde_json::json!({ "type": "account", "version": 2, "limits": limits(storage) });
    let operator_jwt = jwt(
        &operator,
        &operator.public_key(),
        "operator",
        &operator_claims,
    );
    let account_jwt = jwt(
        &operator,
        &account.public_key(),
        "account",
        &account_claims(-1),
    );
    let system_jwt = jwt(
        &operator,
        &system.public_key(),
        "system",
        &account_claims(0),
    );
    let user_claims = serde_json::json!({
        "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {},
    });
    let user_jwt = jwt(&account, &user.public_key(), "trapd", &user_claims);
    let (account_key, system_key) = (account.public_key(), system.public_key());
    let accounts = [
        (account_key.as_str(), account_jwt.as_str()),
        (system_key.as_str(), system_jwt.as_str()),
    ];
    let builder = NatsServer::builder().operator(&operator_jwt, &accounts);
    let Some(server) = started(builder.start()) else {
        return;
    };
    let credentials = |jwt: &str, user: &KeyPair| {
        let seed = user.seed().expect("a seed");
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    };
    let file = write(
        server.directory(),
        "trapd.creds",
        &credentials(&user_jwt, &user),
    );
    let options = server
        .options(BUCKET)
        .credentials_file(file)
        .create_bucket(NewBucket::new());
    let store = options.connect().await;
    let store = store.unwrap_or_else(|error| panic!("{}", told(&error)));
    reads_and_writes(&store).await;

    // Signed by an account that the operator does not know.
    let stranger = KeyPair::new_account();
    let strange = jwt(&stranger, &user.public_key(), "trapd", &user_claims);
    let file = write(
        server.directory(),
        "stranger.creds",
        &credentials(&strange, &user),
    );
    let error = refused(server.options(BUCKET).credentials_file(file)).await;
    is_denied(&error, Some(&user.public_key()));
    let empty = write(server.directory(), "empty.creds", "canary");
    let error = refused(server.options(BUCKET).credentials_file(empty)).await;
    assert_eq!(error.kind(), &StoreErrorKind::Malformed);
    assert!(!told(&error).contains("canary"));
}

/// A certificate in a directory of its own, which lives as long as that.
fn issued(
    authority: &Authority,
    request: &CertificateRequest,
) -> (tempfile::TempDir, CertificateFiles) {
    let directory = tempfile::tempdir().expect("a directory");
    let issued = authority.issue(request);
    let files = issued.write_to(directory.path(), authority);
    (directory, files.expect("they are written"))
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
