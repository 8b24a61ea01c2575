//! The forms of the report: each is valid by its schema, holds what the others hold, and says where it lacks something.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the tests prepare the files that the command reads"
)]

mod allowed;
mod annotations;
mod fixtures;
mod hostile_names;
mod limits;
mod output_files;
mod places;
mod report;
mod sarif;
mod summary;
#[path = "../support/mod.rs"]
mod support;
mod test_report;
mod validators;

use serde_json::Value;
use support::Fleet;

/// A fleet whose access table has a grant too low, a grant too few, and one that nobody presents: two errors and a warning.
fn drifted(name: &str) -> Fleet {
    let fleet = Fleet::new(name);
    let agent = r#"{"identity": "spiffe://acme.test/services/agent", "role": "writer"}"#;
    fleet.replace("store.json", agent, &agent.replace("writer", "reader"));
    fleet.replace("store.json", "services/worker", "retired/press-17");
    fleet
}

/// A fleet that cannot be checked: a file that the policy names is missing.
fn incomplete(name: &str) -> Fleet {
    let fleet = Fleet::new(name);
    fleet.remove("store.json");
    fleet
}

/// What `check` prints in a format.
fn printed(fleet: &Fleet, format: &str) -> String {
    let run = fleet.run(&["check", "--format", format]);
    run.assert_whole();
    assert_eq!(run.errors, "", "{}", run.what);
    run.output
}

fn json(fleet: &Fleet, format: &str) -> Value {
    serde_json::from_str(&printed(fleet, format)).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
