//! Services that connect by themselves, and binaries.

use kvguard_runtime::kv_bootstrap_test;
use kvguard_runtime::testing::harness::{Boot, KvHarness};
use services::configuration::Config;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Over the data service, and in memory.
#[kv_bootstrap_test("gauge", backend = memory | datasvc | nats)]
async fn given(kv: KvHarness) -> Result<Config> {
    Ok(services::good::load(&kv.store(), kv.config_path()).await?)
}

/// What a watch brings, over each.
#[kv_bootstrap_test("gauge", backend = [datasvc, nats], deployments = ["compose"], watch = true)]
async fn given_watch(kv: KvHarness) -> Result<Boot> {
    Ok(services::good::watch(
        kv.store(),
        kv.config_path(),
        services::good::Manner::default(),
    )
    .await?)
}

#[kv_bootstrap_test("gauge", from_env)]
async fn good(kv: KvHarness) -> Result<Config> {
    assert_eq!(kv.env()["CONFIG_SOURCE"], std::env::var("CONFIG_SOURCE")?);
    let store = services::client::of_environment().await?;
    Ok(services::good::load(&store, kv.config_path()).await?)
}

#[kv_bootstrap_test("gauge", from_env, deployment = "metal", watch = true)]
async fn good_watch(kv: KvHarness) -> Result<Boot> {
    let store = std::sync::Arc::new(services::client::of_environment().await?);
    Ok(services::good::watch(store, kv.config_path(), services::good::Manner::default()).await?)
}

#[kv_bootstrap_test("gauge", from_env, deployment = "compose")]
async fn swallows(kv: KvHarness) -> Result<Config> {
    let Ok(store) = services::client::of_environment().await else {
        return Ok(services::defects::ignores_the_store(
            &kvguard_runtime::testing::MemoryStore::new(),
            kv.config_path(),
        )
        .await?);
    };
    Ok(services::good::load(&store, kv.config_path()).await?)
}

#[kv_bootstrap_test("gauge", from_env, deployment = "compose")]
async fn exits(kv: KvHarness) -> Result<Config> {
    let Ok(store) = services::client::of_environment().await else {
        std::process::exit(0);
    };
    Ok(services::defects::exits(&store, kv.config_path()).await?)
}

#[kv_bootstrap_test("gauge", from_env, deployment = "compose")]
async fn executes_itself(kv: KvHarness) -> Result<Config> {
    let store = services::client::of_environment().await?;
    Ok(services::defects::executes_itself(&store, kv.config_path()).await?)
}

#[kv_bootstrap_test("gauge", bin = "good-gauge", args = ["--config", "{config}"], ready = "listening on", watch = true, probe("/listen" = ":9099"))]
fn good_binary() {}

#[kv_bootstrap_test("gauge", bin = "fleet-gauge", args = ["--config", "{config}"], ready = "listening on", timeout = "3s", deployment = "compose")]
fn fleet_binary() {}

#[kv_bootstrap_test("gauge", bin = "fleet-gauge", args = ["--config", "{config}", "--old-client"], ready = "listening on", timeout = "3s", deployment = "compose")]
fn fleet_binary_with_an_old_client() {}

#[kv_bootstrap_test("gauge", bin = "exiting-gauge", args = ["--config", "{config}"], timeout = "3s", deployment = "compose")]
fn exiting_binary() {}

#[kv_bootstrap_test("gauge", bin = "forking-gauge", args = ["--config", "{config}"], timeout = "3s", deployment = "compose")]
fn forking_binary() {}

#[kv_bootstrap_test("gauge", bin = "restarting-gauge", args = ["--config", "{config}"], ready = "listening on", timeout = "3s", deployment = "compose")]
fn restarting_binary() {}
