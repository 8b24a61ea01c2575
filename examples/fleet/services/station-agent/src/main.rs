//! Reads a gauge, and sends its readings.

use std::process::ExitCode;

use kvguard_runtime::{Bootstrap, KvFields, KvService, kv_service};
use serde::Deserialize;

/// What the service reads.
#[kv_service("station-agent")]
#[derive(Deserialize)]
struct Configuration {
    poll_seconds: u32,
    uplink: Uplink,
    sensor: Sensor,
}

#[derive(Deserialize, KvFields)]
struct Uplink {
    address: String,
    #[serde(default)]
    key: String,
}

#[derive(Deserialize, KvFields)]
struct Sensor {
    kind: String,
    offset_cm: i32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let station = running::argument("--station").unwrap_or_default();
    let bootstrap =
        Bootstrap::<Configuration>::from_env(Configuration::DESCRIPTOR).map(|bootstrap| {
            bootstrap
                .with_file(running::config_path("/etc/brook/station-agent.toml"))
                .with_variable("station_id", station)
        });
    running::run(bootstrap, describe).await
}

fn describe(configuration: &Configuration) -> String {
    let Configuration {
        poll_seconds,
        uplink: Uplink { address, key },
        sensor: Sensor { kind, offset_cm },
    } = configuration;
    let login = if key.is_empty() { "no key" } else { "a key" };
    format!(
        "reads its {kind} sensor every {poll_seconds} s, {offset_cm} cm off, and sends to {address} with {login}"
    )
}
