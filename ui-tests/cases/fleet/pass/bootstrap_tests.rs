//! What is only for tests is not there without them.

use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd")]
async fn boots(kv: KvHarness) -> Result<Config, Error> {
    load(kv)
}

#[kv_bootstrap_test(
    "trapd",
    deployments = ["compose"],
    backend = memory | datasvc | nats,
    skip(applies_watch_update, reason = "it does not watch"),
    skip(initial_value_is_no_update, reason = "it does not watch", until = "2999-12-31"),
    probe("/listen" = ":163", "/database/host" = "other"),
    timeout = "10s",
    flavor = "multi_thread",
    worker_threads = 2,
    on_outage = fail,
    watch = false,
    crate = ::kvguard_runtime
)]
async fn boots_with_all_arguments(kv: KvHarness) -> Config {
    load(kv)
}

#[kv_bootstrap_test("trapd", from_env)]
async fn boots_by_itself(kv: KvHarness) -> Config {
    load(kv)
}

#[kv_bootstrap_test("trapd", bin = "trapd", args = ["--config", "{config}"], ready = "listening")]
fn boots_as_a_binary() {}

fn main() {}
