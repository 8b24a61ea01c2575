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
    about_workload, descriptor_label, grant_label, presents_label, unless_cut_off,
};
use super::super::mend::Mend;
use super::super::presented::Presented;
use crate::access::identity::Identity;
use crate::access::near_miss::Difference;
use crate::access::{Access, AccessTable, placeholder};
use crate::finding::{Finding, Label};
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
                identity,
                service: workload.mapped.service(),
                is_deployed: true,
                label: presents_label(workload),
            };
            let Some(finding) = finding(model, deployment, *grant, difference, &presenter) else {
                continue;
            };
            let granted = deployment
                .table
                .table()
                .and_then(|table| table.grants.get(*grant));
            let presented = Presented {
                model,
                deployment,
                workload,
                identity,
            };
            let mut finding = finding;
            if let (Some(granted), Some(table)) = (granted, deployment.table.table()) {
                finding = presented.or_correct(finding, &granted.identity.value);
                finding = unless_cut_off(finding, deployment, table);
            }
            findings.push(about_workload(model, deployment, workload, finding));
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
                identity,
                service: Some(position),
                is_deployed: !service.workloads.is_empty(),
                label: descriptor_label(descriptor),
            };
            let Some(finding) = finding(model, deployment, *grant, difference, &presenter) else {
                continue;
            };
            findings.push(finding.deployment(deployment.name()).service(name));
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
    identity: &'a Identity,
    /// The position of the service.
    service: Option<usize>,
    /// Whether a workload runs it. If none does, a grant serves nobody, and rule undeployed-service would report it.
    is_deployed: bool,
    /// The line to look at.
    label: Label,
}

fn finding(
    model: &Model,
    deployment: &Deployment,
    position: usize,
    difference: &Difference,
    presenter: &Presenter<'_>,
) -> Option<Finding> {
    let Presenter {
        who,
        identity,
        service,
        is_deployed,
        label,
    } = presenter;
    let presented = identity.text.as_str();
    // Rule placeholder-identity reports it.
    if placeholder::find(presented).is_some() {
        return None;
    }
    let table = deployment.table.table()?;
    let grant = table.grants.get(position)?;
    let message = format!(
        "{who} of `{}` presents `{presented}`; the grant that comes nearest differs in {}",
        deployment.name(),
        difference.text
    );
    let finding = Finding::new(
        RuleId::NearMissIdentity,
        message,
        grant_label(grant, in_what(table, position, difference)),
    )
    .subject(presented)
    .label(label.clone());
    let finding = label_policy(deployment, finding, identity, &grant.identity.value);
    let mend = Mend {
        model,
        deployment,
        table,
        // What many grants differ in may as well be wrong where the identities come from; and what a workload that is no declared
        // service needs, nobody says.
        is_meant: difference.cause.is_none() && service.is_some(),
    };
    let (need, _) = model.need(*service, deployment.name());
    let finding = if *is_deployed {
        let message = "grant the identity as it is presented";
        mend.write_identity(finding, position, (presented, need), message)
    } else {
        finding.help(format!(
            "once {who} is deployed, grant `{presented}`; no workload runs it in `{}` yet",
            deployment.name()
        ))
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

/// The label of a grant: in what it differs, and what it grants where its text in the file does not show that.
fn in_what(table: &AccessTable, position: usize, difference: &Difference) -> String {
    let written = table.writing(position);
    match written.filter(|written| !written.has_identity()) {
        Some(_) => format!(
            "grants `{}`, which differs in {}",
            table.grants[position].identity.value, difference.text
        ),
        None => format!("differs in {}", difference.text),
    }
}

/// Shows the lines of the policy that an identity is made from: the mistake may as well be there.
fn label_policy(
    deployment: &Deployment,
    finding: Finding,
    identity: &Identity,
    granted: &str,
) -> Finding {
    let policy = &deployment.policy;
    let mut finding = finding;
    if identity.origin.source == policy.name.span.source {
        finding = finding.label(Label::new(
            identity.origin,
            "the policy makes the presented identity by this pattern",
        ));
    }
    if let Some(domain) = &policy.trust_domain {
        let of_domain = format!("spiffe://{}/", domain.value);
        if identity.text.starts_with(&of_domain) && !granted.starts_with(&of_domain) {
            finding = finding.label(Label::new(
                domain.span,
                "the policy states this trust domain",
            ));
        }
    }
    finding
}
