//! Certificates that are refused, expired and renewed.

use std::error::Error;

use kvguard_runtime::testing::{Authority, CertificateRequest};
use kvguard_runtime::{
    DatasvcOptions, DatasvcStore, KvStore, MtlsFiles, Operation, StoreError, StoreErrorKind,
};

use crate::support::{Fleet, KEY, WRITER, connected, denial, tells, tells_outage};

/// The error of connecting, or that of the first operation: the server tells after the handshake.
async fn refused(options: DatasvcOptions) -> StoreError {
    match DatasvcStore::connect(options).await {
        Ok(store) => store.get(&KEY).await.unwrap_err(),
        Err(error) => error,
    }
}

/// An error with what led to it.
fn with_causes(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_key_that_is_not_the_certificates_is_named_with_it() {
    let fleet = Fleet::new();
    let directory = tempfile::tempdir().expect("a directory");
    let request = CertificateRequest::subject(WRITER);
    let files = fleet.authority.issue(&request);
    let files = files.write_to(&directory, &fleet.authority).expect("files");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let other = fleet.authority.issue(&request);
    let other = other.write_to(&elsewhere, &fleet.authority).expect("files");
    let mixed = MtlsFiles::new(&files.certificate, &other.key, &files.authorities);
    let options = DatasvcOptions::new(fleet.server.address(), mixed);
    let error = DatasvcStore::connect(options).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");
    let text = with_causes(&error);
    // A program that panics with the error, or gives it from `main`, shows it like this.
    let shown = format!("{error:?}");
    for path in [&files.certificate, &other.key] {
        let path = format!("`{}`", path.display());
        assert!(text.contains(&path), "{text}");
        assert!(shown.contains(&path), "{shown}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_denied() {
    let fleet = Fleet::new();
    let files = fleet.files_of(&Authority::new(), &CertificateRequest::subject(WRITER));
    for _ in 0..20 {
        let error = refused(DatasvcOptions::new(fleet.server.address(), files.clone())).await;
        let (identity, missing) = denial(&error);
        assert_eq!(identity, Some(WRITER));
        assert_eq!(
            missing,
            Some("a client certificate that the data service takes")
        );
    }
    assert_eq!(fleet.server.recording().all(), []);
}

#[tokio::test]
async fn an_expired_certificate_is_denied_until_its_files_are_renewed() {
    let fleet = Fleet::new();
    let directory = tempfile::tempdir().expect("a directory");
    let expired = CertificateRequest::subject(WRITER).expired();
    let write = |request: &CertificateRequest| {
        let certificate = fleet.authority.issue(request);
        certificate
            .write_to(&directory, &fleet.authority)
            .expect("files")
    };
    let files = MtlsFiles::from(&write(&expired));
    let options = DatasvcOptions::new(fleet.server.address(), files);
    let store = DatasvcStore::connect(options)
        .await
        .expect("TLS 1.3 tells later");
    for operation in 0..3 {
        let error = store.get(&KEY).await.unwrap_err();
        assert_eq!(denial(&error).0, Some(WRITER), "operation {operation}");
    }
    assert!(
        store
            .put(&KEY, "a".into())
            .await
            .unwrap_err()
            .is_permission_denied()
    );

    write(&CertificateRequest::subject(WRITER));
    store.put(&KEY, "a".into()).await.expect("a put");
}

#[tokio::test]
async fn renewed_files_are_used_by_the_next_connection_and_broken_ones_are_not() {
    const RENEWED: &str = "CN=renewed,O=Example";
    let fleet = Fleet::with(|builder| {
        builder.with_access_table(crate::support::table().grant(RENEWED, "writer"))
    });
    fleet.server.set(&KEY, "a");
    let directory = tempfile::tempdir().expect("a directory");
    let write = |subject| {
        let certificate = fleet.authority.issue(&CertificateRequest::subject(subject));
        certificate
            .write_to(&directory, &fleet.authority)
            .expect("files")
    };
    let files = write(WRITER);
    let options = DatasvcOptions::new(fleet.server.address(), MtlsFiles::from(&files));
    let store = connected(options).await;
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;

    write(RENEWED);
    fleet.server.set(&KEY, "b");
    tells(&mut watch, "b").await;
    store.get(&KEY).await.expect("the connection stays");
    assert_eq!(store.identity().as_deref(), Some(WRITER));

    fleet.server.restart();
    tells_outage(&mut watch).await;
    store.put(&KEY, "c".into()).await.expect("a put");
    tells(&mut watch, "c").await;
    assert_eq!(store.identity().as_deref(), Some(RENEWED));
    let writes = fleet.server.recording().writes();
    assert_eq!(writes[0].identity.as_deref(), Some(RENEWED));

    std::fs::write(&files.key, "half a k").expect("a file");
    fleet.server.restart();
    store
        .put(&KEY, "d".into())
        .await
        .expect("the last ones are kept");
    assert_eq!(store.identity().as_deref(), Some(RENEWED));
}

#[tokio::test]
async fn a_server_with_another_name_is_refused_and_is_no_outage() {
    let fleet = Fleet::with(|builder| {
        builder.with_certificate(
            CertificateRequest::subject("CN=datasvc").with_dns_name("datasvc.example"),
        )
    });
    let files = fleet.files(&CertificateRequest::subject(WRITER));
    let error = refused(DatasvcOptions::new(fleet.server.address(), files.clone())).await;
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");
    assert!(!error.is_outage());
    let text = with_causes(&error);
    for part in [
        "not the expected data service",
        "`127.0.0.1`, the host of the data service's address",
        "`MtlsFiles::with_server_name`",
        "datasvc.example",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let wrong = files.clone().with_server_name("wrong.example");
    let error = refused(DatasvcOptions::new(fleet.server.address(), wrong)).await;
    let text = with_causes(&error);
    let named = "`wrong.example`, the server name that was set";
    assert!(text.contains(named), "{text}");

    let files = files.with_server_name("datasvc.example");
    let options = DatasvcOptions::new(fleet.server.address(), files);
    connected(options).await.get(&KEY).await.expect("a get");
}

#[tokio::test]
async fn a_server_of_another_authority_is_refused() {
    let fleet = Fleet::new();
    let other = Authority::new();
    let request = CertificateRequest::subject("CN=datasvc").with_address([127, 0, 0, 1]);
    fleet.server.set_certificate(&other, &request);
    let files = fleet.files(&CertificateRequest::subject(WRITER));
    let options = DatasvcOptions::new(fleet.server.address(), files);
    let error = refused(options).await;
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");
    let text = with_causes(&error);
    assert!(
        text.contains("was not issued by an authority in `"),
        "{text}"
    );
    assert!(text.contains("ca.crt`"), "{text}");
}

#[tokio::test]
async fn a_server_whose_certificate_is_replaced_by_a_strangers_is_not_written_to() {
    let fleet = Fleet::new();
    let store = fleet.store(WRITER).await;
    store.put(&KEY, "a".into()).await.expect("a put");
    let request = CertificateRequest::subject("CN=datasvc").with_address([127, 0, 0, 1]);
    fleet.server.set_certificate(&Authority::new(), &request);
    fleet.server.restart();
    let error = store.put(&KEY, "b".into()).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");
    assert_eq!(fleet.server.value(&KEY), Some("a".into()));
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let fleet = Fleet::new();
    let directory = tempfile::tempdir().expect("a directory");
    let certificate = fleet.authority.issue(&CertificateRequest::subject(WRITER));
    for (name, content) in [
        ("tls.crt", None),
        ("tls.key", None),
        ("ca.crt", None),
        ("tls.crt", Some("")),
        ("tls.key", Some("-----BEGIN PRIVATE KEY-----")),
        ("ca.crt", Some("hunter2")),
    ] {
        let files = certificate
            .write_to(&directory, &fleet.authority)
            .expect("files");
        let path = directory.path().join(name);
        match content {
            Some(content) => std::fs::write(&path, content).expect("a file"),
            None => std::fs::remove_file(&path).expect("a file"),
        }
        let options = DatasvcOptions::new(fleet.server.address(), MtlsFiles::from(&files));
        let error = DatasvcStore::connect(options).await.unwrap_err();
        assert_eq!(error.kind(), &StoreErrorKind::Malformed);
        assert_eq!(error.operation(), Operation::Connect);
        let source = error.source().expect("a source").to_string();
        assert!(source.contains(name), "{source}");
        assert!(!source.contains("hunter2"), "{source}");
    }
}
