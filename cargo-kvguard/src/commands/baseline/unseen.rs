//! The parts of a fleet that were not looked at: a finding that is gone may still be there.

use std::collections::BTreeSet;

use kvguard::check::Report;
use kvguard::finding::{Fingerprint, Level};
use kvguard::rules::RuleId;

/// The parts of a fleet that were not looked at.
pub struct Unseen<'r> {
    /// Each once: many findings may be about one deployment.
    all: BTreeSet<Part<'r>>,
}

/// A part of the fleet.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Part<'r> {
    /// The rule that could not judge it; `None`: no rule could.
    rule: Option<RuleId>,
    /// The deployments; empty: all.
    deployments: Vec<&'r str>,
}

impl<'r> Unseen<'r> {
    /// What lies behind a fault of a file that is reported, and what a rule could not judge.
    pub fn of(report: &'r Report) -> Self {
        let reported = report.findings.iter();
        let faults = reported
            .filter(|finding| finding.level == Level::Deny && finding.rule.is_about_a_file());
        let faults = faults.map(|finding| Part {
            rule: None,
            deployments: finding.deployments.iter().map(String::as_str).collect(),
        });
        let open = report.not_judged.iter().map(|open| Part {
            rule: Some(open.rule),
            deployments: vec![open.deployment.as_str()],
        });
        Self {
            all: faults.chain(open).collect(),
        }
    }

    /// Whether a finding would be in what was not looked at. A fault of a file is found where the file is read, and what runs is not
    /// looked at here.
    pub fn hides(&self, fingerprint: &Fingerprint) -> bool {
        let rule = fingerprint.rule;
        let mut all = self.all.iter();
        rule.is_about_running()
            || !rule.is_about_a_file() && all.any(|part| part.holds(fingerprint))
    }
}

impl Part<'_> {
    fn holds(&self, fingerprint: &Fingerprint) -> bool {
        let mut deployments = fingerprint.deployments.iter();
        self.rule.is_none_or(|rule| rule == fingerprint.rule)
            && (self.deployments.is_empty()
                || deployments.any(|name| self.deployments.contains(&name.as_str())))
    }
}
