//! Drops findings that say again what another finding says.

use std::collections::{HashMap, HashSet};

use crate::finding::{Finding, Level};
use crate::rules::RuleId;
use crate::source::Span;

/// Drops each finding that only follows from another finding about the same workload, or about all of its deployment, if that is reported
/// at the same level or a higher one.
pub(super) fn tell_causes_only(kept: &mut Vec<Finding>) {
    type Subject = (RuleId, Vec<String>, Vec<String>);
    let subject = |rule: RuleId, finding: &Finding| -> Subject {
        (rule, finding.deployments.clone(), finding.workloads.clone())
    };
    let asked: HashSet<RuleId> = kept
        .iter()
        .filter_map(|finding| finding.follows_from)
        .collect();
    let causes = kept.iter().filter(|finding| asked.contains(&finding.rule));
    let mut levels: HashMap<Subject, Level> = HashMap::new();
    for cause in causes {
        let level = levels
            .entry(subject(cause.rule, cause))
            .or_insert(cause.level);
        *level = cause.level.max(*level);
    }
    kept.retain(|finding| {
        let Some(rule) = finding.follows_from else {
            return true;
        };
        let of_all = (rule, finding.deployments.clone(), Vec::new());
        let mut causes = [subject(rule, finding), of_all].into_iter();
        !causes.any(|cause| {
            levels
                .get(&cause)
                .is_some_and(|level| *level >= finding.level)
        })
    });
}

/// A missing object is also an environment that is not known: of the two findings that a deployment has at its name the more serious
/// one is reported. Where they are equal, it is the one that names the cause; of a Secret it is the one that asks for its keys, as
/// stating these settles both. Several deployments may read the file, and what one of them is told says nothing of another.
pub(super) fn tell_missing_objects_once(kept: &mut Vec<Finding>) {
    let place = |finding: &Finding| (finding.primary.span, finding.deployments.clone());
    let levels = |rule: RuleId| -> HashMap<(Span, Vec<String>), Level> {
        let of_rule = kept.iter().filter(|finding| finding.rule == rule);
        of_rule
            .map(|finding| (place(finding), finding.level))
            .collect()
    };
    let missing = levels(RuleId::DanglingReference);
    let unknown = levels(RuleId::UnsupportedConstruct);
    let untold = levels(RuleId::UntoldValue);
    kept.retain(|finding| {
        let other =
            |levels: &HashMap<(Span, Vec<String>), Level>| levels.get(&place(finding)).copied();
        match finding.rule {
            RuleId::UnsupportedConstruct => {
                other(&missing).is_none_or(|level| level < finding.level)
            }
            RuleId::UntoldValue => other(&missing).is_none_or(|level| level <= finding.level),
            RuleId::DanglingReference => {
                other(&unknown).is_none_or(|level| level <= finding.level)
                    && other(&untold).is_none_or(|level| level < finding.level)
            }
            _ => true,
        }
    });
}
