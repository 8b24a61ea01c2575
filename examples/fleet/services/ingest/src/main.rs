//! Takes in the readings of the river gauges.

use std::process::ExitCode;

use kvguard_runtime::{Bootstrap, KvFields, KvService, kv_service};
use serde::Deserialize;

/// What the service reads.
#[kv_service("ingest")]
#[derive(Deserialize)]
struct Configuration {
    listen_address: String,
    stream: Stream,
    max_batch: u32,
}

#[derive(Deserialize, KvFields)]
struct Stream {
    name: String,
    #[serde(default)]
    token: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let bootstrap = Bootstrap::<Configuration>::from_env(Configuration::DESCRIPTOR)
        .map(|bootstrap| bootstrap.with_file(running::config_path("/etc/brook/ingest.json")));
    running::run(bootstrap, describe).await
}

fn describe(configuration: &Configuration) -> String {
    let Configuration {
        listen_address,
        stream: Stream { name, token },
        max_batch,
    } = configuration;
    let login = if token.is_empty() {
        "no token"
    } else {
        "a token"
    };
    format!("listens on {listen_address}, sends {max_batch} at once to `{name}` with {login}")
}
