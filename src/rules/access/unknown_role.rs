//! A role that the store does not know.
//!
//! ## Why
//!
//! The store's parser takes any string for a role, and grants nothing for one that it does not know: the
//! entry looks generous and is empty.
//!
//! ## Example
//!
//! `{"identity": "spiffe://acme.dev/services/core", "role": "admin"}` where the store knows only `reader`
//! and `writer`.
//!
//! ## What to do
//!
//! Write one of the store's roles. If the store has learnt a new one, add it to `roles` under `[access]` in
//! the policy.

use super::super::common::{about_workload, descriptor_label, presents_label, role_name};
use super::super::mend::Mend;
use crate::access::Access;
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let known = &model.policy.access.roles;
    for deployment in &model.deployments {
        let Some(table) = deployment.table.table() else {
            continue;
        };
        for (position, grant) in table.grants.iter().enumerate() {
            let role = &grant.role.value;
            if known.contains(role) {
                continue;
            }
            let message = format!(
                "the access table of `{}` grants `{role}`, a role that the store does not know",
                deployment.name()
            );
            let primary = Label::new(
                grant.role.span,
                format!("known are `{}`", known.join("`, `")),
            );
            let mut finding = Finding::new(RuleId::UnknownRole, message.clone(), primary)
                .subject(format!("{} as {role}", grant.identity.value))
                .cause(format!("{:?} {role}", grant.span), message)
                .deployment(deployment.name());
            let mend = Mend {
                model,
                deployment,
                table,
                // What a workload that is no declared service needs, nobody says.
                is_meant: hit(deployment, position)
                    .all(|workload| workload.mapped.service().is_some()),
            };
            // With a valid role it would be a grant that nobody presents.
            finding = match need(model, deployment, position) {
                Some(need) => {
                    mend.write_role(finding, position, role_name(model, need), "change the role")
                }
                None if deployment.presentable[position] => finding.help(format!(
                    "write the role that whoever presents it needs, `{}`",
                    known.join("` or `")
                )),
                None => finding.help("take the grant away, as nobody presents it either; or write a role that the store knows, and deploy who presents it"),
            };
            let before = findings.len();
            findings.extend(hit(deployment, position).map(|workload| {
                about_workload(
                    model,
                    deployment,
                    workload,
                    finding.clone().label(presents_label(workload)),
                )
            }));
            let here = Access::UnknownRole { grant: position };
            for (descriptor, service) in model.services.iter().zip(&deployment.services) {
                if service.access == here && !deployment.runs_from_store(service) {
                    findings.push(
                        finding
                            .clone()
                            .service(&descriptor.name.value)
                            .label(descriptor_label(descriptor)),
                    );
                }
            }
            if findings.len() == before {
                findings.push(finding);
            }
        }
    }
}

/// The workloads that load from the store and to whose identity the grant at a position gives an unknown role.
fn hit(deployment: &Deployment, position: usize) -> impl Iterator<Item = &ResolvedWorkload> {
    let here = Access::UnknownRole { grant: position };
    let workloads = deployment.workloads.iter();
    workloads.filter(move |workload| workload.is_kv_sourced() && workload.access == here)
}

/// The role that those need, by its position, who present the identity of a grant whose role is unknown; `None` if no service does.
fn need(model: &Model, deployment: &Deployment, position: usize) -> Option<usize> {
    let here = Access::UnknownRole { grant: position };
    let of_workloads = hit(deployment, position).map(|workload| workload.mapped.service());
    let services = deployment.services.iter().enumerate();
    let of_services = services.filter(|(_, service)| service.access == here);
    let all = of_workloads.chain(of_services.map(|(position, _)| Some(position)));
    all.map(|service| model.need(service, deployment.name()).0)
        .max()
}
