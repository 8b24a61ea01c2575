//! The service boots from the store in every deployment, and so does its binary as it is.

use kvguard_runtime::testing::harness::{Boot, KvHarness};
use kvguard_runtime::{Bootstrap, BootstrapError, kv_bootstrap_test};
use station_agent::Configuration;

#[kv_bootstrap_test("station-agent", backend = memory | datasvc | nats, values(station_id = "linz"), watch = true)]
async fn boots(kv: KvHarness) -> Result<Boot, BootstrapError> {
    let bootstrap = Bootstrap::<Configuration>::of_service()
        .with_store(kv.store())
        .with_file(kv.config_path())
        .with_variable("station_id", kv.variable("station_id").unwrap_or_default());
    let loaded = bootstrap.load().await?;
    let updates = bootstrap.watch(&loaded).await?;
    Ok(Boot::new(&loaded.config).with_bootstrap_updates(updates))
}

#[kv_bootstrap_test(
    "station-agent",
    bin = "station-agent",
    args = ["--config", "{config}", "--station", "linz"],
    ready = "(from ",
    values(station_id = "linz"),
    probe("/poll_seconds" = 321)
)]
fn starts() {}
