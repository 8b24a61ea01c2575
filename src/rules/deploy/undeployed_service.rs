//! A descriptor with no workload in a deployment.
//!
//! ## Why
//!
//! It may be meant; but a service that one deployment lost in a clean-up looks just the same: its key is
//! seeded by nobody, and what the others change in the store never reaches that deployment.
//!
//! ## Example
//!
//! The registry declares `mapper`; it runs from the store in `docker-compose.yml`, and the systemd packages
//! have no unit for it.
//!
//! ## What to do
//!
//! Deploy it, or state in the policy why not: `[[service.mapper.not_in]]`. The rule denies where something
//! says that the service is meant to run from the store there: the policy's `expected_source = "kv"`, another
//! deployment that runs it from the store, or a grant in the deployment's own access table that no workload
//! uses. About any other service it is off by default; turn it on where every deployment is meant to run
//! every service. A level that the policy states for the rule holds for both.

use super::super::common::{descriptor_label, grant_label, policy_key};
use super::source_drift::expected;
use super::undeclared_service::is_probably_run;
use crate::access::{Access, Grant};
use crate::finding::{Finding, Label, Level};
use crate::inputs::matches;
use crate::policy::ExpectedSource;
use crate::resolve::{Deployment, Model, ResolvedWorkload, ServiceInDeployment, SourceState};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        // Its workload may be in a document that could not be read, which is told by itself.
        if deployment.may_have_lost_workloads() {
            continue;
        }
        for (position, (descriptor, service)) in
            model.services.iter().zip(&deployment.services).enumerate()
        {
            let name = &descriptor.name.value;
            if !service.workloads.is_empty() || service.not_in.is_some() || model.is_carried(name) {
                continue;
            }
            if is_probably_run(model, deployment, descriptor) {
                continue;
            }
            let of = deployment.name();
            let finding = Finding::new(
                RuleId::UndeployedService,
                format!("service `{name}` is declared and has no workload in `{of}`"),
                descriptor_label(descriptor),
            )
            .label(Label::new(
                deployment.policy.name.span,
                "has no workload for it",
            ))
            .deployment(of)
            .service(name)
            .help(format!(
                "deploy it; or say why not, at the end of the policy: `[[service.{}.not_in]]`, and on lines of their own `deployment = \"{of}\"` and `reason = \"…\"`",
                policy_key(name)
            ));
            findings.push(match intended(model, deployment, position, service) {
                Some(intention) => finding.label(intention).at_level(Level::Deny),
                None => finding,
            });
        }
    }
}

/// What says that a service is meant to run from the store in a deployment that has no workload for it.
fn intended(
    model: &Model,
    deployment: &Deployment,
    position: usize,
    service: &ServiceInDeployment,
) -> Option<Label> {
    if let Some(grant) = unused_grant(model, deployment, service) {
        return Some(grant_label(grant, "granted to it"));
    }
    let of_service = model
        .service_policy(position)
        .and_then(|policy| policy.expected_source(deployment.name()));
    if let Some(stated) = of_service
        && stated.value == ExpectedSource::Kv
    {
        return Some(Label::new(stated.span, "the policy expects this"));
    }
    // A deployment that is meant to read files lacks no wiring for the store.
    let reads_file = expected(model, position, deployment)
        .is_some_and(|expected| expected.value == ExpectedSource::File);
    let (other, workload) = model
        .kv_sourced()
        .find(|(_, workload)| workload.mapped.service() == Some(position))?;
    if reads_file {
        return None;
    }
    let span = source_span(workload)?;
    Some(Label::new(
        span,
        format!("from the store in `{}`", other.name()),
    ))
}

fn source_span(workload: &ResolvedWorkload) -> Option<crate::source::Span> {
    match workload.source {
        SourceState::Kv { span, .. } => Some(span),
        _ => None,
    }
}

/// The grant for a service that has no workload, unless somebody else presents its identity.
fn unused_grant<'d>(
    model: &Model,
    deployment: &'d Deployment,
    service: &ServiceInDeployment,
) -> Option<&'d Grant> {
    let (Access::Granted { grant: position }
    | Access::Insufficient { grant: position }
    | Access::UnknownRole { grant: position }) = service.access
    else {
        return None;
    };
    let grant = deployment.table.table()?.grants.get(position)?;
    let identity = &grant.identity.value;
    let is_presented = deployment
        .workloads
        .iter()
        .any(|workload| workload.access.grant() == Some(position));
    let is_external = model.policy.external_identities.iter().any(|external| {
        let is_of = external.deployment.as_deref();
        is_of.is_none_or(|name| name == deployment.name())
            && matches(&external.identity.value, identity)
    });
    let is_used = is_presented || is_external;
    (!is_used && is_of_deployment(identity, deployment)).then_some(grant)
}

/// Whether a SPIFFE ID may be given in a deployment: deployments that share a table list each other's.
fn is_of_deployment(identity: &str, deployment: &Deployment) -> bool {
    let Some(path) = identity.strip_prefix("spiffe://") else {
        return true;
    };
    let (domain, path) = path.split_once('/').unwrap_or((path, ""));
    let own_domain = deployment.policy.trust_domain.as_deref();
    let namespace = path
        .strip_prefix("ns/")
        .and_then(|rest| rest.split('/').next());
    let own_namespace = deployment.policy.namespace.as_deref();
    let fits = |own: Option<&str>, written: Option<&str>| match (own, written) {
        (Some(own), Some(written)) => own == written,
        _ => true,
    };
    fits(own_domain, Some(domain)) && fits(own_namespace, namespace)
}
