//! A descriptor, not excused, that no grant of a deployment serves.
//!
//! ## Why
//!
//! A new descriptor must bring its grant in every deployment: when the workload follows, in another change
//! by another person, nobody thinks of the access table any more.
//!
//! ## Example
//!
//! The registry declares `netflow`; the access table of `compose` has no entry for
//! `spiffe://acme.dev/services/netflow`.
//!
//! ## What to do
//!
//! Add the grant, and the workload if there is none; or excuse the service in the policy, with the reason:
//! `[[service.netflow.not_in]]` if the deployment does without it, `[service.netflow.carried_by]` if another
//! service reads its key. A service that the policy expects to read its file (`expected_source = "file"`) needs no grant.

use super::super::common::{
    descriptor_label, grant_label, reads_its_file, role_name, state_not_in, table_label,
};
use super::super::mend::Mend;
use super::near_miss_identity::shared_causes;
use crate::access::{Access, placeholder};
use crate::finding::Finding;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let Some(table) = deployment.table.table() else {
            continue;
        };
        let shared = shared_causes(deployment);
        for (position, (descriptor, service)) in
            model.services.iter().zip(&deployment.services).enumerate()
        {
            let name = &descriptor.name.value;
            let excused = service.not_in.is_some() || model.is_carried(name);
            // Rule source-drift finds a workload of it that loads from the store all the same.
            if excused
                || reads_its_file(model, position, deployment)
                || deployment.runs_from_store(service)
            {
                continue;
            }
            let unserved = match &service.access {
                Access::Missing | Access::NoIdentity => true,
                Access::NearMiss { difference, .. } => difference
                    .cause
                    .as_deref()
                    .is_none_or(|cause| !shared.contains(cause)),
                _ => false,
            };
            if !unserved {
                continue;
            }
            let mut finding = Finding::new(
                RuleId::DescriptorWithoutGrant,
                format!("service `{name}` is declared, and the access table of `{}` has no grant for it", deployment.name()),
                descriptor_label(descriptor),
            )
            .label(table_label(table))
            .deployment(deployment.name())
            .service(name);
            // A placeholder is nothing to grant.
            let mut identities = service.identities();
            let identity = identities.find(|identity| placeholder::find(&identity.text).is_none());
            let near_miss = match (&service.access, identity) {
                (Access::NearMiss { grant, difference }, Some(identity)) => table
                    .grants
                    .get(*grant)
                    .map(|entry| (*grant, entry, difference, identity)),
                _ => None,
            };
            // A grant alone would serve nobody where no workload runs the service: rule undeployed-service tells of that.
            let is_deployed = !service.workloads.is_empty();
            let (need, _) = model.need(Some(position), deployment.name());
            let role = role_name(model, need);
            let mend = Mend {
                model,
                deployment,
                table,
            };
            if let Some((position_of_grant, grant, difference, identity)) = near_miss {
                let help = format!("if it is, grant `{}` what it would present", identity.text);
                finding = finding.label(grant_label(
                    grant,
                    format!("is this one meant? It differs in {}", difference.text),
                ));
                finding = if is_deployed {
                    mend.write_identity(finding, position_of_grant, (&identity.text, need), help)
                } else {
                    finding.help(format!("{help}, and deploy it"))
                };
            } else if let Some(identity) = identity {
                finding = if is_deployed {
                    mend.add_grant(finding, &identity.text, role)
                } else {
                    finding.help(format!(
                        "deploy it, and grant `{}` the role `{role}` in the access table",
                        identity.text
                    ))
                };
            }
            findings.push(finding.help(format!(
                "or say why it needs none, {}",
                state_not_in(model, name, deployment.name())
            )));
        }
    }
}
