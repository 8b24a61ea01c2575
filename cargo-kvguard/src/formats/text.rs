//! What several formats say in the same words.

use std::collections::BTreeMap;

use kvguard::emit::printable;
use kvguard::finding::{Finding, Level};
use kvguard::rules::links::NotJudged;

use super::Checked;

/// How many characters of one line are given: a name in a hostile file may be as long as the file.
const MAX_LINE: usize = 2_000;

/// How many changes of one finding are told; a finding that is told for many deployments has one for each.
const MAX_HELPS: usize = 20;

/// A text as one line of bounded length, without characters that steer what shows it.
pub fn line(text: &str) -> String {
    let mut characters = text.chars();
    let line: String = characters.by_ref().take(MAX_LINE).collect();
    let mut line = printable(&line).into_owned();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

/// A count with what is counted.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// The findings, those that fail the check first, otherwise in the order of files and lines. Formats that have no room for all leave out
/// from the end.
pub fn errors_first<'r>(checked: &Checked<'r>) -> Vec<&'r Finding> {
    let mut findings: Vec<&Finding> = checked.report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.level != Level::Deny);
    findings
}

/// A rule as all formats name it: `KV101 missing-grant`.
pub fn rule(finding: &Finding) -> String {
    let rule = finding.rule.rule();
    format!("{} {}", rule.code, rule.name)
}

/// Where a finding's rule is explained, as the report for people says it.
pub fn explained(finding: &Finding) -> String {
    let rule = finding.rule.rule();
    format!("rule `{}`: cargo kvguard explain {}", rule.name, rule.code)
}

/// What to do about a finding, a line for each step: where there is a change of a file, its place and the text.
pub fn helps(finding: &Finding, checked: &Checked) -> Vec<String> {
    let mut helps: Vec<String> = finding
        .help
        .iter()
        .take(MAX_HELPS)
        .map(|help| match &help.edit {
            None => line(&help.message),
            Some(edit) => {
                let place = checked.places.at(edit.span);
                let text = edit.replacement.trim();
                let text = if text.is_empty() {
                    String::new()
                } else {
                    format!(
                        ": {}",
                        text.lines().map(line).collect::<Vec<_>>().join("\n")
                    )
                };
                format!("{}, at {}{text}", line(&help.message), line(&place))
            }
        })
        .collect();
    let left_out = finding.help.len() - helps.len();
    if left_out > 0 {
        let more = counted(left_out, "more change");
        helps.push(format!(
            "{more}: `cargo kvguard check --format json` lists all"
        ));
    }
    helps
}

/// What was not judged, why, and what to write so that it is.
pub fn not_judged(one: &NotJudged) -> String {
    format!(
        "`{}` does not judge {}: {}; to have it judged: {}",
        one.rule.rule().name,
        line(&one.workloads.join(", ")),
        line(&one.why.message),
        line(&one.why.help)
    )
}

/// Findings counted by rule, in the order of codes: `2 of KV101 missing-grant, 1 of …`.
pub fn counted_by_rule<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(rule(finding)).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(rule, count)| format!("{count} of {rule}"))
        .collect();
    counts.join(", ")
}
