//! Makes one finding of those that have one cause, and sorts findings.

use std::collections::{HashMap, HashSet};

use crate::finding::{Cause, Finding, Level, add_sorted};
use crate::rules::RuleId;
use crate::source::Sources;

/// The findings as they are reported: those with one cause as one finding, sorted by level, then by file and line. Files that do not parse
/// come first within their level, as what they lack is often the cause of the other findings.
pub(crate) fn together(findings: Vec<Finding>, sources: &Sources) -> Vec<Finding> {
    let mut united = unite(findings);
    united.sort_by_cached_key(|finding| {
        let place = sources.location(finding.primary.span);
        (
            std::cmp::Reverse(finding.level),
            finding.rule != RuleId::MalformedFile,
            place,
            finding.rule,
            finding.message.clone(),
        )
    });
    united
}

/// Makes one finding of those with one cause.
fn unite(findings: Vec<Finding>) -> Vec<Finding> {
    let mut united: Vec<(Finding, usize)> = Vec::new();
    let mut by_cause: HashMap<(RuleId, Level, String), usize> = HashMap::new();
    for mut finding in findings {
        finding.cause = finding.cause.take().or_else(|| shared_line(&finding));
        let Some(cause) = &finding.cause else {
            united.push((finding, 1));
            continue;
        };
        let key = (finding.rule, finding.level, cause.key.clone());
        if let Some(position) = by_cause.get(&key) {
            let (first, count) = &mut united[*position];
            *count += 1;
            join(first, finding);
        } else {
            by_cause.insert(key, united.len());
            united.push((finding, 1));
        }
    }
    united
        .into_iter()
        .map(|(mut finding, count)| {
            if count > 1 {
                keep_once(&mut finding);
            }
            if let (Some(cause), true) = (&finding.cause, count > 1) {
                finding.message = cause
                    .message
                    .replace("{who}", &who(&finding))
                    .replace("{where}", &listed(&finding.deployments))
                    .replace("{findings}", &count.to_string());
            }
            finding
        })
        .collect()
}

/// The cause that findings of several deployments share where they are at one line, as those of overlays are at a line of their base, and
/// say the same of each deployment.
fn shared_line(finding: &Finding) -> Option<Cause> {
    let [deployment] = finding.deployments.as_slice() else {
        return None;
    };
    let name = format!("`{deployment}`");
    // A brace could be taken for one of the words that stand for names.
    let is_named_once =
        finding.message.matches(&name).count() == 1 && !finding.message.contains('{');
    let message = finding
        .message
        .replace(&format!("deployment {name}"), "{where}");
    let message = message.replace(&name, "{where}");
    is_named_once.then(|| Cause {
        key: format!("{:?} {message}", finding.primary.span),
        message,
    })
}

/// The names of deployments in one line; where there are many, their number.
fn listed(deployments: &[String]) -> String {
    const SHOWN: usize = 8;
    let quoted: Vec<String> = deployments.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() && quoted.len() <= SHOWN => {
            format!("{} and {last}", others.join(", "))
        }
        Some((only, [])) => only.clone(),
        _ => format!("{} deployments", quoted.len()),
    }
}

/// How many a finding is about: workloads, or services where no workload runs them.
fn who(finding: &Finding) -> String {
    match (finding.workloads.as_slice(), finding.services.as_slice()) {
        ([], [service]) => format!("service `{service}`"),
        ([], services) => format!("{} services", services.len()),
        ([workload], _) => format!("workload `{workload}`"),
        (workloads, _) => format!("{} workloads", workloads.len()),
    }
}

fn join(first: &mut Finding, other: Finding) {
    for (names, more) in [
        (&mut first.deployments, other.deployments),
        (&mut first.services, other.services),
        (&mut first.workloads, other.workloads),
    ] {
        for name in more {
            add_sorted(names, name);
        }
    }
    first.related.push(other.primary);
    first.related.extend(other.related);
    first.help.extend(other.help);
    first.is_mend_certain &= other.is_mend_certain;
    first.fingerprints.extend(other.fingerprints);
}

/// Keeps each label and each help once. Thousands of findings may be joined, so they are not compared in pairs.
fn keep_once(finding: &mut Finding) {
    let primary = finding.primary.span;
    let mut labels = HashSet::new();
    finding.related.retain(|label| {
        label.span != primary && labels.insert((label.span, label.text.clone(), label.shown))
    });
    let mut helps = HashSet::new();
    finding.help.retain(|help| helps.insert(help.clone()));
    // What else may be done stands behind all that it is in place of.
    finding
        .help
        .sort_by_key(|help| help.message.starts_with("or ") || help.message.starts_with("or, "));
}

#[cfg(test)]
mod tests {
    use super::{keep_once, shared_line};
    use crate::finding::{Finding, Label};
    use crate::rules::RuleId;
    use crate::source::Sources;

    fn finding(message: &str) -> Finding {
        let mut sources = Sources::new();
        let source = sources.add("base.yaml", "a: b");
        let place = Label::new(sources.whole(source), "");
        Finding::new(RuleId::SourceDrift, message, place).deployment("north")
    }

    #[test]
    fn a_message_is_of_several_deployments_if_it_names_its_own_once_and_nothing_that_would_be_filled_in()
     {
        for (message, shared) in [
            ("`a` of `north` is wrong", Some("`a` of {where} is wrong")),
            ("deployment `north` lacks it", Some("{where} lacks it")),
            ("`north` has what `north` lacks", None),
            ("`{who}` of `north` is wrong", None),
            ("it is wrong", None),
        ] {
            let cause = shared_line(&finding(message));
            let found = cause.as_ref().map(|cause| cause.message.as_str());
            assert_eq!(found, shared, "{message}");
        }
        let of_two = finding("`a` of `north` is wrong").deployment("south");
        assert!(shared_line(&of_two).is_none());
    }

    #[test]
    fn of_joined_findings_each_help_is_kept_once_and_what_is_instead_of_others_comes_last() {
        let helps = [
            "or, if it is right, accept it",
            "set it",
            "or take it away",
            "set it",
            "order it",
        ];
        let mut joined = helps.into_iter().fold(finding(""), Finding::help);
        keep_once(&mut joined);
        let kept = joined.help.iter().map(|help| help.message.as_str());
        assert_eq!(
            kept.collect::<Vec<_>>(),
            [
                "set it",
                "order it",
                "or, if it is right, accept it",
                "or take it away"
            ]
        );
    }
}
