//! Which findings two checks have in common.

use std::collections::{HashMap, HashSet};

use kvguard::finding::{Finding, Fingerprint, Level};

/// Takes from both what both have, as often as both have it, and gives it as HEAD has it. A finding that is taken more seriously than
/// before, or that is about more than before, is another one.
pub fn take_common(base: &mut Vec<Finding>, head: &mut Vec<Finding>) -> Vec<Finding> {
    let [mut of_base, mut of_head] = [counts(base), counts(head)];
    base.retain(|finding| !take(&mut of_head, finding));
    let all = std::mem::take(head).into_iter();
    let (common, added) = all.partition(|finding| take(&mut of_base, finding));
    *head = added;
    common
}

/// What some findings are recognised by, however seriously they are taken.
pub fn known<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> HashSet<&'f Fingerprint> {
    let findings = findings.into_iter();
    findings.flat_map(|finding| &finding.fingerprints).collect()
}

/// Whether all that a finding is about is known.
pub fn is_known(finding: &Finding, known: &HashSet<&Fingerprint>) -> bool {
    let mut own = finding.fingerprints.iter();
    !finding.fingerprints.is_empty() && own.all(|one| known.contains(one))
}

type Counts = HashMap<(Level, Fingerprint), usize>;

/// How often findings are recognised by each fingerprint.
fn counts(findings: &[Finding]) -> Counts {
    let mut counts = Counts::new();
    for finding in findings {
        for one in keys(finding) {
            *counts.entry(one).or_default() += 1;
        }
    }
    counts
}

/// Takes a finding's fingerprints if all are left.
fn take(counts: &mut Counts, finding: &Finding) -> bool {
    let is_left = |key| counts.get(&key).is_some_and(|left| *left > 0);
    // What cannot be recognised is in one of the two only.
    if finding.fingerprints.is_empty() || !keys(finding).all(is_left) {
        return false;
    }
    for key in keys(finding) {
        counts.entry(key).and_modify(|left| *left -= 1);
    }
    true
}

fn keys(finding: &Finding) -> impl Iterator<Item = (Level, Fingerprint)> {
    let fingerprints = finding.fingerprints.iter().cloned();
    fingerprints.map(|fingerprint| (finding.level, fingerprint))
}

#[cfg(test)]
mod tests {
    use kvguard::finding::{Finding, Fingerprint, Label, Level};
    use kvguard::rules::RuleId;
    use kvguard::source::{Sources, Span};

    use super::take_common;

    fn finding(level: Level, subjects: &[&str]) -> Finding {
        let mut sources = Sources::new();
        let source = sources.add("file", "");
        let span = Span {
            source,
            start: 0,
            end: 0,
        };
        let rule = RuleId::MissingCriticalField;
        let mut finding = Finding::new(rule, subjects.join(", "), Label::new(span, ""));
        finding.level = level;
        finding.fingerprints = subjects
            .iter()
            .map(|subject| Fingerprint {
                rule,
                deployments: Vec::new(),
                services: Vec::new(),
                subject: Some((*subject).to_owned()),
            })
            .collect();
        finding
    }

    #[test]
    fn findings_are_compared_as_often_as_they_occur_by_level_and_by_all_they_are_about() {
        use Level::{Deny, Warn};
        type Findings = &'static [(Level, &'static [&'static str])];
        // Base, HEAD, and how many are removed, added and common.
        let cases: [(Findings, Findings, [usize; 3]); 8] = [
            (&[(Deny, &["a"])], &[(Deny, &["a"])], [0, 0, 1]),
            (&[(Deny, &["a"])], &[(Deny, &["b"])], [1, 1, 0]),
            (
                &[(Deny, &["a"])],
                &[(Deny, &["a"]), (Deny, &["a"])],
                [0, 1, 1],
            ),
            (
                &[(Deny, &["a"]), (Deny, &["a"])],
                &[(Deny, &["a"])],
                [1, 0, 1],
            ),
            (&[(Warn, &["a"])], &[(Deny, &["a"])], [1, 1, 0]),
            (&[(Deny, &["a"])], &[(Deny, &["a", "b"])], [0, 1, 0]),
            (&[(Deny, &["a", "b"])], &[(Deny, &["a"])], [1, 0, 1]),
            (&[(Deny, &[])], &[(Deny, &[])], [1, 1, 0]),
        ];
        for (base, head, expected) in cases {
            let [mut removed, mut added] = [base, head].map(|findings| {
                let findings = findings.iter();
                let made = findings.map(|(level, subjects)| finding(*level, subjects));
                made.collect::<Vec<_>>()
            });
            let common = take_common(&mut removed, &mut added);
            let counts = [removed.len(), added.len(), common.len()];
            assert_eq!(counts, expected, "{base:?} {head:?}");
        }
    }
}
