//! The service boots from the store in every deployment, and so does its binary as it is.

use archive::{Configuration, password};
use kvguard_runtime::testing::harness::{Boot, KvHarness};
use kvguard_runtime::{Bootstrap, BootstrapError, kv_bootstrap_test};

#[kv_bootstrap_test("archive", backend = memory | datasvc | nats, watch = true)]
async fn boots(kv: KvHarness) -> Result<Boot, BootstrapError> {
    // systemd's credential is in no file of the fleet.
    let password = password().unwrap_or_else(|| "of this test".to_owned());
    let bootstrap = Bootstrap::<Configuration>::of_service()
        .with_store(kv.store())
        .with_file(kv.config_path())
        .with_supplied("database.password", password);
    let loaded = bootstrap.load().await?;
    let updates = bootstrap.watch(&loaded).await?;
    Ok(Boot::new(&loaded.config).with_bootstrap_updates(updates))
}

// Not as systemd's unit, whose credential is in no file of the fleet.
#[kv_bootstrap_test("archive", deployments = ["compose", "lower-river", "upper-river", "chart-lower", "chart-upper"], bin = "archive", args = ["--config", "{config}"], ready = "(from ", probe("/retention" = "99d"))]
fn starts() {}
