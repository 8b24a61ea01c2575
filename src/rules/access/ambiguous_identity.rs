//! A workload that is given several SPIFFE IDs, of which not all have the role that it needs.
//!
//! ## Why
//!
//! A client presents the first of the certificates that the Workload API answers with, and nothing defines which one that is:
//! SPIRE sorts them by the random ID of their entries. A workload whose second ID is granted nothing works in one cluster and is
//! refused in the next, or from one day to the other.
//!
//! ## Example
//!
//! A `ClusterSPIFFEID` whose `podSelector` lost its only label gives every pod `spiffe://acme.dev/all`, beside the ID that each has
//! already and is granted `writer`.
//!
//! ## What to do
//!
//! Let only one object select the workload, or grant each of its IDs the same role.

use super::super::common::{about_workload, grant_label, role_name, table_label, workload_label};
use super::super::mend::Mend;
use crate::access::Access;
use crate::access::identity::Identity;
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let is_granted = |access: &Access| matches!(access, Access::Granted { .. });
        // Where none is granted, that is told.
        let mut all = workload.alternatives.iter();
        if !all.any(|(_, access)| is_granted(access)) {
            continue;
        }
        let lacking: Vec<&(Identity, Access)> = workload
            .alternatives
            .iter()
            .filter(|(_, access)| !is_granted(access))
            .collect();
        let finding = finding(model, deployment, workload, &lacking);
        findings
            .extend(finding.map(|finding| about_workload(model, deployment, workload, finding)));
    }
}

fn finding(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    lacking: &[&(Identity, Access)],
) -> Option<Finding> {
    let (first, _) = lacking.first()?;
    let (need, _) = model.need(workload.mapped.service(), deployment.name());
    let need = role_name(model, need);
    let texts: Vec<&str> = lacking
        .iter()
        .map(|(identity, _)| identity.text.as_str())
        .collect();
    let what = format!("`{}` does not have the role `{need}`", texts.join("`, `"));
    let message = format!(
        "workload `{}` of `{}` may present any of {} SPIFFE IDs, of which {what}",
        workload.workload.name,
        deployment.name(),
        workload.alternatives.len()
    );
    let table = deployment.table.table();
    let mut finding = Finding::new(
        RuleId::AmbiguousIdentity,
        message,
        Label::new(first.origin, "this ID is given beside another one"),
    )
    .cause(
        format!("{:?} {what}", first.origin),
        format!("{{who}} may present any of several SPIFFE IDs, of which {what}"),
    )
    .label(workload_label(workload));
    for text in texts {
        finding = finding.subject(text);
    }
    for (identity, access) in &workload.alternatives {
        let grant = access.grant().and_then(|grant| table?.grants.get(grant));
        if let (
            Access::Granted { .. } | Access::Insufficient { .. } | Access::UnknownRole { .. },
            Some(grant),
        ) = (access, grant)
        {
            let text = format!("`{}` is granted `{}`", identity.text, grant.role.value);
            finding = finding.label(grant_label(grant, text));
        }
    }
    finding = finding.help("let only one of what gives SPIFFE IDs select each workload");
    // Only what is granted nothing can be added; a lower role is to be raised where it is.
    let table = table?;
    let is_missing = |access: &Access| access.grant().is_none();
    if let [(identity, access)] = lacking
        && is_missing(access)
    {
        let mend = Mend {
            model,
            deployment,
            table,
            is_meant: false,
        };
        finding = mend.add_grant(finding, &identity.text, need);
    }
    Some(finding.label(table_label(table)))
}
