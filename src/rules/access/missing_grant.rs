//! A KV-sourced workload none of whose identities has a grant.
//!
//! ## Why
//!
//! The store refuses the client. Many clients then log a warning and go on with the file they were
//! shipped with, so the service runs, with the wrong configuration.
//!
//! ## Example
//!
//! `docker-compose.yml` runs `trapd` with `CONFIG_SOURCE=kv`; it presents
//! `spiffe://acme.dev/services/trapd`, and the access table has no such entry.
//!
//! ## What to do
//!
//! Add the grant that the message spells out to the access table of that deployment.

use super::super::common::{
    about_workload, presents_label, role_name, table_label, unless_cut_off,
};
use super::super::deploy::undeclared_service::renamed;
use super::super::mend::{Mend, default_account};
use super::super::presented::Presented;
use crate::access::{Access, placeholder};
use crate::finding::Finding;
use crate::resolve::{Deployment, Mapped, Model, ResolvedWorkload};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let (Access::Missing, Some(table)) = (&workload.access, deployment.table.table()) else {
            continue;
        };
        let Some(identity) = workload.identities().next() else {
            continue;
        };
        // Rule placeholder-identity says so. Granted as it is, the placeholder would stay.
        if placeholder::find(&identity.text).is_some() {
            continue;
        }
        let (need, _) = model.need(workload.mapped.service(), deployment.name());
        let message = format!(
            "workload `{}` of `{}` loads its configuration from the store, which grants `{}` nothing",
            workload.workload.name,
            deployment.name(),
            identity.text
        );
        let mut finding = Finding::new(RuleId::MissingGrant, message, table_label(table))
            .subject(&identity.text)
            .label(presents_label(workload));
        if let Some(account) = default_account(&identity.text) {
            // Each deployment has it in a namespace of its own.
            finding = finding.cause(
                format!("{:?} {:?}", table.span, workload.workload.name_span),
                format!("{{who}} of {{where}} presents the service account `{account}`, which the store grants nothing"),
            );
        }
        let mend = Mend {
            model,
            deployment,
            table,
            // What a workload that is no declared service needs, nobody says.
            is_meant: workload.mapped.service().is_some(),
        };
        let presented = Presented {
            model,
            deployment,
            workload,
            identity,
        };
        if !presented.lacks_its_account(table) {
            finding = mend.add_grant(finding, &identity.text, role_name(model, need));
        }
        let finding = presented.or_present_what_is_granted(finding, table);
        let finding = or_rename(model, deployment, workload, finding);
        let finding = unless_cut_off(finding, deployment, table);
        findings.push(about_workload(model, deployment, workload, finding));
    }
}

/// Offers to give a workload that may be a service under a new name its old one, by which it may be granted its role.
fn or_rename(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    finding: Finding,
) -> Finding {
    if !matches!(workload.mapped, Mapped::ToNothing) {
        return finding;
    }
    match renamed(model, deployment) {
        Some((own, service)) if std::ptr::eq(own, workload) => finding.help(format!(
            "or, if it is `{}` under a new name, name it so again",
            service.name.value
        )),
        _ => finding,
    }
}
