//! The mutation test: each drift that one slip of the pen can make in the example fleet is found, by the rule
//! that is for it and at the line that changed, and nothing else is said that is not true.
//!
//! The mutations are enumerated from the resolved model of the clean fleet and made at its spans, so that a
//! deployment of another kind joins them as it joins the fleet. How many there are of each kind is asserted:
//! an enumeration that silently shrinks is a failure.

#![cfg(all(feature = "compose", feature = "systemd"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests, helpers included"
)]

mod change;
mod descriptors;
mod environments;
mod fleet;
mod grants;
mod templates;
mod verdict;

use std::collections::BTreeMap;

use fleet::{Copy, Fleet};
use verdict::Mutation;

/// Judges every mutation, and that there are just so many of each kind.
fn judge(fleet: &Fleet, mutations: &[Mutation], counts: &[(&str, usize)]) {
    let copy = Copy::new(fleet);
    let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for mutation in mutations {
        *by_kind.entry(mutation.kind).or_default() += 1;
        failures.extend(mutation.judge(fleet, &copy).err());
    }
    assert!(
        failures.is_empty(),
        "{} of {} mutations are judged wrongly:\n\n{}",
        failures.len(),
        mutations.len(),
        failures.join("\n\n")
    );
    let counts: BTreeMap<&str, usize> = counts.iter().copied().collect();
    assert_eq!(by_kind, counts);
    let clean = copy.check(&[], &[]);
    assert!(clean.findings.is_empty() && clean.failures.is_empty());
}

#[test]
fn each_mutation_of_a_grant_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, &grants::mutations(&fleet), &[]);
}

#[test]
fn each_mutation_of_an_environment_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, &environments::mutations(&fleet), &[]);
}

#[test]
fn each_mutation_of_a_descriptor_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, &descriptors::mutations(&fleet), &[]);
}

#[test]
fn each_mutation_of_a_template_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, &templates::mutations(&fleet), &[]);
}
