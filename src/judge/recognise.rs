//! What a finding is recognised by in another run.

use crate::finding::{Finding, Fingerprint};
use crate::source::{Sources, Span, TokenKind};

/// The rule and the names of a finding with each of its subjects.
pub(super) fn fingerprints(finding: &Finding, sources: &Sources) -> Vec<Fingerprint> {
    let subjects = subjects(finding, sources).into_iter();
    subjects
        .map(|subject| Fingerprint {
            rule: finding.rule,
            deployments: finding.deployments.clone(),
            services: finding.services.clone(),
            subject,
        })
        .collect()
}

/// What the rule states; else the workloads. Without a service a workload belongs to what the rule states. What is wrong with a file itself
/// is recognised by the file and the key at the place.
fn subjects(finding: &Finding, sources: &Sources) -> Vec<Option<String>> {
    let stated = finding.subjects.iter();
    let workloads = finding.workloads.iter();
    match (finding.services.as_slice(), finding.workloads.as_slice()) {
        ([], [workload]) if !finding.subjects.is_empty() => stated
            .map(|subject| Some(format!("{workload}: {subject}")))
            .collect(),
        _ if !finding.subjects.is_empty() => stated.cloned().map(Some).collect(),
        _ if finding.rule.is_about_a_file() => vec![Some(place(finding.primary.span, sources))],
        (_, [_, ..]) => workloads.cloned().map(Some).collect(),
        ([], []) if finding.deployments.is_empty() => {
            vec![Some(place(finding.primary.span, sources))]
        }
        _ => vec![None],
    }
}

/// A file, with the key that a place in it is of. Values are no part of it, as they may be secret.
fn place(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.source);
    let line = source.line_of(span.start);
    let line = source.line_range(line);
    let is_near = |start: usize| line.contains(&start) && start <= span.start as usize;
    let keys = source
        .tokens()
        .filter(|token| token.kind == TokenKind::Key && is_near(token.span.start as usize));
    let nearest = keys.max_by_key(|token| token.span.start);
    let key = nearest.and_then(|token| {
        let range = token.span.start as usize..token.span.end as usize;
        source.text().get(range)
    });
    match key {
        Some(key) => format!("{}: {}", source.path(), key.trim_matches(['"', '\''])),
        None => source.path().to_owned(),
    }
}
