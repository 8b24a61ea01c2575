//! The baseline as a fleet meets it: written on the first day, compared on every other one, and never growing unasked.

mod support;

use support::Fleet;

const BASELINE: &str = "kvguard-baseline.toml";
const AGENT: &str = r#"{"identity": "spiffe://acme.test/services/agent", "role": "writer"}"#;

/// A fleet with a grant too low, a grant too few, and one that nobody presents.
fn drifted(name: &str) -> Fleet {
    let fleet = Fleet::new(name);
    fleet.replace("store.json", AGENT, &AGENT.replace("writer", "reader"));
    fleet.replace("store.json", "services/worker", "retired/press-17");
    fleet
}

fn with_baseline(name: &str) -> Fleet {
    let fleet = drifted(name);
    assert_eq!(fleet.check().code, Some(1));
    fleet.run(&["baseline"]).assert_clean();
    fleet.check().assert_clean();
    fleet
}

#[test]
fn after_the_first_day_only_a_new_drift_is_reported() {
    let fleet = with_baseline("new drift");
    let before = fleet.check();
    assert_eq!(before.found(), [] as [&str; 0]);
    assert!(
        before.output.contains("findings allowed, not reported: ")
            && before
                .output
                .contains(" by baseline (--show-allowed lists them)"),
        "{}",
        before.text()
    );
    fleet.replace("store.json", "services/api", "services/apy");
    let after = fleet.check();
    assert_eq!(after.code, Some(1), "{}", after.text());
    let found = after.found();
    assert!(
        found.len() == 1 && found[0].contains("services/api`"),
        "{}",
        after.text()
    );
}

#[test]
fn show_allowed_lists_what_is_not_reported_and_by_what() {
    let fleet = with_baseline("show allowed");
    let run = fleet.run(&["check", "--show-allowed"]);
    run.assert_clean();
    let baseline = String::from_utf8(fleet.read(BASELINE)).unwrap();
    let entries = baseline.matches("[[finding]]").count();
    let lines = run.output.lines();
    let listed = lines.filter(|line| line.starts_with("allowed[KV")).count();
    assert_eq!(listed, entries, "{}", run.text());
    assert!(
        run.output
            .contains("  by baseline at kvguard-baseline.toml:"),
        "{}",
        run.text()
    );
    // An entry of the baseline has no reason; an empty line parts the list from what follows.
    let by = run.output.lines().filter(|line| line.starts_with("  by "));
    assert!(by.clone().count() == entries && by.clone().all(|line| !line.ends_with(": ")));
    assert!(run.output.contains("\n\nkvguard: ok"), "{}", run.text());
}

#[test]
fn what_is_mended_has_to_be_removed() {
    let fleet = with_baseline("mended");
    fleet.run(&["baseline", "--check"]).assert_clean();
    fleet.replace("store.json", &AGENT.replace("writer", "reader"), AGENT);
    fleet.check().assert_clean();
    let check = fleet.run(&["baseline", "--check"]);
    assert_eq!(check.code, Some(1), "{}", check.text());
    assert!(
        check
            .output
            .contains("no longer found: insufficient-role of agent in compose"),
        "{}",
        check.text()
    );
    assert!(
        check.output.contains("`cargo kvguard baseline --prune`"),
        "{}",
        check.text()
    );
    fleet.run(&["baseline", "--prune"]).assert_clean();
    fleet.run(&["baseline", "--check"]).assert_clean();
    fleet.check().assert_clean();
    // The drift is no longer known.
    fleet.replace("store.json", AGENT, &AGENT.replace("writer", "reader"));
    assert_eq!(fleet.check().code, Some(1));
}

#[test]
fn an_empty_baseline_is_removed() {
    let fleet = with_baseline("emptied");
    fleet.replace("store.json", &AGENT.replace("writer", "reader"), AGENT);
    fleet.replace("store.json", "retired/press-17", "services/worker");
    fleet.run(&["baseline", "--prune"]).assert_clean();
    assert!(!fleet.path(BASELINE).exists());
    fleet.run(&["baseline", "--check"]).assert_clean();
    // Nothing is found, so that none is written.
    fleet.run(&["baseline"]).assert_clean();
    assert!(!fleet.path(BASELINE).exists());
}

#[test]
fn it_grows_only_on_demand_and_with_a_reason() {
    let fleet = with_baseline("grows");
    let before = fleet.read(BASELINE);
    fleet.replace("store.json", "services/api", "services/apy");
    let again = fleet.run(&["baseline"]);
    assert_eq!(again.code, Some(1), "{}", again.text());
    assert!(
        again.output.contains("new: ") && again.output.contains("baseline --accept REASON"),
        "{}",
        again.text()
    );
    assert_eq!(fleet.read(BASELINE), before);
    assert_eq!(fleet.run(&["baseline", "--accept", " "]).code, Some(2));
    assert_eq!(fleet.read(BASELINE), before);
    fleet
        .run(&["baseline", "--accept", "lands with the next release"])
        .assert_clean();
    fleet.check().assert_clean();
    let after = String::from_utf8(fleet.read(BASELINE)).unwrap();
    assert!(
        after.contains("reason = \"lands with the next release\""),
        "{after}"
    );
}

#[test]
fn accept_adds_only_what_is_asked_for() {
    let fleet = with_baseline("scoped");
    fleet.replace("store.json", "services/api", "services/apy");
    fleet
        .run(&["baseline", "--accept", "later", "--service", "agent"])
        .assert_clean();
    assert_eq!(fleet.check().code, Some(1));
    fleet
        .run(&["baseline", "--accept", "later", "--service", "api"])
        .assert_clean();
    fleet.check().assert_clean();
}

#[test]
fn moved_lines_and_another_order_change_nothing() {
    let fleet = with_baseline("moved");
    for file in support::fleet_files() {
        let text = String::from_utf8(fleet.read(&file)).unwrap();
        fleet.write(&file, format!("\n\n\n{text}"));
    }
    // The registry's list and the table's, from the last to the first.
    let mut registry: serde_json::Value =
        serde_json::from_slice(&fleet.read("registry.json")).unwrap();
    let services = registry
        .as_object_mut()
        .and_then(|root| root.values_mut().find(|value| value.is_array()));
    match services {
        Some(services) => services.as_array_mut().unwrap().reverse(),
        None => registry.as_array_mut().unwrap().reverse(),
    }
    fleet.write("registry.json", registry.to_string());
    fleet.check().assert_clean();
    fleet.run(&["baseline", "--check"]).assert_clean();
}

#[test]
fn nothing_is_written_while_something_cannot_be_checked() {
    let fleet = drifted("not checked");
    fleet.remove("store.json");
    let run = fleet.run(&["baseline"]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    assert!(!fleet.path(BASELINE).exists());

    let fleet = with_baseline("not checked later");
    let before = fleet.read(BASELINE);
    fleet.remove("store.json");
    for arguments in [
        &["baseline", "--prune"][..],
        &["baseline", "--check"],
        &["baseline", "--accept", "later"],
    ] {
        assert_eq!(fleet.run(arguments).code, Some(2), "{arguments:?}");
        assert_eq!(fleet.read(BASELINE), before, "{arguments:?}");
    }
}

#[test]
fn a_baseline_that_is_not_understood_fails_the_check() {
    for (text, why) in [
        ("version = 2\n", "reads version 1"),
        ("[[finding]]\nrule = \"missing-grant\"\n", "lacks `version`"),
        (
            "version = 1\n[[finding]]\nrule = \"mising-grant\"\n",
            "did you mean `missing-grant`?",
        ),
        (
            "version = 1\n[[finding]]\nrule = \"missing-grant\"\nservices = \"a\"\n",
            "did you mean `service`?",
        ),
        (
            "version = 1\n[[finding]]\nrule = \"missing-grant\"\n[[finding]]\nrule = \"missing-grant\"\n",
            "listed twice",
        ),
        ("version = \n", "the baseline"),
        ("", "the baseline lacks `version`"),
    ] {
        let fleet = Fleet::new("bad baseline");
        fleet.write(BASELINE, text);
        let run = fleet.check();
        assert_eq!(run.code, Some(2), "{text}\n{}", run.text());
        assert!(run.text().contains(why), "{text}\n{}", run.text());
    }
}

#[test]
fn expired_exceptions_are_not_accepted() {
    let fleet = drifted("expired");
    let policy = String::from_utf8(fleet.read("kvguard.toml")).unwrap();
    let allow = "\n[[allow]]\nrule = \"missing-grant\"\nservice = \"worker\"\nreason = \"lands next week\"\nexpires = 2001-01-01\n";
    fleet.write("kvguard.toml", format!("{policy}{allow}"));
    fleet.run(&["baseline"]).assert_clean();
    let run = fleet.check();
    assert_eq!(run.code, Some(1), "{}", run.text());
    let found = run.found();
    assert!(
        found.len() == 1 && found[0].contains("KV602"),
        "{}",
        run.text()
    );
}

#[test]
fn only_additions_can_be_limited_to_a_part_of_the_fleet() {
    let fleet = with_baseline("limited");
    let before = fleet.read(BASELINE);
    for action in ["--prune", "--check"] {
        let run = fleet.run(&["baseline", action, "--deployment", "systemd"]);
        assert_eq!(run.code, Some(2), "{}", run.text());
        assert_eq!(fleet.read(BASELINE), before, "{action}");
    }
}

#[test]
fn what_lies_behind_a_fault_of_a_file_is_kept_and_the_fault_is_not_accepted() {
    let fleet = with_baseline("fault");
    let before = fleet.read(BASELINE);
    fleet.replace("store.json", "\"rbac\": {", "\"rbac\": {,");
    assert_eq!(fleet.check().code, Some(1));
    let check = fleet.run(&["baseline", "--check"]);
    assert_eq!(check.code, Some(0), "{}", check.text());
    assert!(
        check.output.contains("not compared and kept"),
        "{}",
        check.text()
    );
    fleet.run(&["baseline", "--prune"]).assert_clean();
    assert_eq!(fleet.read(BASELINE), before);
    let accept = fleet.run(&["baseline", "--accept", "later"]);
    assert_eq!(accept.code, Some(2), "{}", accept.text());
    assert!(
        accept.errors.contains("is not accepted"),
        "{}",
        accept.text()
    );
    assert_eq!(fleet.read(BASELINE), before);
}
