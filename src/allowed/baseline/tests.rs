//! What a baseline holds, hides and is written as.

use super::{Baseline, Entry};
use crate::emit;
use crate::finding::{Finding, Fingerprint, Label};
use crate::rules::RuleId;
use crate::source::{Sources, Span};

fn fingerprint(service: &str, subject: &str) -> Fingerprint {
    Fingerprint {
        rule: RuleId::MissingGrant,
        deployments: vec!["compose".to_owned()],
        services: vec![service.to_owned()],
        subject: Some(subject.to_owned()),
    }
}

fn span() -> Span {
    let mut sources = Sources::new();
    let id = sources.add("kvguard-baseline.toml", "x");
    sources.whole(id)
}

/// A baseline as if it was read from a file.
fn read(found: &[&Fingerprint]) -> Baseline {
    let mut baseline = Baseline::default();
    baseline.add(found.iter().copied(), None);
    for entry in baseline.entries.values_mut() {
        entry.span = Some(span());
    }
    baseline
}

fn finding(fingerprints: &[&Fingerprint]) -> Finding {
    let mut finding = Finding::new(RuleId::MissingGrant, "", Label::masked(span(), ""));
    finding.fingerprints = fingerprints.iter().copied().cloned().collect();
    finding
}

#[test]
fn what_it_holds_is_taken_and_what_is_new_stays() {
    let (old, new) = (fingerprint("mapper", "a"), fingerprint("mapper", "b"));
    let mut findings = vec![finding(&[&old]), finding(&[&new])];
    let taken = read(&[&old]).take(&mut findings);
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].0.fingerprints, [old]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].fingerprints, [new]);
}

#[test]
fn a_finding_about_several_is_taken_only_if_all_are_held() {
    let (a, b) = (fingerprint("mapper", "a"), fingerprint("mapper", "b"));
    let baseline = read(&[&a, &b]);
    let mut findings = vec![finding(&[&a, &b]), finding(&[&a])];
    // `a` is found twice, and held once.
    assert_eq!(baseline.take(&mut findings).len(), 0);
    let mut findings = vec![finding(&[&a, &b])];
    assert_eq!(baseline.take(&mut findings).len(), 1);
    let mut findings = vec![finding(&[&a])];
    assert_eq!(baseline.take(&mut findings).len(), 1);
    let c = fingerprint("mapper", "c");
    let mut findings = vec![finding(&[&a, &b, &c])];
    assert_eq!(baseline.take(&mut findings).len(), 0);
}

#[test]
fn more_findings_alike_than_it_holds_are_all_reported() {
    let one = fingerprint("mapper", "a");
    let baseline = read(&[&one, &one]);
    assert_eq!(baseline.len(), 2);
    let found = |count| vec![finding(&[&one]); count];
    for (count, taken) in [(1, 1), (2, 2), (3, 0)] {
        let mut findings = found(count);
        assert_eq!(baseline.take(&mut findings).len(), taken);
        assert_eq!(findings.len(), count - taken);
    }
}

#[test]
fn what_is_no_longer_found_is_named_and_removed() {
    let seen = |_: &Fingerprint| false;
    let (a, b) = (fingerprint("mapper", "a"), fingerprint("mapper", "b"));
    let mut baseline = read(&[&a, &a, &b]);
    assert_eq!(baseline.gone([&a], seen), [(&a, 1), (&b, 1)]);
    assert_eq!(baseline.prune([&a], seen), 2);
    assert_eq!(baseline.len(), 1);
    assert_eq!(baseline.gone([&a], seen), []);
    assert_eq!(baseline.prune([&a], seen), 0);
}

#[test]
fn what_could_not_be_looked_at_stays() {
    let (a, b) = (fingerprint("mapper", "a"), fingerprint("agent", "b"));
    let mut baseline = read(&[&a, &b]);
    let is_unseen = |one: &Fingerprint| one.services == ["agent"];
    assert_eq!(baseline.gone([], is_unseen), [(&a, 1)]);
    assert_eq!(baseline.prune([], is_unseen), 1);
    assert_eq!(baseline.gone([&b], is_unseen), []);
    assert_eq!(baseline.len(), 1);
}

#[test]
fn adding_keeps_what_is_there_and_gives_the_new_ones_their_reason() {
    let (a, b) = (fingerprint("mapper", "a"), fingerprint("mapper", "b"));
    let mut baseline = read(&[&a]);
    baseline.add([&b], Some("it lands next week"));
    assert_eq!(baseline.len(), 2);
    let reason = |entry: &Entry| entry.reason.clone();
    assert_eq!(reason(&baseline.entries[&a]), None);
    let given = reason(&baseline.entries[&b]);
    assert_eq!(given.as_deref(), Some("it lands next week"));
}

#[test]
fn it_is_written_sorted_with_a_table_for_each_finding() {
    let mut several = fingerprint("mapper", "quote \" backslash \\ line\nbreak");
    several.deployments.push("staging".to_owned());
    let mut baseline = read(&[&several, &fingerprint("zen", "b"), &fingerprint("zen", "b")]);
    baseline.add([&fingerprint("alerts", "a")], Some("it lands next week"));
    insta::assert_snapshot!(emit::baseline::text(&baseline));
}

#[test]
fn digests_are_those_of_the_first_version() {
    // A finding would be new to everybody who keeps them if these changed.
    assert_eq!(fingerprint("mapper", "a").digest(), "c8c42445c7f39c11");
    let nameless = Fingerprint {
        rule: RuleId::MalformedFile,
        deployments: Vec::new(),
        services: Vec::new(),
        subject: None,
    };
    assert_eq!(nameless.digest(), "5db572d59d73bec3");
}
