//! What changed since the run before.

use serde_json::json;

use super::stage::Stage;
use crate::support::{Backend, Stand, assert_no_secret};

/// The sentences that begin with `changed: `.
fn changes(run: &crate::support::Run) -> Vec<&str> {
    let lines = run.output.lines();
    lines
        .filter_map(|line| line.strip_prefix("changed: "))
        .collect()
}

#[test]
fn just_the_key_the_field_and_the_service_that_changed_are_named() {
    for backend in [Backend::NatsTls, Backend::DatasvcSpiffe] {
        let stage = Stage::new(Stand::seeded(backend));
        stage.stand.delete("config/billing.yaml");
        stage
            .watchdog()
            .run()
            .assert_code(1)
            .assert_codes(&["KV701"]);

        stage.stand.seed();
        let meter = stage.stand.get("config/gateway.json").unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&meter).unwrap();
        value["listen_addr"] = json!("0.0.0.0:canary-9");
        stage.stand.put("config/gateway.json", value.to_string());
        stage.log("sensor", "INFO starting\n");
        let run = stage.watchdog().run();
        run.assert_code(1).assert_codes(&["KV711"]);
        run.assert_says("; in the run before there was one");
        let told = changes(&run);
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(
            told[0],
            "key `config/billing.yaml` of service `billing` is new"
        );
        assert!(
            told[1]
                .starts_with("key `config/gateway.json` of service `gateway` holds another value"),
            "{told:?}"
        );
        assert!(told[1].ends_with("; changed: `listen_addr`"), "{told:?}");
        assert_eq!(
            told[2],
            "the log of service `sensor` lacks a required line that it had"
        );
        assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);

        let diff = stage.diff(0, 1).run();
        diff.assert_code(1);
        assert_eq!(diff.output.lines().collect::<Vec<_>>(), told);
        let diff = stage.diff(0, 1).args(["--format", "json"]).run();
        diff.assert_code(1);
        let difference: serde_json::Value = serde_json::from_str(&diff.output).unwrap();
        let billing = json!([{"key": "config/billing.yaml", "service": "billing"}]);
        assert_eq!(difference["keys_added"], billing);
        let listen = json!([{"path": "listen_addr", "types": ["string", "string"]}]);
        assert_eq!(difference["keys_changed"][0]["fields_changed"], listen);
        assert_eq!(difference["fell_silent"], json!(["sensor"]));
        assert_no_secret(&stage.stand, &diff, &[]);
    }
}

#[test]
fn a_run_without_a_change_names_none() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let first = stage.watchdog().run();
    first
        .assert_code(0)
        .assert_says("not checked: what changed, as there is no earlier whole run");
    let second = stage.watchdog().run();
    second.assert_code(0).assert_silent_about("what changed");
    assert_eq!(changes(&second), [""; 0]);
    stage
        .diff(0, 1)
        .run()
        .assert_code(0)
        .assert_says("nothing is otherwise");
}

#[test]
fn what_is_no_run_is_not_compared() {
    let stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    stage.watchdog().run().assert_code(0);
    let run = &stage.runs()[0];
    let nothing = stage.artifacts().join("nothing");
    let diff = crate::support::Command::new("diff", stage.artifacts())
        .args([run, &nothing])
        .run();
    diff.assert_code(2)
        .assert_says("is not the snapshot of a run");
    std::fs::write(run.join("snapshot.json"), "{\"version\": 99}").unwrap();
    let diff = crate::support::Command::new("diff", stage.artifacts())
        .args([run, run])
        .run();
    diff.assert_code(2).assert_says("its `version` must be 1");
    // Nor does a damaged run go unnoticed by the next one.
    let next = stage.watchdog().run();
    next.assert_code(2)
        .assert_says("is not the snapshot of a run");
}
