//! The service runs against a data service in which it may only read.

#[path = "../../../shared/support/mod.rs"]
mod support;

use kvguard_runtime::testing::Role;
use kvguard_runtime::{Key, KvStore as _};

use support::{Datasvc, Environment, Nats, Service, file};

const KEY: Key = Key::from_static("config/dashboard.yaml");

fn start(environment: &Environment) -> Service {
    let config = file("dashboard.yaml");
    Service::start(
        env!("CARGO_BIN_EXE_dashboard"),
        &["--config", &config],
        environment,
    )
}

fn shown(title: &str, source: &str) -> String {
    format!("shows `{title}` around 48.21, 16.37 at zoom 9, anew every 30s (from {source})")
}

#[test]
fn it_shows_what_the_operators_set_and_writes_nothing() {
    let datasvc = Datasvc::start("dashboard", "reader");
    datasvc.server.set(&KEY, "title: Upper Brook\n");
    let mut service = start(&datasvc.mtls());
    assert_eq!(service.line(), shown("Upper Brook", "the store"));
    datasvc.server.set(&KEY, "title: Lower Brook\n");
    assert_eq!(service.line(), shown("Lower Brook", "the store"));
    assert!(service.end().0);
    assert_eq!(datasvc.server.recording().writes(), []);
}

#[test]
fn without_a_key_it_shows_its_file_says_so_and_writes_nothing() {
    let datasvc = Datasvc::start("dashboard", "reader");
    let mut service = start(&datasvc.mtls());
    assert_eq!(service.line(), shown("River levels", "the file, degraded"));
    datasvc.server.set(&KEY, "title: Brook\n");
    assert_eq!(service.line(), shown("Brook", "the store"));
    let (is_well, log) = service.end();
    assert!(
        is_well && log.contains("kv key missing, file in use"),
        "{log}"
    );
    assert_eq!(datasvc.server.recording().writes(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_against_a_nats_server() {
    let Some(nats) = Nats::start(Role::Reader).await else {
        return;
    };
    let operator = &nats.operator;
    operator.put(&KEY, "title: Brook\n".into()).await.unwrap();
    let environment = nats.environment();
    let line = tokio::task::spawn_blocking(move || start(&environment).line());
    assert_eq!(line.await.unwrap(), shown("Brook", "the store"));
}
