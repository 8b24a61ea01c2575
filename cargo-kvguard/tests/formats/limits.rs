//! Reports with more findings than a format has room for.

use std::fmt::Write as _;

use crate::list;
use crate::support::Fleet;
use crate::validators::{SARIF, assert_valid};

/// How many results GitHub shows of a SARIF file.
const RESULTS: usize = 5_000;

/// How many characters GitHub takes in a comment.
const COMMENT: usize = 65_536;

/// A fleet with a grant of an unknown role, in the order of the first, before and behind many grants that nobody presents.
fn crowded(grants: usize, name: &str) -> Fleet {
    let fleet = Fleet::new("crowded");
    let mut many = String::new();
    for number in 0..grants {
        let _ = write!(
            many,
            "{{\"identity\": \"spiffe://acme.test/nobody/{name}{number}\", \"role\": \"{name}{number}\"}},\n    "
        );
    }
    let first = r#"{"identity": "spiffe://acme.test/services/agent", "role": "writer"}"#;
    fleet.replace(
        "store.json",
        first,
        &format!("{many}{}", first.replace("writer", "reader")),
    );
    fleet
}

#[test]
fn what_there_is_no_room_for_is_counted_and_errors_stay() {
    // Too many results, and too many bytes.
    let many = judged(&crowded(6_000, "n"));
    assert_eq!(many, RESULTS);
    let long = judged(&crowded(4_800, &"n".repeat(1_800)));
    assert!((1_000..4_800).contains(&long), "{long} results");
}

/// Fails unless SARIF and Markdown keep to their limits and count what is left out; gives the number of results.
fn judged(fleet: &Fleet) -> usize {
    let run = fleet.run(&[
        "check",
        "--output",
        "sarif=out.sarif",
        "--output",
        "markdown=out.md",
        "--output",
        "json=out.json",
    ]);
    assert_eq!(run.code, Some(1), "{}", &run.errors);
    let read = |file: &str| String::from_utf8(fleet.read(file)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read("out.json")).unwrap();
    let findings = list(&report["findings"]).len();

    let text = read("out.sarif");
    assert!(text.len() < 10_000_000, "{} bytes", text.len());
    let log = assert_valid(&SARIF, &text, "crowded");
    let results = list(&log["runs"][0]["results"]);
    let errors = results
        .iter()
        .filter(|result| result["level"] == "error")
        .count();
    assert_eq!(
        report["summary"]["deny"]
            .as_u64()
            .unwrap()
            .min(results.len() as u64),
        errors as u64
    );
    let notifications = list(&log["runs"][0]["invocations"][0]["toolExecutionNotifications"]);
    let note = notifications
        .iter()
        .find(|one| one["descriptor"]["id"] == "left-out")
        .unwrap();
    let begin = format!("{} results left out", findings - results.len());
    let told = note["message"]["text"].as_str().unwrap();
    assert!(told.starts_with(&begin), "{told}");

    let text = read("out.md");
    assert!(text.chars().count() <= COMMENT);
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| error") || line.starts_with("| warning"))
        .count();
    let told = format!("\n{} more findings: ", findings - rows);
    assert!(
        text.contains(&told),
        "{told}: {}",
        &text[text.len() - 400..]
    );
    results.len()
}
