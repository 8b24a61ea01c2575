//! What a finding is recognised by in another run.

use crate::finding::{Finding, Fingerprint};
use crate::source::{Sources, Span, TokenKind};

/// The rule and the names of a finding with each of its subjects. What is wrong with a file itself is recognised by the file and the key at
/// the place.
pub(super) fn fingerprints(finding: &Finding, sources: &Sources) -> Vec<Fingerprint> {
    let is_nameless = finding.deployments.is_empty()
        && finding.services.is_empty()
        && finding.workloads.is_empty();
    let mut subjects: Vec<Option<String>> = finding.subjects.iter().cloned().map(Some).collect();
    if subjects.is_empty() {
        let is_of_place = is_nameless || finding.rule.is_about_a_file();
        subjects.push(is_of_place.then(|| place(finding.primary.span, sources)));
    }
    let subjects = subjects.into_iter();
    subjects
        .map(|subject| Fingerprint {
            rule: finding.rule,
            deployments: finding.deployments.clone(),
            services: finding.services.clone(),
            workloads: finding.workloads.clone(),
            subject,
        })
        .collect()
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
