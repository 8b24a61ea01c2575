//! What is written to keys that hold nothing.

use super::assert_done;
use crate::support::{Backend, EXPECTED, Stand, assert_no_secret};

/// What is written where the template has secret fields: it without these.
const BILLING: &str = "database:\n  host: db\ngreeting: canary-billing-template\nqueue: invoices\n";

pub fn seeded_once(backend: Backend) {
    let stand = Stand::new(backend);
    let run = stand.command("seed").run();
    run.assert_code(0).assert_codes(&[]);
    for (key, template) in EXPECTED {
        assert_done(&run, "seeded", key);
        let held = stand.get(key).expect("a value");
        match key {
            "config/billing.yaml" => assert_eq!(held, BILLING),
            "config/gateway.json" => assert!(!held.contains("token"), "{held}"),
            _ => assert_eq!(held, stand.fleet.read(template), "byte for byte"),
        }
    }
    assert_no_secret(&stand, &run, &[]);

    let again = stand.command("seed").run();
    again.assert_code(0).assert_codes(&[]);
    again.assert_says("of 5 expected keys 5 already there");
    stand.command("validate").run().assert_code(0);
}

pub fn secret(backend: Backend) {
    let stand = Stand::new(backend);
    let own = r#"{"listen_addr": ":1", "upstream": {"address": "a", "token": "canary-token"}}"#;
    stand.put("config/gateway.json", own);
    let run = stand.command("seed").run();
    run.assert_code(1).assert_codes(&["KV704"]);
    run.assert_says("`upstream.token`");
    assert_done(&run, "already there", "config/gateway.json");
    assert_done(&run, "seeded", "config/meter.toml");
    assert_eq!(stand.get("config/gateway.json").as_deref(), Some(own));
    assert_no_secret(&stand, &run, &[]);
}

pub fn unparsable_value(backend: Backend) {
    let stand = Stand::new(backend);
    stand.put("config/meter.toml", "canary, no TOML");
    let run = stand.command("seed").run();
    run.assert_code(1).assert_codes(&["KV702"]);
    run.assert_says("seed --force");
    assert_no_secret(&stand, &run, &[]);
}

pub fn missing_field(backend: Backend) {
    let stand = Stand::new(backend);
    stand.put("config/meter.toml", "greeting = \"canary\"\n");
    let run = stand.command("seed").run();
    run.assert_code(1).assert_codes(&["KV703"]);
    assert_done(&run, "already there", "config/meter.toml");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn a_deleted_key_is_seeded_anew() {
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let stand = Stand::seeded(backend);
        stand.delete("config/meter.toml");
        let run = stand.command("seed").run();
        run.assert_code(0);
        assert_done(&run, "seeded", "config/meter.toml");
        assert_done(&run, "already there", "config/gateway.json");
        assert!(stand.get("config/meter.toml").is_some());
    }
}

#[test]
fn a_template_with_a_finding_is_refused_and_the_others_are_seeded() {
    type Change = fn(&Stand);
    let cases: [(&str, Change); 5] = [
        ("KV303", |stand| stand.fleet.remove("templates/meter.toml")),
        ("KV304", |stand| {
            stand
                .fleet
                .write("templates/meter.toml", "greeting = canary\n");
        }),
        ("KV305", |stand| {
            stand
                .fleet
                .write("templates/meter.toml", "greeting = \"canary\"\n");
        }),
        ("KV306", |stand| {
            stand.fleet.write(
                "templates/meter.toml",
                "password = \"canary\"\n[server]\naddress = \":1\"\n",
            );
            stand.fleet.replace(
                "registry.json",
                r#""critical_fields": ["server.address"]"#,
                r#""critical_fields": ["server.address"], "secret_fields": ["password"]"#,
            );
        }),
        ("KV310", |stand| {
            let policy = stand.fleet.read("kvguard.toml");
            stand
                .fleet
                .write("kvguard.toml", &format!("max_value = 200\n{policy}"));
            let long = "canary ".repeat(40);
            stand.fleet.write(
                "templates/meter.toml",
                &format!("greeting = \"{long}\"\n[server]\naddress = \":1\"\n"),
            );
        }),
    ];
    for (code, change) in cases {
        let stand = Stand::new(Backend::NatsPlain);
        change(&stand);
        let run = stand.command("seed").run();
        run.assert_code(1).assert_codes(&[code]);
        assert_done(&run, "refused", "config/meter.toml");
        run.assert_says("of 5 expected keys 1 refused, 4 seeded");
        assert_eq!(stand.get("config/meter.toml"), None);
        assert!(stand.get("config/billing.yaml").is_some());
        assert_no_secret(&stand, &run, &[]);
    }
}

#[test]
fn an_allowed_secret_of_a_template_is_taken_out_of_what_is_written() {
    let stand = Stand::new(Backend::NatsPlain);
    stand.fleet.replace(
        "templates/gateway.json",
        r#""token": """#,
        r#""token": "canary-token""#,
    );
    let policy = stand.fleet.read("kvguard.toml");
    let allow = "\n[[allow]]\nrule = \"secret-in-template\"\nservice = \"gateway\"\nreason = \"it is changed with the next release\"\n";
    stand
        .fleet
        .write("kvguard.toml", &format!("{policy}{allow}"));
    let run = stand.command("seed").run();
    run.assert_code(0);
    let held = stand.get("config/gateway.json").expect("a value");
    assert!(!held.contains("canary-token"), "{held}");
    assert!(held.contains("canary-gateway-template"), "{held}");
    assert_no_secret(&stand, &run, &[]);
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_be_written() {
    for backend in [Backend::NatsPlain, Backend::DatasvcMtls] {
        let stand = Stand::new(backend);
        stand.put(
            "config/meter.toml",
            stand.fleet.read("templates/meter.toml"),
        );
        let run = stand.command("seed").arg("--dry-run").run();
        run.assert_code(0).assert_codes(&[]);
        assert_done(&run, "would seed", "config/gateway.json");
        assert_done(&run, "already there", "config/meter.toml");
        assert_eq!(stand.get("config/gateway.json"), None);
        assert_no_secret(&stand, &run, &[]);
    }
}

#[test]
fn only_the_services_that_are_named_and_the_instances_that_are_given_are_seeded() {
    let stand = Stand::new(Backend::NatsPlain);
    let command = stand.command("seed").args(["--service", "sensor"]);
    let run = command.args(["--instance", "sensor_id=s2"]).run();
    run.assert_code(0);
    assert_eq!(
        stand.keys(),
        ["sensors/s1/config.json", "sensors/s2/config.json"]
    );
}

#[test]
fn services_that_share_a_key_seed_it_once_and_replace_it_once() {
    let stand = Stand::new(Backend::NatsPlain);
    let fleet = &stand.fleet;
    fleet.replace(
        "registry.json",
        "config/dashboard.json",
        "config/gateway.json",
    );
    fleet.replace("registry.json", "[\"title\"]", "[]");
    let shared = "\n[[shared_key]]\nservices = [\"gateway\", \"dashboard\"]\nreason = \"one screen\"\n\n[[service.dashboard.template]]\nfile = \"templates/gateway.json\"\n";
    fleet.write("kvguard.toml", &(fleet.read("kvguard.toml") + shared));
    let both = ["--service", "gateway", "--service", "dashboard"];
    let run = stand.command("seed").args(both).run();
    run.assert_code(0);
    run.assert_says("equal to its template");
    assert_eq!(stand.keys(), ["config/gateway.json"]);
    let with_both = stand.get("config/gateway.json");

    // What is secret for the one is so for the other, also where only that is asked for.
    stand.delete("config/gateway.json");
    let run = stand.command("seed").args(&both[2..]).run();
    run.assert_code(0);
    assert_eq!(stand.get("config/gateway.json"), with_both);
    assert!(!with_both.unwrap().contains("token"));

    let own = "{\"listen_addr\": \":9\", \"upstream\": {\"address\": \"canary\"}}";
    stand.put("config/gateway.json", own);
    let command = stand.command("seed").args(both).args(["--force", "--yes"]);
    let run = command.run();
    run.assert_code(0);
    assert_done(&run, "replaced", "config/gateway.json");
    assert_done(&run, "already there", "config/gateway.json");
    assert_no_secret(&stand, &run, &[]);
}
