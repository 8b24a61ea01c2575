//! What the logs must have, and must not have.

use super::stage::{LINE, Stage};
use crate::support::{Backend, Stand, assert_no_secret};

#[test]
fn a_forbidden_line_and_a_missing_one_are_found_by_name() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    stage.log(
        "gateway",
        &format!("{LINE}\nWARN kv STORE not initialized, using the file\n"),
    );
    stage.log("meter", "INFO starting\n");
    let run = stage.watchdog().run();
    run.assert_code(1);
    let codes = run.codes();
    assert_eq!(codes, ["KV711", "KV712"], "{}", run.text());
    run.assert_says("the log of service `meter`");
    run.assert_says("1 line with `KV store not initialized`");
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}

#[test]
fn the_policy_says_the_lines_of_all_services_and_of_one() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let policy = stage.stand.fleet.read("kvguard.toml");
    let own = "[log]\nrequired = [\"Key Read\"]\n\n[service.meter.log]\nrequired = []\n\n";
    stage.stand.fleet.write(
        "kvguard.toml",
        &policy.replacen("[scopes.sensor]", &format!("{own}[scopes.sensor]"), 1),
    );
    for service in ["gateway", "billing", "sensor"] {
        stage.log(service, "key read\n");
    }
    stage.log("meter", "");
    let run = stage.watchdog().run();
    run.assert_code(1).assert_codes(&["KV711"]);
    run.assert_says("the log of service `dashboard`");
}

#[test]
fn a_service_without_a_log_is_a_failure() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    std::fs::remove_file(stage.log_file("billing")).unwrap();
    let run = stage.watchdog().run();
    run.assert_code(2)
        .assert_says("nothing of service `billing` runs: there is no file");
}

#[test]
fn secrets_that_the_store_holds_are_masked_in_the_logs_that_are_kept() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let gateway = stage.stand.get("config/gateway.json").unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&gateway).unwrap();
    value["upstream"]["token"] = serde_json::json!("Canary-token-7");
    stage.stand.put("config/gateway.json", value.to_string());
    stage.log("gateway", &format!("{LINE}\nDEBUG token=Canary-token-7\n"));
    let run = stage.watchdog().run();
    run.assert_code(1);
    let log = std::fs::read_dir(stage.runs()[0].join("logs")).unwrap();
    let log = log.map(|entry| entry.unwrap().path());
    let log = log.filter(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("gateway--")
    });
    let texts: Vec<String> = log
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].contains("DEBUG token=‹masked›"), "{texts:?}");
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}
