//! The mutation test: each drift that one slip of the pen can make in the example fleet is found, by the rule
//! that is for it and at the line that changed, and nothing else is said that is not true.
//!
//! The mutations are enumerated from the resolved model of the clean fleet and made at its spans, so that a
//! deployment of another kind joins them as it joins the fleet. How many there are of each kind is asserted:
//! an enumeration that silently shrinks is a failure.

#![expect(clippy::expect_used, reason = "these are tests, helpers included")]

mod change;
mod descriptors;
mod environments;
mod fleet;
mod grants;
mod named;
mod templates;
mod verdict;

use std::collections::BTreeMap;

use fleet::{Copy, Fleet};
use kvguard::policy::DeploymentKind;
use verdict::{Mutation, merged};

const GRANTS: &[(&str, usize)] = &[
    ("external grant deleted", 1),
    (
        "external grant deleted that another deployment still has",
        4,
    ),
    ("external role lowered", 4),
    ("grant deleted", 20),
    ("grant of a service that reads its file deleted", 5),
    ("identity in another case", 30),
    ("identity of another domain", 26),
    ("identity without a letter", 30),
    ("role lowered", 24),
    ("role raised", 2),
    ("role unknown", 30),
];
const ENVIRONMENTS: &[(&str, usize)] = &[
    ("mode dropped", 16),
    ("mode emptied", 16),
    ("mode that the client lacks", 34),
    ("mode unknown", 16),
    ("needed variable dropped", 47),
    ("needed variable dropped that the base sets too", 1),
    ("needed variable emptied", 41),
    ("source dropped", 16),
    ("source emptied", 15),
    ("source in another case", 15),
    ("source switched to a file", 15),
    ("source unknown", 15),
    ("supplying variable dropped", 3),
    ("supplying variable emptied", 1),
];
const DESCRIPTORS: &[(&str, usize)] = &[
    ("key of another", 8),
    ("key with a bad character", 8),
    ("key with an empty token", 16),
    ("key with an unknown variable", 8),
    ("service added without a grant", 8),
    ("service renamed", 6),
    ("service renamed that no workload runs from the store", 2),
];
const TEMPLATES: &[(&str, usize)] = &[
    ("critical field emptied", 17),
    ("secret filled in", 8),
    ("template removed", 8),
    ("template removed that a chart reads by its name", 1),
    ("template truncated", 9),
];

/// Judges every mutation, and that there are just so many of each kind.
fn judge(fleet: &Fleet, mutations: Vec<Mutation>, counts: &[(&str, usize)]) {
    let mutations = merged(mutations);
    let copy = Copy::new(fleet);
    let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for mutation in &mutations {
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
fn the_fleet_itself_is_clean_even_with_every_rule_denied() {
    let report = Fleet::strict();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn the_grants_and_variables_of_the_chart_are_written_in_every_kind_of_file() {
    let fleet = Fleet::clean();
    let mut files: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for deployment in &fleet.model().deployments {
        if deployment.policy.kind() != DeploymentKind::Helm {
            continue;
        }
        let table = deployment.table.table().expect("the fleet has its tables");
        for grant in &table.grants {
            files.entry(fleet.file(grant.identity.span)).or_default().0 += 1;
        }
        for workload in &deployment.workloads {
            for (_, variable) in workload.workload.environment.iter() {
                files.entry(fleet.file(variable.value_span)).or_default().1 += 1;
            }
        }
    }
    insta::assert_debug_snapshot!(files);
}

#[test]
fn each_mutation_of_a_grant_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, grants::mutations(&fleet), GRANTS);
}

#[test]
fn each_mutation_of_an_environment_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, environments::mutations(&fleet), ENVIRONMENTS);
}

#[test]
fn each_mutation_of_a_descriptor_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, descriptors::mutations(&fleet), DESCRIPTORS);
}

#[test]
fn each_mutation_of_a_template_is_found() {
    let fleet = Fleet::clean();
    judge(&fleet, templates::mutations(&fleet), TEMPLATES);
}
