//! A placeholder left unresolved in a grant or an identity.
//!
//! ## Why
//!
//! `PLACEHOLDER_IDENTITY`, `$(NAMESPACE)`, `{{ … }}` or `<REPLACE>` are compared letter by letter, like
//! any identity, and nobody presents them. All workloads that the entry was meant for are refused.
//!
//! ## Example
//!
//! `{"identity": "CN=PLACEHOLDER_IDENTITY,O=Acme", "role": "writer"}` in the configuration that a package
//! ships: every unit of the package presents `CN=<name>,O=Acme` and is granted nothing.
//!
//! ## What to do
//!
//! Write the grants out in place of it, one for each workload that the message lists; or let the tool that was to fill in
//! the placeholder run before the file is used, and name its output in the policy.

use super::super::common::{about_workload, grant_label, presents_label, role_name};
use super::super::mend::Mend;
use crate::access::identity::Identity;
use crate::access::{Access, placeholder};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        check_grants(model, deployment, findings);
        check_identities(model, deployment, findings);
    }
}

fn check_grants(model: &Model, deployment: &Deployment, findings: &mut Vec<Finding>) {
    let Some(table) = deployment.table.table() else {
        return;
    };
    for (position, grant) in table.grants.iter().enumerate() {
        let Some(range) = placeholder::find(&grant.identity.value) else {
            continue;
        };
        let text = placeholder::shown(&grant.identity.value[range]);
        let here = Access::Placeholder { grant: position };
        let message = format!(
            "a grant of `{}` still holds the placeholder `{text}`",
            deployment.name()
        );
        let finding = Finding::new(
            RuleId::PlaceholderIdentity,
            message.clone(),
            grant_label(grant, "nobody presents this"),
        )
        .subject(format!("grant {}", grant.identity.value))
        .cause(
            format!("{:?}", grant.span),
            format!("{message}; nothing is granted to {{who}} that it may stand for"),
        )
        .deployment(deployment.name());
        let before = findings.len();
        let hit: Vec<&ResolvedWorkload> = deployment
            .workloads
            .iter()
            .filter(|workload| workload.is_kv_sourced() && workload.access == here)
            .collect();
        let mend = Mend {
            model,
            deployment,
            table,
            // A tool may be meant to fill the placeholder in.
            is_meant: false,
        };
        for workload in &hit {
            let own = finding.clone().label(presents_label(workload));
            let own = write_out(mend, own, position, &hit);
            findings.push(about_workload(model, deployment, workload, own));
        }
        // Services that no workload runs yet, and that nothing else grants.
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            if service.access == here
                && service.not_in.is_none()
                && !model.is_carried(&descriptor.name.value)
            {
                findings.push(finding.clone().service(&descriptor.name.value));
            }
        }
        if findings.len() == before {
            findings.push(finding.help("write the identity out, or take the grant away"));
        }
    }
}

/// Offers the grants that a placeholder stands for: one in its place, and the others before it.
fn write_out(
    mend: Mend<'_>,
    finding: Finding,
    position: usize,
    hit: &[&ResolvedWorkload],
) -> Finding {
    let mut wanted: Vec<(&str, usize)> = Vec::new();
    for workload in hit {
        let (need, _) = mend
            .model
            .need(workload.mapped.service(), mend.deployment.name());
        let Some(identity) = workload.identities().next() else {
            continue;
        };
        match wanted.iter_mut().find(|(known, _)| *known == identity.text) {
            Some((_, known)) => *known = need.max(*known),
            None => wanted.push((&identity.text, need)),
        }
    }
    let wanted: Vec<(&str, &str)> = wanted
        .into_iter()
        .map(|(identity, need)| (identity, role_name(mend.model, need)))
        .collect();
    mend.write_out(finding, position, &wanted)
}

fn check_identities(model: &Model, deployment: &Deployment, findings: &mut Vec<Finding>) {
    for workload in deployment
        .workloads
        .iter()
        .filter(|workload| workload.is_kv_sourced())
    {
        for identity in workload.identities() {
            let Some(range) = placeholder::find(&identity.text) else {
                continue;
            };
            if let Some(finding) = without_trust_domain(deployment, workload, identity) {
                findings.push(about_workload(model, deployment, workload, finding));
                continue;
            }
            let what = format!(
                "still holds the placeholder `{}`",
                placeholder::shown(&identity.text[range])
            );
            let message = format!(
                "the identity of workload `{}` of `{}` {what}",
                workload.workload.name,
                deployment.name()
            );
            let finding = Finding::new(
                RuleId::PlaceholderIdentity,
                message,
                Label::new(identity.origin, "the identity comes from here"),
            )
            .subject(&identity.text)
            .cause(
                format!("{:?} {what}", identity.origin),
                format!("the identity of {{who}} {what}"),
            )
            .label(presents_label(workload))
            .help("give the placeholder its value");
            findings.push(about_workload(model, deployment, workload, finding));
        }
    }
}

/// A SPIFFE ID that SPIRE completes with the trust domain, which the policy does not state.
fn without_trust_domain(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    identity: &Identity,
) -> Option<Finding> {
    const DOMAIN: &str = "spiffe://{{ .TrustDomain }}";
    let is_lacking = deployment.policy.trust_domain.is_none() && identity.text.starts_with(DOMAIN);
    let of = deployment.name();
    is_lacking.then(|| {
        let message = format!(
            "the SPIFFE ID of workload `{}` of `{of}` is not known, as the policy does not state the deployment's trust domain",
            workload.workload.name
        );
        Finding::new(
            RuleId::PlaceholderIdentity,
            message,
            Label::new(deployment.policy.name.span, "lacks `trust_domain`"),
        ).subject("trust domain")
        .cause(
            format!("{:?} trust domain", deployment.policy.name.span),
            format!("the SPIFFE IDs of {{who}} of `{of}` are not known, as the policy does not state the deployment's trust domain"),
        )
        .label(Label::new(identity.origin, "SPIRE puts the trust domain in here"))
        .label(presents_label(workload))
        .help(format!(
            "write, below `name = \"{of}\"` in the policy: `trust_domain = \"…\"`, the domain that SPIRE serves there"
        ))
    })
}
