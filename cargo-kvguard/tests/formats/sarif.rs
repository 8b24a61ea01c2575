//! SARIF, for code scanning.

use serde_json::Value;

use crate::support::Fleet;
use crate::validators::{SARIF, assert_valid};
use crate::{drifted, incomplete, list, printed};

fn run(fleet: &Fleet) -> Value {
    let log = assert_valid(&SARIF, &printed(fleet, "sarif"), "sarif");
    log["runs"][0].clone()
}

#[test]
fn a_clean_fleet_has_no_result_and_was_checked() {
    let run = run(&Fleet::new("clean"));
    assert_eq!(list(&run["results"]).len(), 0);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["exitCode"], 0);
}

#[test]
fn results_name_their_rule_and_every_rule_is_explained() {
    let run = run(&drifted("drifted"));
    let rules = list(&run["tool"]["driver"]["rules"]);
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        let text = |name: &str| {
            rule[name]["text"]
                .as_str()
                .unwrap_or_default()
                .chars()
                .count()
        };
        assert!((10..=1_024).contains(&text("shortDescription")), "{id}");
        if id.starts_with("KV") {
            assert!((10..=1_024).contains(&text("fullDescription")), "{id}");
            assert!(
                rule["help"]["markdown"]
                    .as_str()
                    .unwrap()
                    .contains("## What to do"),
                "{id}"
            );
            assert!(
                rule["helpUri"]
                    .as_str()
                    .unwrap()
                    .contains(&id.to_lowercase()),
                "{id}"
            );
        }
    }
    let results = list(&run["results"]);
    let of_level = |level: &str| {
        results
            .iter()
            .filter(|result| result["level"] == level)
            .count()
    };
    assert_eq!((of_level("error"), of_level("warning")), (2, 1));
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(list(&result["locations"]).len(), 1);
    }
}

#[test]
fn what_could_not_be_checked_is_an_error_and_no_empty_file() {
    let fleet = incomplete("incomplete");
    let run = run(&fleet);
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 2);
    let notifications = list(&invocation["toolExecutionNotifications"]);
    let failure = notifications
        .iter()
        .find(|one| one["level"] == "error")
        .unwrap();
    assert!(
        failure["message"]["text"]
            .as_str()
            .unwrap()
            .contains("store.json")
    );
    let results = list(&run["results"]);
    let alert = results
        .iter()
        .find(|result| result["ruleId"] == "could-not-check")
        .unwrap();
    assert_eq!(alert["level"], "error");
    assert_eq!(alert["message"], failure["message"]);
    let index = usize::try_from(alert["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(
        run["tool"]["driver"]["rules"][index]["id"],
        "could-not-check"
    );
}

#[test]
fn without_a_readable_policy_there_is_an_error_at_the_policy() {
    for spoil in ["", "no policy = [", "surprise = 1\n"] {
        let fleet = Fleet::new("spoilt policy");
        fleet.write("kvguard.toml", spoil);
        let run = run(&fleet);
        let results = list(&run["results"]);
        assert!(!results.is_empty());
        for result in results {
            assert_eq!(result["ruleId"], "could-not-check");
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "kvguard.toml");
        }
    }
    let fleet = Fleet::new("no policy");
    fleet.remove("kvguard.toml");
    let none = fleet.run(&["check", "--root", ".", "--format", "sarif"]);
    assert_eq!(none.code, Some(2));
    let log = assert_valid(&SARIF, &none.output, "no policy");
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "could-not-check");
}

#[test]
fn what_was_not_judged_is_a_note_with_its_rule() {
    let fleet = Fleet::new("not judged");
    let report = crate::json(&fleet, "json");
    let run = run(&fleet);
    let notifications = list(&run["invocations"][0]["toolExecutionNotifications"]);
    let notes = notifications
        .iter()
        .filter(|one| one["descriptor"]["id"] == "not-judged");
    let codes: Vec<&Value> = notes.map(|note| &note["associatedRule"]["id"]).collect();
    let expected: Vec<&Value> = list(&report["not_judged"])
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(codes, expected);
    assert!(
        !expected.is_empty(),
        "the fleet has to have something that is not judged"
    );
}
