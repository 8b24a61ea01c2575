//! Reads a gauge, and sends its readings.

use std::process::ExitCode;

use kvguard_runtime::{Bootstrap, KvService};
use station_agent::{Configuration, Sensor, Uplink};

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
