//! The mutation campaign: every variable, reference, port, network and workload of two fleets is broken, one at a time and in many ways,
//! and each mutant is checked. It is found, or `undecided.yaml` says why no file decides it.
//!
//! `tests/mutations` asks for the exact finding of fewer slips; this asks that nothing stays green. How many mutants of each kind have
//! which outcome is a snapshot, so that neither an enumeration that shrinks nor a rule that sees less goes unnoticed.

#![expect(clippy::expect_used, reason = "these are tests, helpers included")]

#[expect(dead_code, reason = "the mutation test uses the rest")]
#[path = "../mutations/change.rs"]
mod change;
#[expect(dead_code, reason = "the mutation test uses the rest")]
#[path = "../mutations/fleet.rs"]
mod fleet;
mod generated;
mod mutants;
mod outcome;
mod undecided;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fleet::Fleet;
use mutants::Mutant;
use outcome::{Outcome, judge};
use undecided::Table;

/// Counts of each kind of mutant and outcome, as the snapshot shows them.
fn counts(judged: &[(Mutant, Outcome)]) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (mutant, outcome) in judged {
        *counts.entry((mutant.kind, outcome.name())).or_default() += 1;
    }
    let mut text = String::new();
    for ((kind, outcome), count) in counts {
        writeln!(text, "{kind}: {outcome} {count}").expect("a text takes all");
    }
    writeln!(text, "all: {}", judged.len()).expect("a text takes all");
    text
}

/// Judges each mutant of a fleet, and fails with those that stay green and that the table does not name.
fn campaign(name: &str, fleet: &Fleet) {
    let judged = judge(fleet, &mutants::of(fleet));
    let table = Table::read(name);
    let missed: Vec<&Mutant> = judged
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::Green)
        .map(|(mutant, _)| mutant)
        .filter(|mutant| !table.names(mutant))
        .collect();
    let list: Vec<String> = missed.iter().map(ToString::to_string).collect();
    assert!(
        missed.is_empty(),
        "{} of {} mutants stay green, and no entry of tests/campaign/undecided.yaml says why:\n{}",
        missed.len(),
        judged.len(),
        list.join("\n")
    );
    let stale = table.stale(&judged);
    assert!(
        stale.is_empty(),
        "entries of tests/campaign/undecided.yaml that are not true any more:\n{}",
        stale.join("\n")
    );
    insta::assert_snapshot!(name, counts(&judged));
}

#[test]
fn no_mutant_of_the_example_fleet_stays_green_without_a_reason() {
    campaign("example", &Fleet::clean());
}

#[test]
fn no_mutant_of_a_generated_fleet_stays_green_without_a_reason() {
    let directory = generated::write();
    campaign("generated", &Fleet::at(directory.path()));
}
