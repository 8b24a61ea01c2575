//! Identities from the Workload API.

use std::time::Duration;

use kvguard_runtime::testing::{Authority, CertificateRequest};
use kvguard_runtime::{
    DatasvcOptions, DatasvcStore, KvStore, Operation, SpiffeSource, StoreErrorKind,
};
use tokio::time::timeout;

use crate::support::{
    KEY, PATIENCE, READER_ID, SERVER_ID, SpiffeFleet, WRITER_ID, connected, denial, id, tells,
    tells_outage,
};

#[tokio::test]
async fn a_client_is_known_by_its_spiffe_id() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(READER_ID);
    let store = fleet.store(&api).await;
    assert_eq!(store.identity().as_deref(), Some(READER_ID));
    let error = store.put(&KEY, "a".into()).await.unwrap_err();
    assert_eq!(denial(&error), (Some(READER_ID), Some("writer")));
}

#[tokio::test]
async fn the_socket_is_named_by_its_path_or_its_address() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(WRITER_ID);
    let path = api.socket();
    let path = path.to_str().expect("UTF-8");
    for socket in [
        path.to_owned(),
        format!("unix:{path}"),
        format!("unix://{path}"),
    ] {
        let source = SpiffeSource::new(socket, id(SERVER_ID));
        connected(DatasvcOptions::new(fleet.server.address(), source)).await;
    }
}

#[tokio::test]
async fn a_server_with_another_spiffe_id_is_refused() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(WRITER_ID);
    for other in [
        "spiffe://example.org/services/other",
        "spiffe://example.org/services/datasvc2",
        "spiffe://example.org",
    ] {
        let source = SpiffeSource::new(api.socket(), id(other));
        let options = DatasvcOptions::new(fleet.server.address(), source);
        let error = DatasvcStore::connect(options).await.unwrap_err();
        assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{other}");
        assert!(!error.is_outage());
    }
}

#[tokio::test]
async fn a_server_with_the_name_alone_or_with_more_uris_is_refused() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(WRITER_ID);
    for request in [
        CertificateRequest::subject("CN=datasvc").with_address([127, 0, 0, 1]),
        CertificateRequest::spiffe(SERVER_ID).with_uri("spiffe://example.org/other"),
        CertificateRequest::spiffe(SERVER_ID).expired(),
    ] {
        fleet.server.set_certificate(&fleet.authority, &request);
        let error = DatasvcStore::connect(fleet.options(&api))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{request:?}");
    }
}

#[tokio::test]
async fn a_server_with_the_right_id_of_a_stranger_is_refused() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(WRITER_ID);
    let request = CertificateRequest::spiffe(SERVER_ID);
    fleet.server.set_certificate(&Authority::new(), &request);
    let error = DatasvcStore::connect(fleet.options(&api))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");
}

#[tokio::test]
async fn a_server_of_another_trust_domain_is_checked_by_that_domains_bundle() {
    const FOREIGN: &str = "spiffe://other.example/services/datasvc";
    let fleet = SpiffeFleet::new();
    let foreign = Authority::new();
    let request = CertificateRequest::spiffe(FOREIGN);
    fleet.server.set_certificate(&foreign, &request);
    let api = fleet.api(WRITER_ID);
    let options = DatasvcOptions::new(
        fleet.server.address(),
        SpiffeSource::new(api.socket(), id(FOREIGN)),
    );
    let error = DatasvcStore::connect(options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");

    api.federate("other.example", &foreign);
    let store = connected(options.clone()).await;
    store.put(&KEY, "a".into()).await.expect("a put");

    // The own domain's authority does not speak for the other domain.
    fleet.server.set_certificate(&fleet.authority, &request);
    let error = DatasvcStore::connect(options).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");
}

#[tokio::test]
async fn an_identity_of_another_trust_domain_than_the_one_that_is_meant_is_not_used() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(WRITER_ID);
    let source = || SpiffeSource::new(api.socket(), id(SERVER_ID));
    let options = |source| DatasvcOptions::new(fleet.server.address(), source);
    connected(options(source().with_trust_domain("example.org"))).await;
    connected(options(source().with_trust_domain("spiffe://example.org"))).await;
    let other = options(source().with_trust_domain("other.example"));
    let error = DatasvcStore::connect(other).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");
}

#[tokio::test]
async fn a_workload_without_an_identity_is_denied() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(WRITER_ID);
    api.deny();
    let error = DatasvcStore::connect(fleet.options(&api))
        .await
        .unwrap_err();
    assert_eq!(
        denial(&error),
        (None, Some("an X.509 SVID of the Workload API"))
    );
}

#[tokio::test]
async fn a_workload_api_that_is_not_there_is_an_outage() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(WRITER_ID);
    api.stop();
    let error = DatasvcStore::connect(fleet.options(&api))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Unavailable);
    assert_eq!(error.operation(), Operation::Connect);
}

/// Makes connections until the data service sees an identity.
async fn until_seen_as(fleet: &SpiffeFleet, store: &DatasvcStore, identity: &str) {
    let seen = async {
        while store.identity().as_deref() != Some(identity) {
            fleet.server.restart();
            drop(store.get(&KEY).await);
        }
    };
    timeout(PATIENCE, seen)
        .await
        .expect("the new identity is used");
}

#[tokio::test]
async fn a_new_identity_is_used_by_new_connections_and_a_watch_goes_on() {
    let fleet = SpiffeFleet::new();
    fleet.server.set(&KEY, "a");
    let api = fleet.api(READER_ID);
    let store = fleet.store(&api).await;
    let mut watch = store.watch(&KEY).await.expect("a watch");
    tells(&mut watch, "a").await;

    api.rotate(&fleet.authority, WRITER_ID);
    fleet.server.set(&KEY, "b");
    tells(&mut watch, "b").await;
    let error = store.put(&KEY, "c".into()).await.unwrap_err();
    assert_eq!(denial(&error).0, Some(READER_ID), "the connection stays");

    until_seen_as(&fleet, &store, WRITER_ID).await;
    store.put(&KEY, "c".into()).await.expect("a put");
    let writes = fleet.server.recording().writes();
    let identity = writes.last().and_then(|write| write.identity.as_deref());
    assert_eq!(identity, Some(WRITER_ID));
    tells_outage(&mut watch).await;
    tells(&mut watch, "c").await;
}

#[tokio::test]
async fn an_expired_identity_is_denied_until_the_workload_api_gives_a_new_one() {
    let fleet = SpiffeFleet::new();
    let expired = CertificateRequest::spiffe(WRITER_ID).expired();
    let api = fleet.api(READER_ID);
    api.rotate_to(
        &fleet.authority,
        WRITER_ID,
        &fleet.authority.issue(&expired),
    );
    let store = fleet.store(&api).await;
    let error = store.get(&KEY).await.unwrap_err();
    assert_eq!(denial(&error).0, Some(WRITER_ID));

    api.rotate(&fleet.authority, READER_ID);
    until_seen_as(&fleet, &store, READER_ID).await;
    store.get(&KEY).await.expect("a get");
}

#[tokio::test]
async fn a_new_authority_is_trusted_when_the_workload_api_gives_it() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(READER_ID);
    let store = fleet.store(&api).await;
    store.get(&KEY).await.expect("a get");

    let renewed = Authority::new();
    let server = CertificateRequest::spiffe(SERVER_ID);
    fleet.server.set_certificate(&renewed, &server);
    fleet.server.restart();
    let error = store.get(&KEY).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::Malformed, "{error}");

    // The client's own certificate is still of the authority that the server trusts.
    let certificate = fleet
        .authority
        .issue(&CertificateRequest::spiffe(READER_ID));
    api.rotate_to(&renewed, READER_ID, &certificate);
    let trusted = async { while store.get(&KEY).await.is_err() {} };
    timeout(PATIENCE, trusted)
        .await
        .expect("the new authority is trusted");
}

#[tokio::test]
async fn a_workload_api_that_restarts_is_followed_again() {
    let fleet = SpiffeFleet::new();
    let api = fleet.api(READER_ID);
    let store = fleet.store(&api).await;
    api.stop();
    fleet.server.restart();
    store.get(&KEY).await.expect("the last identity is kept");
    api.rotate(&fleet.authority, WRITER_ID);
    api.restart();
    until_seen_as(&fleet, &store, WRITER_ID).await;
    store.put(&KEY, "a".into()).await.expect("a put");
}

#[tokio::test]
async fn a_silent_workload_api_is_not_waited_for_longer_than_for_a_connection() {
    let fleet = SpiffeFleet::new();
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("silent.sock");
    let _silent = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let time = Duration::from_millis(100);
    let source = SpiffeSource::new(&socket, id(SERVER_ID));
    let options = DatasvcOptions::new(fleet.server.address(), source).with_connect_timeout(time);
    let error = DatasvcStore::connect(options).await.unwrap_err();
    assert_eq!(error.kind(), &StoreErrorKind::TimedOut(time));
}
