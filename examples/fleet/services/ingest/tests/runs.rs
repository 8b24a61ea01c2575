//! The service runs against a data service and a NATS server, and never goes on with its file in silence.

#[path = "../../../shared/support/mod.rs"]
mod support;

use kvguard_runtime::testing::Role;
use kvguard_runtime::{Key, KvStore as _};

use support::{Datasvc, Environment, Nats, Service, file};

const KEY: Key = Key::from_static("config/ingest.json");
const FROM_STORE: &str =
    "listens on 0.0.0.0:7420, sends 500 at once to `readings` with no token (from the store)";

fn start(environment: &Environment) -> Service {
    let config = file("ingest.json");
    Service::start(
        env!("CARGO_BIN_EXE_ingest"),
        &["--config", &config],
        environment,
    )
}

fn seeds_and_follows(environment: &Environment, text: impl Fn() -> String, set: impl Fn(&str)) {
    let mut service = start(environment);
    assert_eq!(service.line(), FROM_STORE);
    let seed = text();
    assert!(
        seed.contains("readings") && !seed.contains("token"),
        "{seed}"
    );
    set(r#"{"max_batch": "many"}"#);
    set(r#"{"max_batch": 20}"#);
    assert_eq!(service.line(), FROM_STORE.replace("500", "20"));
    let (is_well, log) = service.end();
    assert!(is_well, "{log}");
    for event in ["kv key seeded", "kv overlay applied", "KV update detected"] {
        assert!(log.contains(event), "{log}");
    }
}

#[test]
fn against_the_data_service_with_certificates_in_files() {
    let datasvc = Datasvc::start("ingest", "writer");
    seeds_and_follows(
        &datasvc.mtls(),
        || datasvc.text(&KEY),
        |value| datasvc.server.set(&KEY, value),
    );
}

#[test]
fn against_the_data_service_with_an_identity_of_the_workload_api() {
    let datasvc = Datasvc::start("ingest", "writer");
    let (environment, _api) = datasvc.spiffe();
    seeds_and_follows(
        &environment,
        || datasvc.text(&KEY),
        |value| datasvc.server.set(&KEY, value),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn against_a_nats_server() {
    let Some(nats) = Nats::start(Role::Writer).await else {
        return;
    };
    tokio::task::block_in_place(|| {
        seeds_and_follows(
            &nats.environment(),
            || tokio::runtime::Handle::current().block_on(nats.text(&KEY)),
            |value| {
                tokio::runtime::Handle::current()
                    .block_on(nats.operator.put(&KEY, value.into()))
                    .unwrap();
            },
        );
    });
}

#[test]
fn a_grant_that_is_missing_is_told_and_the_service_ends() {
    // A role that does not exist grants nothing.
    let datasvc = Datasvc::start("ingest", "admin");
    let (is_well, log) = start(&datasvc.mtls()).end();
    assert!(!is_well);
    assert!(
        log.contains("permission denied for `CN=ingest.brook.example,O=Brook River Watch`"),
        "{log}"
    );
}

#[test]
fn an_outage_is_told_and_the_service_ends() {
    let datasvc = Datasvc::start("ingest", "writer");
    datasvc.server.stop();
    let (is_well, log) = start(&datasvc.mtls()).end();
    assert!(!is_well);
    assert!(log.contains("the store cannot be reached"), "{log}");
}

#[test]
fn an_environment_that_is_half_set_is_told_and_the_service_ends() {
    let (is_well, log) = start(&vec![("KV_ADDRESS", "store:1".to_owned())]).end();
    assert!(!is_well);
    assert!(log.contains("`CONFIG_SOURCE` is missing"), "{log}");
}

#[test]
fn without_a_store_it_reads_its_file_and_says_so() {
    let mut service = start(&Environment::new());
    assert_eq!(service.line(), FROM_STORE.replace("the store", "the file"));
    assert!(service.end().0);
}
