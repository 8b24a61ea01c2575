//! What cannot be connected to is told as what it is, within the deadline.

use std::time::{Duration, Instant};

use kvguard_runtime::testing::{Authority, CertificateFiles, CertificateRequest, NatsServer};
use kvguard_runtime::{NatsOptions, NewBucket, StoreError, StoreErrorKind};
use tokio::net::TcpListener;

use crate::common::{BUCKET, issued, started, told};

const DEADLINE: Duration = Duration::from_secs(2);

/// What a busy machine may take beyond the deadline.
const ROOM: Duration = Duration::from_secs(2);

async fn refused(what: &str, options: NatsOptions) -> StoreError {
    let began = Instant::now();
    let outcome = options.deadline(DEADLINE).connect().await;
    let took = began.elapsed();
    assert!(took < DEADLINE + ROOM, "{what}: {took:?}");
    let Err(error) = outcome else {
        panic!("{what}: it is connected to");
    };
    crate::common::note(&format!("{what}: {took:?}: {}", told(&error)));
    error
}

fn of_server(authority: &Authority) -> (tempfile::TempDir, CertificateFiles) {
    let request = CertificateRequest::new().with_address([127, 0, 0, 1]);
    issued(authority, &request)
}

fn is_malformed(what: &str, error: &StoreError, parts: &[&str]) {
    let text = told(error);
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{what}: {text}");
    for part in parts {
        assert!(text.contains(part), "{what}: `{part}` is not in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_wants_tls_is_told_that_the_server_has_none() {
    let Some(server) = started(NatsServer::start()) else {
        return;
    };
    let address = server.address();
    for (what, options) in [
        (
            "tls:// of a server without TLS",
            NatsOptions::new(BUCKET).server(format!("tls://{address}")),
        ),
        ("TLS that is required", server.options(BUCKET).require_tls()),
        ("TLS first", server.options(BUCKET).tls_first()),
    ] {
        let error = refused(what, options).await;
        is_malformed(what, &error, &["what it answers is not TLS"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_for_a_server_with_tls_first_is_told_within_the_deadline() {
    let authority = Authority::new();
    let (_directory, files) = of_server(&authority);
    let Some(server) = started(NatsServer::builder().tls(&files).tls_first().start()) else {
        return;
    };
    let error = refused("a server with TLS first", server.options(BUCKET)).await;
    assert!(error.is_outage(), "{}", told(&error));
    let connected = server.options(BUCKET).tls_first().connect().await;
    assert!(connected.expect_err("no bucket").is_no_bucket());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_nats_server_is_told_within_the_deadline() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = silent.local_addr().expect("an address");
    let options = || NatsOptions::new(BUCKET).server(format!("nats://{address}"));
    for (what, options) in [
        ("a server that says nothing", options()),
        ("a server that says nothing, by TLS", options().tls_first()),
    ] {
        let error = refused(what, options).await;
        let is_late = matches!(error.kind(), StoreErrorKind::TimedOut(_));
        assert!(is_late, "{what}: {}", told(&error));
        assert!(told(&error).contains("no NATS server answers there"));
    }
}

#[cfg(feature = "datasvc")]
#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_store_tells_that_the_other_is_not_the_one_it_expects() {
    use kvguard_runtime::testing::DatasvcServer;
    use kvguard_runtime::{DatasvcOptions, DatasvcStore, MtlsFiles};
    let authority = Authority::new();
    let datasvc = DatasvcServer::builder(&authority).start();
    let options = NatsOptions::new(BUCKET).server(format!("nats://{}", datasvc.address()));
    let error = refused("a data service", options).await;
    let is_told = error.is_outage() || error.kind() == &StoreErrorKind::Malformed;
    assert!(is_told, "{}", told(&error));

    let Some(nats) = started(NatsServer::start()) else {
        return;
    };
    let (_directory, files) = issued(&authority, &CertificateRequest::subject("CN=trapd"));
    let options = DatasvcOptions::new(nats.address().to_string(), MtlsFiles::from(&files));
    let connecting = DatasvcStore::connect(options.with_connect_timeout(DEADLINE));
    let error = connecting.await.expect_err("it is no data service");
    is_malformed(
        "a NATS server",
        &error,
        &[
            "not the expected data service",
            "what it answers is not TLS",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nothing_listens_at_is_unavailable() {
    let port = {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let options = NatsOptions::new(BUCKET).server(format!("nats://127.0.0.1:{port}"));
    let error = refused("nothing listens", options).await;
    assert_eq!(
        error.kind(),
        &StoreErrorKind::Unavailable,
        "{}",
        told(&error)
    );
    let options = NatsOptions::new(BUCKET).server("nats://no-such-host.invalid:4222");
    let error = refused("no such host", options).await;
    assert!(error.is_outage(), "{}", told(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_client_certificate_denies_one_without() {
    let authority = Authority::new();
    let (_directory, files) = of_server(&authority);
    let builder = NatsServer::builder().tls_with_client_certificates(&files);
    let Some(server) = started(builder.start()) else {
        return;
    };
    let error = refused("no client certificate", server.options(BUCKET)).await;
    assert!(error.is_permission_denied(), "{}", told(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_be_known_by_other_names_than_its_address_and_by_no_others() {
    let authority = Authority::new();
    let (_directory, files) = issued(
        &authority,
        &CertificateRequest::subject("CN=admin").with_dns_name("nats.example"),
    );
    let builder = NatsServer::builder().tls_with_client_certificates(&files);
    let Some(server) = started(builder.start()) else {
        return;
    };
    let options = || {
        NatsOptions::new(BUCKET)
            .server(format!("tls://{}", server.address()))
            .certificate_authority(&files.authorities)
            .client_certificate(&files.certificate, &files.key)
    };
    let known = options()
        .certificate_name("other.example")
        .certificate_name("nats.example")
        .create_bucket(NewBucket::new());
    known.connect().await.expect("it is the expected server");

    let by_address = refused("by its address", options()).await;
    is_malformed("by its address", &by_address, &["is not for `127.0.0.1`"]);

    let other = options().certificate_name("other.example");
    let other = refused("by another name", other).await;
    is_malformed("by another name", &other, &["is not for `other.example`"]);

    let (_other, of_other) = issued(&Authority::new(), &CertificateRequest::subject("CN=a"));
    let distrusting = options()
        .certificate_authority(&of_other.authorities)
        .certificate_name("nats.example");
    let distrusting = refused("of another authority", distrusting).await;
    let parts = ["was not issued by an authority in"];
    is_malformed("of another authority", &distrusting, &parts);

    let nobody = NatsOptions::new(BUCKET)
        .server(format!("tls://{}", server.address()))
        .certificate_name("nats.example");
    let nobody = refused("without an authority", nobody).await;
    is_malformed(
        "without an authority",
        &nobody,
        &["set `NatsOptions::certificate_authority` too"],
    );
}
