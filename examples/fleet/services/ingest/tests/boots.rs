//! The service boots from the store in every deployment, and so does its binary as it is.

use ingest::Configuration;
use kvguard_runtime::testing::harness::{Boot, KvHarness};
use kvguard_runtime::{Bootstrap, BootstrapError, kv_bootstrap_test};

#[kv_bootstrap_test("ingest", backend = memory | datasvc | nats, watch = true)]
async fn boots(kv: KvHarness) -> Result<Boot, BootstrapError> {
    let bootstrap = Bootstrap::<Configuration>::of_service()
        .with_store(kv.store())
        .with_file(kv.config_path());
    let loaded = bootstrap.load().await?;
    let updates = bootstrap.watch(&loaded).await?;
    Ok(Boot::new(&loaded.config).with_bootstrap_updates(updates))
}

#[kv_bootstrap_test("ingest", bin = "ingest", args = ["--config", "{config}"], ready = "(from ", probe("/max_batch" = 321))]
fn starts() {}
