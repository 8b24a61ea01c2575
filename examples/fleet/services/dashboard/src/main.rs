//! Shows the river levels.

use std::process::ExitCode;

use kvguard_runtime::{Bootstrap, KvFields, KvService, OnMissing, kv_service};
use serde::Deserialize;

/// What the service reads.
#[kv_service("dashboard")]
#[derive(Deserialize)]
struct Configuration {
    title: String,
    map: Map,
    refresh: String,
}

#[derive(Deserialize, KvFields)]
struct Map {
    center: String,
    zoom: u8,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // It may only read: the operators seed its key.
    let bootstrap =
        Bootstrap::<Configuration>::from_env(Configuration::DESCRIPTOR).map(|bootstrap| {
            bootstrap
                .with_file(running::config_path("/etc/brook/dashboard.yaml"))
                .on_missing(OnMissing::UseFile)
        });
    running::run(bootstrap, describe).await
}

fn describe(configuration: &Configuration) -> String {
    let Configuration {
        title,
        map: Map { center, zoom },
        refresh,
    } = configuration;
    format!("shows `{title}` around {center} at zoom {zoom}, anew every {refresh}")
}
