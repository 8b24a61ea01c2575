//! No grant, but one differs only in namespace, trust domain, case, host, DN attributes or spelling.
//!
//! ## Why
//!
//! The store compares identities letter by letter. A table written for one namespace, or for one form of a
//! certificate's subject, grants nothing under another, and looks right to whoever reads it.
//!
//! ## Example
//!
//! The workload presents `CN=core.acme,OU=Docker,O=Acme`; the table grants `CN=core.acme,O=Acme`.
//!
//! ## What to do
//!
//! Write the identity in the grant as the workload presents it. If the store compares another form than the
//! policy says, mend `compare` under `[access]` in the policy.

use std::collections::BTreeSet;

use super::super::common::{
    about_workload, add_grant, descriptor_label, grant_label, is_presented_elsewhere,
    presents_label, role_name,
};
use crate::access::near_miss::Difference;
use crate::access::{Access, placeholder};
use crate::finding::{Edit, Finding};
use crate::resolve::{Deployment, Model};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let shared = shared_causes(deployment);
        for workload in deployment
            .workloads
            .iter()
            .filter(|workload| workload.is_kv_sourced())
        {
            let Access::NearMiss { grant, difference } = &workload.access else {
                continue;
            };
            let Some(identity) = workload.identities().next() else {
                continue;
            };
            let presenter = Presenter {
                who: format!("workload `{}`", workload.workload.name),
                identity: &identity.text,
                service: workload.mapped.service(),
            };
            let Some(finding) = finding(model, deployment, *grant, difference, &presenter) else {
                continue;
            };
            findings.push(about_workload(
                model,
                deployment,
                workload,
                finding.label(presents_label(workload)),
            ));
        }
        // A service without a KV-sourced workload is told of here only if others have the same cause.
        for (position, (descriptor, service)) in
            model.services.iter().zip(&deployment.services).enumerate()
        {
            let Access::NearMiss { grant, difference } = &service.access else {
                continue;
            };
            let name = &descriptor.name.value;
            let told = difference
                .cause
                .as_deref()
                .is_some_and(|cause| shared.contains(cause));
            let excused = service.not_in.is_some() || model.is_carried(name);
            if !told || excused || deployment.runs_from_store(service) {
                continue;
            }
            let Some(identity) = service.identities().next() else {
                continue;
            };
            let presenter = Presenter {
                who: format!("service `{name}`"),
                identity: &identity.text,
                service: Some(position),
            };
            let Some(finding) = finding(model, deployment, *grant, difference, &presenter) else {
                continue;
            };
            findings.push(
                finding
                    .deployment(deployment.name())
                    .service(name)
                    .label(descriptor_label(descriptor)),
            );
        }
    }
}

/// The causes by which KV-sourced workloads of a deployment miss their grants.
pub(super) fn shared_causes(deployment: &Deployment) -> BTreeSet<&str> {
    deployment
        .workloads
        .iter()
        .filter(|workload| workload.is_kv_sourced())
        .filter_map(|workload| match &workload.access {
            Access::NearMiss { difference, .. } => difference.cause.as_deref(),
            _ => None,
        })
        .collect()
}

/// Who presents an identity that nearly has a grant.
struct Presenter<'a> {
    /// The workload or the service, as a message names it.
    who: String,
    identity: &'a str,
    /// The position of the service.
    service: Option<usize>,
}

fn finding(
    model: &Model,
    deployment: &Deployment,
    grant: usize,
    difference: &Difference,
    presenter: &Presenter<'_>,
) -> Option<Finding> {
    let Presenter {
        who,
        identity: presented,
        service,
    } = presenter;
    // Rule placeholder-identity reports it.
    if placeholder::find(presented).is_some() {
        return None;
    }
    let table = deployment.table.table()?;
    let grant = table.grants.get(grant)?;
    let message = format!(
        "{who} of `{}` presents `{presented}`; the grant that comes nearest differs in {}",
        deployment.name(),
        difference.text
    );
    let edit = Edit {
        span: grant.identity.span,
        replacement: table.written(presented),
    };
    let finding = Finding::new(
        RuleId::NearMissIdentity,
        message,
        grant_label(grant, format!("differs in {}", difference.text)),
    );
    // Replaced, the grant would be missing where another deployment presents what it grants.
    let finding = if is_presented_elsewhere(model, deployment, grant) {
        let (need, _) = model.need(*service, deployment.name());
        add_grant(finding, table, presented, role_name(model, need))
    } else {
        finding.help_edit("grant the identity as it is presented", edit)
    };
    Some(match &difference.cause {
        Some(cause) => finding.cause(
            format!("{} {cause}", deployment.name()),
            format!(
                "nothing is granted to {{who}} of `{}`: the grants that come nearest differ in {cause}",
                deployment.name()
            ),
        ),
        None => finding,
    })
}
