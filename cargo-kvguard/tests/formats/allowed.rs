//! Findings that an entry of the policy, a comment or the baseline allows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::Fleet;
use crate::validators::{REPORT, SARIF, assert_junit, assert_valid};
use crate::{drifted, json, list, printed};

/// A drifted fleet, all of whose findings are allowed: one by the policy, one by a comment, the rest by the baseline.
fn allowed() -> Fleet {
    let fleet = drifted("allowed");
    let policy = String::from_utf8(fleet.read("kvguard.toml")).unwrap();
    let entry = "\n[[allow]]\nrule = \"missing-grant\"\nservice = \"worker\"\ndeployment = \"compose\"\nreason = \"it is <new>\"\nexpires = 2999-01-01\n";
    fleet.write("kvguard.toml", policy + entry);
    let run = fleet.run(&["baseline", "--accept", "it was there before"]);
    run.assert_whole();
    let run = fleet.check();
    assert_eq!(run.code, Some(0), "{}", run.text());
    fleet
}

/// The fingerprints in a list of findings.
fn fingerprints(findings: &[Value]) -> BTreeSet<&str> {
    findings
        .iter()
        .map(|finding| finding["fingerprint"].as_str().unwrap())
        .collect()
}

#[test]
fn they_are_in_json_with_what_allows_them_and_their_fingerprints() {
    let before = json(&drifted("before"), "json");
    let fleet = allowed();
    let report = assert_valid(&REPORT, &printed(&fleet, "json"), "json");
    assert_eq!(list(&report["findings"]).len(), 0, "{report}");
    let all: Vec<Value> = list(&report["allowed"])
        .iter()
        .map(|one| one["finding"].clone())
        .collect();
    assert_eq!(report["summary"]["allowed"], all.len());
    assert!(fingerprints(&all).is_superset(&fingerprints(list(&before["findings"]))));
    let entry = list(&report["allowed"])
        .iter()
        .find(|one| one["by"]["kind"] == "entry")
        .unwrap();
    assert_eq!(entry["by"]["reason"], "it is <new>");
    assert_eq!(entry["by"]["until"], "2999-01-01");
    assert_eq!(entry["by"]["locations"][0]["file"], "kvguard.toml");
}

#[test]
fn sarif_leaves_them_out_or_marks_them_as_suppressed_where_they_are_asked_for() {
    let fleet = allowed();
    let log = assert_valid(&SARIF, &printed(&fleet, "sarif"), "sarif");
    assert_eq!(list(&log["runs"][0]["results"]).len(), 0);
    let notes = list(&log["runs"][0]["invocations"][0]["toolExecutionNotifications"]);
    assert!(
        notes
            .iter()
            .any(|note| note["descriptor"]["id"] == "allowed")
    );

    let run = fleet.run(&["check", "--show-allowed", "--format", "sarif"]);
    run.assert_clean();
    let log = assert_valid(&SARIF, &run.output, "sarif");
    let results = list(&log["runs"][0]["results"]);
    let report = json(&fleet, "json");
    let expected = list(&report["allowed"]);
    assert_eq!(results.len(), expected.len());
    for (result, allowed) in results.iter().zip(expected) {
        assert_eq!(list(&result["suppressions"]).len(), 1);
        let suppression = &result["suppressions"][0];
        assert_eq!(suppression["kind"], "external");
        assert_eq!(suppression["justification"], allowed["by"]["reason"]);
        assert_eq!(
            result["partialFingerprints"]["kvguard/v1"],
            allowed["finding"]["fingerprint"]
        );
    }
}

#[test]
fn results_that_nothing_allows_say_so_where_others_are_allowed() {
    let fleet = allowed();
    fleet.replace(
        "store.json",
        r#"services/api", "role": "writer""#,
        r#"services/api", "role": "reader""#,
    );
    let run = fleet.run(&["check", "--show-allowed", "--format", "sarif"]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    let log = assert_valid(&SARIF, &run.output, "sarif");
    let results = list(&log["runs"][0]["results"]).iter();
    let counts: Vec<usize> = results
        .map(|result| result["suppressions"].as_array().unwrap().len())
        .collect();
    assert!(counts.contains(&0) && counts.contains(&1), "{counts:?}");
}

#[test]
fn they_are_counted_in_the_other_formats() {
    let fleet = allowed();
    for format in ["human", "github", "markdown"] {
        let text = printed(&fleet, format);
        assert!(text.contains("findings allowed, not reported"), "{text}");
    }
    let text = printed(&fleet, "junit");
    assert_junit(&[("allowed".to_owned(), text.clone())]);
    assert!(
        text.contains("<system-out>allowed, which does not fail the test: 1 finding"),
        "{text}"
    );
    assert!(text.contains(" failures=\"0\" errors=\"0\""), "{text}");
}
