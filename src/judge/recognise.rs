//! What a finding is recognised by in another run.

use crate::finding::{Finding, Fingerprint};
use crate::resolve::Model;
use crate::source::{Sources, Span};

/// The rule and the names of a finding with each of its subjects.
pub(super) fn fingerprints(
    finding: &Finding,
    model: &Model,
    sources: &Sources,
) -> Vec<Fingerprint> {
    let deployments = finding.deployments.iter();
    let own = deployments.filter(|name| !finding.compared_with.contains(name));
    let deployments: Vec<String> = own.cloned().collect();
    let subjects = subjects(finding, model, sources).into_iter();
    subjects
        .map(|subject| Fingerprint {
            rule: finding.rule,
            deployments: deployments.clone(),
            services: finding.services.clone(),
            subject,
        })
        .collect()
}

/// What the rule states; else the workloads. A workload belongs to what the rule states where it has no service, or its service has several
/// workloads there. What is wrong with a file itself is recognised by the file and the key at the place.
fn subjects(finding: &Finding, model: &Model, sources: &Sources) -> Vec<Option<String>> {
    let stated = finding.subjects.iter();
    let workloads = finding.workloads.iter();
    match finding.workloads.as_slice() {
        [workload] if !finding.subjects.is_empty() && !is_only_one(finding, model) => stated
            .map(|subject| Some(format!("{workload}: {subject}")))
            .collect(),
        _ if !finding.subjects.is_empty() => stated.cloned().map(Some).collect(),
        _ if finding.rule.is_about_a_file() => vec![Some(place(finding.primary.span, sources))],
        [_, ..] => workloads.cloned().map(Some).collect(),
        [] if finding.services.is_empty() && finding.deployments.is_empty() => {
            vec![Some(place(finding.primary.span, sources))]
        }
        [] => vec![None],
    }
}

/// Whether the service that a finding is about has no other workload in its deployments.
fn is_only_one(finding: &Finding, model: &Model) -> bool {
    let [service] = finding.services.as_slice() else {
        return false;
    };
    let Some(position) = model.service_position(service) else {
        return false;
    };
    let deployments = model.deployments.iter();
    let mut own =
        deployments.filter(|one| finding.deployments.iter().any(|name| name == one.name()));
    own.all(|deployment| {
        let service = deployment.services.get(position);
        service.is_none_or(|service| service.workloads.len() < 2)
    })
}

/// A file, with the key that a place in it is of. Values are no part of it, as they may be secret.
fn place(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.source);
    let line = source.line_range(source.line_of(span.start));
    let before = line.start..=span.start as usize;
    let nearest = source.painted().names.last_beginning_in(&before);
    let key = nearest.and_then(|range| source.text().get(range));
    match key {
        Some(key) => format!("{}: {}", source.path(), key.trim_matches(['"', '\''])),
        None => source.path().to_owned(),
    }
}
