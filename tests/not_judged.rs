//! What no file decides is told as not judged, with what makes it judged, and is no finding.
//!
//! `tests/fixtures/not-judged/<reason>/kvguard.toml` is the policy of a fleet with exactly that; `judged.toml` beside it has what the
//! help says to write, if there is anything.

mod support;

use std::path::PathBuf;

use kvguard::check::Report;
use kvguard::resolve::Undecided;
use kvguard::rules::RuleId;
use kvguard::rules::links::{LINK_RULES, Verdict};
use support::{Told, directories, fixtures, options, tell, text};

/// Reasons for which nothing can be written in the policy.
const NOTHING_TO_WRITE: [Undecided; 2] = [Undecided::OtherScheme, Undecided::DocumentLost];

/// The reasons that have a fixture: all but the one that only follows from another.
fn reasons() -> impl Iterator<Item = Undecided> {
    let all = Undecided::ALL.into_iter();
    all.filter(|reason| !reason.is_consequence())
}

fn root() -> PathBuf {
    fixtures().join("not-judged")
}

fn told(reason: Undecided, policy: &str) -> Told {
    let mut options = options(&root());
    options.policy = Some(root().join(reason.name()).join(policy));
    let told = tell(&options);
    assert_eq!(told.report.failures, [], "{reason:?}");
    told
}

fn rules(report: &Report) -> Vec<&'static str> {
    let findings = report.findings.iter();
    findings.map(|finding| finding.rule.rule().name).collect()
}

#[test]
fn every_reason_has_its_fixture_and_every_fixture_its_reason() {
    let mut names: Vec<&str> = reasons().map(Undecided::name).collect();
    names.sort_unstable();
    let mut fixtures = directories(&root());
    fixtures.retain(|name| name != "store" && name != "templates");
    assert_eq!(fixtures, names);
}

#[test]
fn what_is_not_judged_is_told_with_its_reason_and_is_no_finding() {
    for reason in reasons() {
        let told = told(reason, "kvguard.toml");
        let mut not_judged = told.report.not_judged.iter();
        let entry = not_judged
            .find(|entry| entry.why.reason == reason)
            .unwrap_or_else(|| panic!("{reason:?} is not told: {}", told.human));
        assert_eq!(entry.deployment, reason.name());
        assert_eq!(entry.services, ["worker"], "{reason:?}");
        let last = told.human.lines().last().expect("a last line");
        assert!(last.contains("; not judged: "), "{reason:?}: {last}");
        assert!(last.contains(" in 1 deployment"), "{reason:?}: {last}");
        assert!(
            last.ends_with("(see `cargo kvguard why worker`)"),
            "{reason:?}: {last}"
        );
        // What is lost is a finding of its own.
        if reason != Undecided::DocumentLost {
            assert!(rules(&told.report).is_empty(), "{}", told.human);
        }
    }
}

/// `others.toml` beside a reason's policy has deployments that come to the same reason in other ways.
#[test]
fn each_other_way_to_a_reason_is_told() {
    let others = |reason: &Undecided| root().join(reason.name()).join("others.toml").is_file();
    let with_others: Vec<Undecided> = reasons().filter(others).collect();
    assert_eq!(with_others.len(), 5, "{with_others:?}");
    for reason in with_others {
        let told = told(reason, "others.toml");
        let model = told.report.model.as_ref().expect("a model");
        for deployment in &model.deployments {
            let mut not_judged = told.report.not_judged.iter();
            let is_told = not_judged
                .any(|entry| entry.why.reason == reason && entry.deployment == deployment.name());
            assert!(is_told, "{reason:?} in {}", deployment.name());
        }
    }
}

#[test]
fn what_the_help_says_to_write_makes_it_judged() {
    for reason in reasons() {
        let judged = root().join(reason.name()).join("judged.toml");
        let can_be = !NOTHING_TO_WRITE.contains(&reason);
        assert_eq!(judged.is_file(), can_be, "{reason:?}");
        if !can_be {
            continue;
        }
        let before = told(reason, "kvguard.toml");
        let mut entries = before.report.not_judged.iter();
        let entry = entries.find(|entry| entry.why.reason == reason);
        let help = &entry.expect("told by the test above").why.help;
        let policy = text(&root().join(reason.name()).join("kvguard.toml"));
        let after = text(&judged);
        let added = after.lines().filter(|line| !policy.contains(line));
        let keys = added.map(|line| line.split(" = ").next().unwrap_or(line));
        let is_said = |key: &str| help.contains(key);
        assert!(
            keys.clone().any(is_said),
            "{reason:?}: `{help}` names none of {:?}",
            keys.collect::<Vec<_>>()
        );
        let after = told(reason, "judged.toml");
        assert_eq!(after.report.not_judged, [], "{reason:?}");
        assert!(rules(&after.report).is_empty(), "{}", after.human);
        assert!(!after.human.contains("not judged"), "{}", after.human);
    }
}

#[test]
fn what_is_told_of_each_reason() {
    let told: Vec<String> = Undecided::ALL
        .iter()
        .map(|reason| {
            let message = reason.message("SUBJECT");
            let help = reason.help("SUBJECT", "DEPLOYMENT", "at ADDRESSES");
            format!("{}\n  {message}\n  {help}\n", reason.name())
        })
        .collect();
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(told.concat());
    });
}

#[test]
fn the_help_continues_a_list_that_the_policy_has() {
    let told = told(Undecided::HostOutside, "listed.toml");
    let mut entries = told.report.not_judged.iter();
    let entry = entries.find(|entry| entry.why.reason == Undecided::HostOutside);
    let help = &entry.expect("it is told").why.help;
    let list = "in place of the list that the policy has: `addresses = [\"proxy:9000\", ";
    assert!(help.contains(list), "{help}");
}

#[test]
fn what_only_follows_from_another_reason_is_not_counted() {
    let told = told(Undecided::HostOutside, "kvguard.toml");
    let model = told.report.model.as_ref().expect("a model");
    let reaches = LINK_RULES
        .iter()
        .find(|link| link.rule == RuleId::StoreUnreachable);
    let reaches = reaches.expect("the rule judges links");
    let verdicts: Vec<Verdict> = model
        .kv_sourced()
        .flat_map(|(deployment, workload)| reaches.judge(model, deployment, workload))
        .collect();
    let [Verdict::NotJudged(why)] = verdicts.as_slice() else {
        panic!("{verdicts:?}");
    };
    assert_eq!(why.reason, Undecided::AddressNotJudged);
    let mut counted = told.report.not_judged.iter();
    assert!(counted.all(|entry| entry.rule != RuleId::StoreUnreachable));
}

#[test]
fn a_rule_that_is_off_tells_nothing_of_what_it_does_not_judge() {
    let mut options = options(&root());
    options.policy = Some(root().join("host-outside/kvguard.toml"));
    options.levels = vec![(RuleId::StoreAddressMismatch, kvguard::finding::Level::Allow)];
    let told = tell(&options);
    assert_eq!(told.report.not_judged, []);
    assert!(!told.human.contains("not judged"), "{}", told.human);
}

#[test]
fn only_what_was_asked_for_is_told() {
    let mut options = options(&root());
    options.policy = Some(root().join("no-store-for-service/kvguard.toml"));
    options.services = vec!["gauge".to_owned()];
    assert_eq!(tell(&options).report.not_judged, []);
    options.services = vec!["worker".to_owned()];
    assert_eq!(tell(&options).report.not_judged.len(), 1);
}
