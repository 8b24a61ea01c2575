//! The service runs against a data service and a NATS server, with a key of its own station.

#[path = "../../../shared/support/mod.rs"]
mod support;

use kvguard_runtime::Key;
use kvguard_runtime::testing::Role;

use support::{Datasvc, Environment, Nats, Service, file};

const KEY: Key = Key::from_static("stations/linz-1/agent.toml");
const FROM_STORE: &str = "reads its ultrasonic sensor every 60 s, 12 cm off, and sends to ingest.brook.example:7420 with no key \
                          (from the store)";

fn start(station: &str, environment: &Environment) -> Service {
    let config = file("station-agent.toml");
    Service::start(
        env!("CARGO_BIN_EXE_station-agent"),
        &["--config", &config, "--station", station],
        environment,
    )
}

#[test]
fn each_station_seeds_and_follows_its_own_key() {
    let datasvc = Datasvc::start("station-agent", "writer");
    let mut service = start("linz-1", &datasvc.mtls());
    assert_eq!(service.line(), FROM_STORE);
    let seed = datasvc.text(&KEY);
    assert!(
        seed.contains("poll_seconds = 60") && !seed.contains("key"),
        "{seed}"
    );
    datasvc.server.set(&KEY, "poll_seconds = 5\n");
    assert_eq!(service.line(), FROM_STORE.replace("60 s", "5 s"));
    assert!(service.end().0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_against_a_nats_server() {
    let Some(nats) = Nats::start(Role::Writer).await else {
        return;
    };
    let environment = nats.environment();
    let line = tokio::task::spawn_blocking(move || start("linz-1", &environment).line());
    assert_eq!(line.await.unwrap(), FROM_STORE);
    assert!(nats.text(&KEY).await.contains("poll_seconds = 60"));
}

#[test]
fn a_station_without_a_name_or_with_that_of_another_place_does_not_start() {
    let datasvc = Datasvc::start("station-agent", "writer");
    for station in ["", "../archive"] {
        let (is_well, log) = start(station, &datasvc.mtls()).end();
        assert!(!is_well);
        assert!(log.contains("`station_id` makes no valid key"), "{log}");
    }
}
