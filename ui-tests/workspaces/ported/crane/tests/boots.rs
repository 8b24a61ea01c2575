//! Whether crane boots from the store.

use std::error::Error;

use crane::Config;
use kvguard_runtime::kv_bootstrap_test;
use kvguard_runtime::testing::harness::{Boot, KvHarness};

/// The program as it is.
#[kv_bootstrap_test(
    "crane",
    bin = "crane",
    args = ["{config}"],
    set("/listen_addr" = "127.0.0.1:{port}"),
    probe("/stream_name" = "kvguard-probe"),
    watch = true
)]
fn unchanged() {}

/// The same, with what fails left out until it is mended.
#[kv_bootstrap_test(
    "crane",
    bin = "crane",
    args = ["{config}"],
    set("/listen_addr" = "127.0.0.1:{port}"),
    probe("/stream_name" = "kvguard-probe"),
    watch = true,
    skip(
        outage_is_not_silent,
        reason = "config-bootstrap goes on with the file",
        until = "2999-12-31"
    ),
    skip(
        denied_is_not_silent,
        reason = "config-bootstrap goes on with the file",
        until = "2999-12-31"
    ),
    skip(
        rejects_malformed_value,
        reason = "config-bootstrap does not name the key",
        until = "2999-12-31"
    ),
    skip(
        seeds_missing_key,
        reason = "config-bootstrap seeds JSON with its secrets",
        until = "2999-12-31"
    )
)]
fn recorded() {}

/// What the service loads, and what its watch brings.
#[kv_bootstrap_test("crane", from_env, watch = true)]
async fn loads(kv: KvHarness) -> Result<Boot, Box<dyn Error>> {
    let (config, mut bootstrap) = crane::load(kv.config_path()).await?;
    let boot = Boot::new(&config);
    let Some(watcher) = bootstrap.watch::<Config>().await? else {
        return Ok(boot);
    };
    Ok(
        boot.with_updates(futures_util::stream::unfold(watcher, |mut watcher| async {
            let update = watcher.recv().await?;
            Some((Ok::<Config, String>(update), watcher))
        })),
    )
}
