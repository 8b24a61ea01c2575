//! What `validate` finds.

use kvguard_runtime::NewBucket;
use std::time::Duration;

use crate::support::{Backend, Run, Setup, Stand, assert_no_secret};

/// Runs the command, which must find just this at one place.
#[track_caller]
fn finds(stand: &Stand, code: &str) -> Run {
    let run = stand.command("validate").run();
    run.assert_codes(&[code]);
    assert_no_secret(stand, &run, &[]);
    run
}

pub fn missing_key(backend: Backend) {
    let stand = Stand::seeded(backend);
    stand.delete("config/meter.toml");
    let run = finds(&stand, "KV701");
    run.assert_code(1)
        .assert_says("service `meter`")
        .assert_says("kvguard seed --deployment production --service meter");
    // A key that was never written is found like one that was deleted.
    let never = Stand::new(backend);
    let run = never.command("validate").run();
    run.assert_code(1).assert_codes(&["KV701"; 5]);
}

pub fn unparsable_value(backend: Backend) {
    let stand = Stand::seeded(backend);
    stand.put("config/gateway.json", "{\"listen_addr\": \"canary\",,}");
    let run = finds(&stand, "KV702");
    run.assert_code(1).assert_says("line 1, column");
    stand.put(
        "config/gateway.json",
        stand.fleet.read("templates/gateway.json"),
    );
    stand.put("config/meter.toml", "canary = [");
    finds(&stand, "KV702").assert_says("not valid TOML");
    stand.put(
        "config/meter.toml",
        stand.fleet.read("templates/meter.toml"),
    );
    stand.put("config/billing.yaml", "queue: [canary");
    finds(&stand, "KV702").assert_says("not valid YAML");
}

pub fn missing_field(backend: Backend) {
    let stand = Stand::seeded(backend);
    stand.put(
        "config/gateway.json",
        r#"{"listen_addr": ":8080", "upstream": {"address": ""}, "canary": 1}"#,
    );
    let run = finds(&stand, "KV703");
    run.assert_code(1).assert_says("`upstream.address`");
}

pub fn secret(backend: Backend) {
    let stand = Stand::seeded(backend);
    let text = stand.fleet.read("templates/billing.yaml");
    stand.put(
        "config/billing.yaml",
        text.replace("password: \"\"", "password: canary-secret"),
    );
    let run = finds(&stand, "KV704");
    run.assert_code(1).assert_says("`database.password`");
}

pub fn expiring(backend: Backend) {
    let bucket = NewBucket::new().max_age(Duration::from_secs(86_400));
    let setup = Setup {
        bucket: Some(bucket),
        ..Setup::default()
    };
    let stand = Stand::with(backend, &setup);
    stand.seed();
    finds(&stand, "KV705").assert_code(1);
}

pub fn unowned(backend: Backend) {
    let stand = Stand::seeded(backend);
    // Keys that somebody owns: of another instance, of a service that reads a file, of a template.
    for owned in [
        "sensors/unknown/config.json",
        "config/importer.json",
        "templates/gateway.json",
        "elsewhere/config.json",
    ] {
        stand.put(owned, "{}");
    }
    stand
        .command("validate")
        .run()
        .assert_code(0)
        .assert_codes(&[]);
    stand.put("config/gatewai.json", "{\"greeting\": \"canary\"}");
    let run = finds(&stand, "KV706");
    run.assert_code(0)
        .assert_says("`config/gatewai.json`")
        .assert_says("nearly the key of `gateway`");
    stand.delete("config/gatewai.json");
    stand.command("validate").run().assert_codes(&[]);
}
