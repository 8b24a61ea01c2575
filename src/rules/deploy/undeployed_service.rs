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

use std::collections::HashMap;

use super::super::common::{
    at_first, descriptor_label, grant_label, is_presented_elsewhere, offer_not_in, state_alias,
    workload_label,
};
use super::source_drift::expected;
use super::undeclared_service::{meant, probably_run, renamed};
use crate::access::{Access, Grant};
use crate::deploy::RemovedObject;
use crate::finding::{Finding, Label, Level};
use crate::inputs::matches;
use crate::policy::ExpectedSource;
use crate::resolve::{Deployment, Model, ServiceInDeployment, SourceState};
use crate::rules::RuleId;
use crate::source::Span;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let mut from_store = vec![None; model.services.len()];
    for (deployment, workload) in model.kv_sourced() {
        let first = workload
            .mapped
            .service()
            .and_then(|service| from_store.get_mut(service));
        if let (Some(first), SourceState::Kv { span, .. }) = (first, &workload.source) {
            first.get_or_insert((deployment, *span));
        }
    }
    let mut found = Vec::new();
    for deployment in &model.deployments {
        // Its workload may be in a document that could not be read, which is told by itself.
        if deployment.may_have_lost_workloads() {
            continue;
        }
        let intentions = Intentions {
            model,
            deployment,
            from_store: &from_store,
            used_grants: used_grants(model, deployment),
        };
        // A workload that is called otherwise is told as that.
        let probably_run = probably_run(model, deployment);
        let renamed = renamed(model, deployment);
        let removed = removed_workloads(model, deployment);
        for (position, (descriptor, service)) in
            model.services.iter().zip(&deployment.services).enumerate()
        {
            let name = &descriptor.name.value;
            let is_excused = service.not_in.is_some() || model.is_carried(name);
            let is_run = !service.workloads.is_empty() || probably_run.contains(name.as_str());
            if is_excused || is_run {
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
            .help("deploy it");
            let finding = match renamed {
                Some((workload, own)) if own.name.value == *name => {
                    let new_name = workload.workload.base_name();
                    finding.label(workload_label(workload)).help(format!(
                        "if `{new_name}` is its new name there, name it `{name}` again, or {}",
                        state_alias(model, name, new_name)
                    ))
                }
                _ => finding,
            };
            let finding = match removed.get(name.as_str()) {
                Some(removed) => {
                    let what = format!("`{}` is removed here", removed.name);
                    at_first(finding, Label::new(removed.span, what))
                        .help(format!("delete what removes `{}`", removed.name))
                }
                None => finding,
            };
            found.push(match intentions.of(position, service) {
                Some(intention) => finding.label(intention).at_level(Level::Deny),
                None => finding,
            });
        }
    }
    findings.extend(offer_not_in(model, "or say why not", found));
}

/// The removed objects that would run services, by the service's name.
fn removed_workloads<'m>(
    model: &'m Model,
    deployment: &'m Deployment,
) -> HashMap<&'m str, &'m RemovedObject> {
    let removed = deployment.removed.iter().filter(|one| one.is_workload());
    let of_services = removed.filter_map(|one| {
        let service = meant(model, &one.name)?;
        Some((service.name.value.as_str(), one))
    });
    of_services.collect()
}

/// What says that services are meant to run from the store in a deployment that has no workload for them.
struct Intentions<'m> {
    model: &'m Model,
    deployment: &'m Deployment,
    /// For each service the first deployment that runs it from the store, and where it says so.
    from_store: &'m [Option<(&'m Deployment, Span)>],
    /// For each grant of the deployment whether somebody else uses it.
    used_grants: Vec<bool>,
}

impl Intentions<'_> {
    /// The place that says it of a service.
    fn of(&self, position: usize, service: &ServiceInDeployment) -> Option<Label> {
        let (model, deployment) = (self.model, self.deployment);
        if let Some(grant) = self.unused_grant(service) {
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
        // A service that is meant to read a file lacks no wiring for the store.
        let reads_file = expected(model, position, deployment)
            .is_some_and(|expected| expected.value == ExpectedSource::File);
        let (other, span) = self.from_store[position].filter(|_| !reads_file)?;
        let text = format!("from the store in `{}`", other.name());
        Some(Label::new(span, text))
    }

    /// The grant for a service that has no workload, unless somebody else presents its identity.
    fn unused_grant(&self, service: &ServiceInDeployment) -> Option<&Grant> {
        let (Access::Granted { grant: position }
        | Access::Insufficient { grant: position }
        | Access::UnknownRole { grant: position }) = service.access
        else {
            return None;
        };
        let grant = self.deployment.table.table()?.grants.get(position)?;
        let is_free = self.used_grants.get(position) == Some(&false)
            && !is_presented_elsewhere(self.model, self.deployment, grant);
        (is_free && is_of_deployment(&grant.identity.value, self.deployment)).then_some(grant)
    }
}

/// For each grant whether a workload presents its identity, or somebody whom the policy calls external.
fn used_grants(model: &Model, deployment: &Deployment) -> Vec<bool> {
    let grants = deployment
        .table
        .table()
        .map(|table| table.grants.as_slice());
    let externals: Vec<&str> = model
        .policy
        .external_identities
        .iter()
        .filter(|external| {
            let of = external.deployment.as_deref();
            of.is_none_or(|name| name == deployment.name())
        })
        .map(|external| external.identity.value.as_str())
        .collect();
    let is_external = |grant: &Grant| {
        let mut patterns = externals.iter();
        patterns.any(|pattern| matches(pattern, &grant.identity.value))
    };
    let grants = grants.unwrap_or_default().iter();
    let mut used: Vec<bool> = grants.map(is_external).collect();
    let workloads = deployment.workloads.iter();
    for position in workloads.filter_map(|workload| workload.access.grant()) {
        if let Some(used) = used.get_mut(position) {
            *used = true;
        }
    }
    used
}

/// Whether a SPIFFE ID may be given in a deployment: deployments that share a table list each other's.
fn is_of_deployment(identity: &str, deployment: &Deployment) -> bool {
    let Some(path) = identity.strip_prefix("spiffe://") else {
        return true;
    };
    let (domain, path) = path.split_once('/').unwrap_or((path, ""));
    let own_domain = deployment.policy.trust_domain.as_ref();
    let own_domain = own_domain.map(|stated| stated.value.as_str());
    let namespace = path
        .strip_prefix("ns/")
        .and_then(|rest| rest.split('/').next());
    let own_namespace = deployment.policy.namespace();
    let fits = |own: Option<&str>, written: Option<&str>| match (own, written) {
        (Some(own), Some(written)) => own == written,
        _ => true,
    };
    fits(own_domain, Some(domain)) && fits(own_namespace, namespace)
}
