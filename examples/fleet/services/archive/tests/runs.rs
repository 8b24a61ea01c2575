//! The service runs against a data service, with a password that the environment supplies.

#[path = "../../../shared/support/mod.rs"]
mod support;

use kvguard_runtime::Key;
use kvguard_runtime::testing::Role;

use support::{Datasvc, Environment, Nats, Service, file};

const KEY: Key = Key::from_static("config/archive.json");
const PASSWORD: &str = "canary-password";
const FROM_STORE: &str = "keeps readings compressed for 3650d in `readings` at archive-db as archive, whose password has 15 \
                          letters (from the store)";

fn start(environment: &Environment) -> Service {
    let config = file("archive.json");
    Service::start(
        env!("CARGO_BIN_EXE_archive"),
        &["--config", &config],
        environment,
    )
}

fn runs(mut environment: Environment) {
    environment.push(("DATABASE_PASSWORD", PASSWORD.to_owned()));
    let mut service = start(&environment);
    assert_eq!(service.line(), FROM_STORE);
    let (is_well, log) = service.end();
    assert!(is_well && !log.contains(PASSWORD), "{log}");
}

#[test]
fn the_password_of_the_environment_is_used_and_never_stored() {
    let datasvc = Datasvc::start("archive", "writer");
    runs(datasvc.mtls());
    let seed = datasvc.text(&KEY);
    assert!(
        seed.contains("archive-db") && !seed.contains("password"),
        "{seed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_against_a_nats_server() {
    let Some(nats) = Nats::start(Role::Writer).await else {
        return;
    };
    let environment = nats.environment();
    tokio::task::spawn_blocking(|| runs(environment))
        .await
        .unwrap();
    let seed = nats.text(&KEY).await;
    assert!(
        seed.contains("archive-db") && !seed.contains("password"),
        "{seed}"
    );
}

#[test]
fn without_the_password_it_does_not_start() {
    let datasvc = Datasvc::start("archive", "writer");
    let (is_well, log) = start(&datasvc.mtls()).end();
    assert!(!is_well);
    assert!(log.contains("`database.password` is empty"), "{log}");
    // It seeds nothing that it could not run with.
    assert!(datasvc.server.value(&KEY).is_none());
}
