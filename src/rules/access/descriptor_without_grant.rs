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
    descriptor_label, grant_label, offer_not_in, reads_its_file, role_name, table_label,
    unless_cut_off,
};
use super::super::mend::Mend;
use super::near_miss_identity::shared_causes;
use crate::access::{Access, placeholder};
use crate::finding::Finding;
use crate::resolve::{Deployment, Model, ServiceInDeployment};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let mut of_services = Vec::new();
    for deployment in &model.deployments {
        let Some(table) = deployment.table.table() else {
            continue;
        };
        let mend = Mend {
            model,
            deployment,
            table,
            // It may be the declaration that is wrong.
            is_meant: false,
        };
        let unserved = unserved(model, deployment);
        // Where no service has a grant that is not excused, it is one mistake, and not one for each service.
        let grants_nobody = unserved.len() > 1 && deployment.services.iter().all(is_unknown);
        let found = unserved.into_iter().map(|position| finding(mend, position));
        if grants_nobody {
            findings.extend(found.map(|finding| of_all(deployment, finding)));
        } else {
            of_services.extend(found);
        }
    }
    findings.extend(offer_not_in(model, "or say why it needs none", of_services));
}

/// The services, by position, that are not excused and that no grant serves.
fn unserved(model: &Model, deployment: &Deployment) -> Vec<usize> {
    let shared = shared_causes(deployment);
    let services = model.services.iter().zip(&deployment.services).enumerate();
    let unserved = services.filter(|(position, (descriptor, service))| {
        let excused = service.not_in.is_some() || model.is_carried(&descriptor.name.value);
        let is_unserved = match &service.access {
            Access::Missing | Access::NoIdentity => true,
            Access::NearMiss { difference, .. } => difference
                .cause
                .as_deref()
                .is_none_or(|cause| !shared.contains(cause)),
            _ => false,
        };
        // Rule source-drift finds a workload of it that loads from the store all the same.
        is_unserved
            && !excused
            && !reads_its_file(model, *position, deployment)
            && !deployment.runs_from_store(service)
    });
    unserved.map(|(position, _)| position).collect()
}

/// Whether no grant of the access table is for the service, not even one that nearly matches.
fn is_unknown(service: &ServiceInDeployment) -> bool {
    service.access.grant().is_none()
}

/// Turns the finding of one service into a part of one finding about all services of a deployment.
fn of_all(deployment: &Deployment, finding: Finding) -> Finding {
    let name = deployment.name();
    finding
        .cause(
            format!("{name} grants nobody"),
            format!(
                "the access table of `{name}` has a grant for none of the fleet's services, {{findings}} of which need one there"
            ),
        )
        .help(format!(
            "if the table grants them under other identities, mend the patterns under `[[deployment.identity]]` of `{name}` in the policy; if `{name}` does without them, say so in the policy for each, by `not_in`"
        ))
}

/// Offers to take a service away that no deployment runs.
fn or_undeclare(model: &Model, position: usize, finding: Finding) -> Finding {
    let mut all = model.deployments.iter();
    let is_run = all.any(|deployment| !deployment.services[position].workloads.is_empty());
    if is_run {
        finding
    } else {
        finding.help("or, if nothing is to run it, take it out of the registry")
    }
}

/// The finding of one service.
fn finding(mend: Mend<'_>, position: usize) -> Finding {
    let Mend {
        model,
        deployment,
        table,
        ..
    } = mend;
    let (descriptor, service) = (&model.services[position], &deployment.services[position]);
    let name = &descriptor.name.value;
    let message = format!(
        "service `{name}` is declared, and the access table of `{}` has no grant for it",
        deployment.name()
    );
    let label = descriptor_label(descriptor);
    let finding = Finding::new(RuleId::DescriptorWithoutGrant, message, label)
        .label(table_label(table))
        .deployment(deployment.name())
        .service(name);
    let finding = unless_cut_off(finding, deployment, table);
    // A placeholder is nothing to grant.
    let mut identities = service.identities();
    let identity = identities.find(|identity| placeholder::find(&identity.text).is_none());
    let Some(identity) = identity else {
        return finding;
    };
    let text = identity.text.as_str();
    // A grant alone would serve nobody where no workload runs the service: rule undeployed-service tells of that.
    let is_deployed = !service.workloads.is_empty();
    let (need, _) = model.need(Some(position), deployment.name());
    let role = role_name(model, need);
    let Access::NearMiss { grant, difference } = &service.access else {
        return if is_deployed {
            mend.add_grant(finding, text, role)
        } else {
            let finding = finding.help(format!(
                "deploy `{name}` in `{}`, and grant `{text}` the role `{role}` in the access table",
                deployment.name()
            ));
            or_undeclare(model, position, finding)
        };
    };
    let finding = finding.label(grant_label(
        &table.grants[*grant],
        format!("is this one meant? It differs in {}", difference.text),
    ));
    let help = format!("if it is, grant `{text}` what it would present");
    if is_deployed {
        mend.write_identity(finding, *grant, (text, need), help)
    } else {
        finding.help(format!("{help}, and deploy it"))
    }
}
