//! A grant that no workload and no declared external identity can present, in any deployment that shares the table.
//!
//! ## Why
//!
//! It is left over from a service that is gone, or it was meant for one that is refused because the two are
//! written differently. A right that nobody uses is a right that somebody can take.
//!
//! ## Example
//!
//! `{"identity": "CN=core.acme,O=Acme", "role": "writer"}` where every workload presents a SPIFFE ID.
//!
//! ## What to do
//!
//! Take it away; or, if a person or a tool presents it, declare that in the policy:
//! `[[external_identity]] identity = "…" reason = "…"`.

use super::super::common::{grant_label, is_presented_elsewhere, reads_its_file};
use crate::access::{Access, placeholder};
use crate::finding::Finding;
use crate::resolve::{Deployment, Model, ResolvedWorkload};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let Some(table) = deployment.table.table() else {
            continue;
        };
        // Who presents it may be in a document that could not be read, which is told by itself.
        if deployment.may_have_lost_workloads()
            || deployment.may_have_lost_identities()
            || deployment.has_undecided_identities()
        {
            continue;
        }
        // Its presenter may have lost its identity with the object that is removed. Rule no-identity reports that.
        let has_nobody = |workload: &ResolvedWorkload| {
            workload.is_kv_sourced() && matches!(workload.access, Access::NoIdentity)
        };
        if deployment.removed_issuer().is_some() && deployment.workloads.iter().any(has_nobody) {
            continue;
        }
        let near_missed = near_missed(model, deployment, table.grants.len());
        for (position, grant) in table.grants.iter().enumerate() {
            // What other rules tell of is not told twice.
            let told = near_missed[position]
                || placeholder::find(&grant.identity.value).is_some()
                || !model.policy.access.roles.contains(&grant.role.value);
            if told
                || deployment.presentable[position]
                || is_presented_elsewhere(model, deployment, grant)
            {
                continue;
            }
            let name = deployment.name();
            let message = format!(
                "nobody in `{name}` can present `{}`, to which its access table grants `{}`",
                grant.identity.value, grant.role.value
            );
            let finding = Finding::new(RuleId::OrphanGrant, message, grant_label(grant, "nobody presents this")).subject(&grant.identity.value)
                .cause(name, format!("{{findings}} grants of `{name}` match nothing that is presented there"))
                .deployment(name)
                .help(format!(
                    "take the grant away; or declare who presents the identity, at the end of the policy: `[[external_identity]]`, and on lines of their own `identity = {:?}`, `deployment = {name:?}` and `reason = \"…\"`",
                    grant.identity.value
                ));
            findings.push(finding);
        }
    }
}

/// For each grant, whether somebody who needs one presents almost that.
fn near_missed(model: &Model, deployment: &Deployment, grants: usize) -> Vec<bool> {
    let mut near_missed = vec![false; grants];
    let workloads = deployment
        .workloads
        .iter()
        .filter(|workload| workload.is_kv_sourced());
    let services = deployment.services.iter().enumerate();
    let services = services.filter(|(position, _)| !reads_its_file(model, *position, deployment));
    let accesses = workloads
        .map(|workload| &workload.access)
        .chain(services.map(|(_, service)| &service.access));
    for access in accesses {
        if let Access::NearMiss { grant, .. } = access {
            near_missed[*grant] = true;
        }
    }
    near_missed
}
