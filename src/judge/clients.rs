//! Deployments in which nothing loads its configuration from the store.

use super::level::level;
use crate::check::Options;
use crate::deploy::Failure;
use crate::finding::{Finding, Level};
use crate::resolve::{Deployment, Model, SourceState, nobody_uses_store};
use crate::rules::RuleId;

/// The deployments in which nothing loads its configuration from the store, unless the policy says that this is meant. Where a
/// finding tells why that is so, or something could not be read, that is the cause.
pub(crate) fn deployments_without_clients(
    findings: &[Finding],
    failures: &[Failure],
    model: &Model,
    options: &Options,
) -> Vec<Failure> {
    let tells = |deployment: &Deployment, finding: &Finding| {
        let is_of_source = match finding.rule {
            RuleId::SourceDrift => !is_of_half_set(finding, model, deployment),
            RuleId::MalformedFile | RuleId::UnsupportedConstruct | RuleId::DanglingReference => {
                true
            }
            _ => false,
        };
        is_of_source
            && finding
                .deployments
                .iter()
                .any(|name| name == deployment.name())
            && level(finding, model, options) == Level::Deny
    };
    let untold = model.deployments.iter().filter(|deployment| {
        let is_unread = deployment.is_partial && !failures.is_empty();
        !is_unread && !findings.iter().any(|finding| tells(deployment, finding))
    });
    untold
        .filter_map(|deployment| nobody_uses_store(model, deployment))
        .collect()
}

/// Whether a finding is of a workload that is set up for the store and does not name the source, and neither the policy nor
/// another workload tells that its service uses the store: that is so of all where the policy names the wrong variable.
fn is_of_half_set(finding: &Finding, model: &Model, deployment: &Deployment) -> bool {
    let uses_store = |service| {
        let mut clients = model.kv_sourced();
        clients.any(|(_, client)| client.mapped.service() == Some(service))
    };
    let mut workloads = deployment.workloads.iter();
    workloads.any(|workload| {
        finding.workloads.contains(&workload.workload.name)
            && matches!(workload.source, SourceState::Unset { half_set: true })
            && workload.mapped.service().is_some_and(|service| {
                model.expected_source(service, deployment).is_none() && !uses_store(service)
            })
    })
}
