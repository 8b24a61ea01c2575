//! A KV-sourced workload to which nothing gives an identity.
//!
//! ## Why
//!
//! Without an identity (no registration entry, no certificate, no selector that matches) the client cannot
//! connect at all, or connects as nobody.
//!
//! ## Example
//!
//! A workload runs in mode `spiffe`, and the script that registers SPIFFE IDs does not list it. On Kubernetes:
//! no `ClusterSPIFFEID` selects the labels of its pod, or the one that does selects another namespace.
//!
//! On Kubernetes, the objects of SPIRE say who has one. What keeps a pod from an identity is shown: a selector that does not fit, a
//! class that SPIRE's controller manager does not look at, a namespace that it ignores. Where a template or a selector cannot be
//! evaluated, or a selector asks for a label that the cluster or a controller may give, rule unsupported-construct says so.
//!
//! ## What to do
//!
//! Register the workload where the others are registered: in the list, or with a `ClusterSPIFFEID` whose
//! selectors match its pod and its namespace. Or, if the policy does not know how identities
//! come about in that deployment, add a `[[deployment.identity]]` with its pattern.

use kvguard_contract::{Mode as Means, Role};

use super::super::common::{about_workload, at_first, workload_label};
use crate::access::Access;
use crate::deploy::{Pod, RemovedObject};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Mode, Model, ResolvedWorkload};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let certificate = model.policy.contract.shown_name(Role::Certificate);
    for (deployment, workload) in model.kv_sourced() {
        // Where the certificate itself is missing, incomplete-kv-environment tells of it.
        let told = workload
            .lacking
            .iter()
            .any(|lacking| lacking.name == certificate);
        // What gives it one may be in a document that could not be read, which is told by itself.
        let lost = workload.workload.pod.is_some() && deployment.may_have_lost_identities();
        // Whether it has one cannot be decided, which is told as that.
        let pod = workload.workload.pod.as_ref();
        let is_undecided = pod.is_some_and(|pod| pod.undecided.is_some());
        // It has one by a certificate whose name is in no file. Rule untold-value reports it.
        let is_untold = workload.means(&model.policy.contract) != Some(Means::Spiffe)
            && workload
                .variable(certificate)
                .is_some_and(|variable| variable.text().is_none())
            && deployment
                .untold
                .iter()
                .any(|untold| untold.workloads.contains(&workload.workload.name));
        // The file that gives it one may be the one that could not be read.
        let is_unread = workload.workload.is_unread;
        let may_have_one = lost || is_undecided || is_untold || is_unread;
        if !presents_nothing(model, workload) || told || may_have_one {
            continue;
        }
        let message = format!(
            "workload `{}` of `{}` loads its configuration from the store and has no identity to present",
            workload.workload.name,
            deployment.name()
        );
        let mut finding = Finding::new(RuleId::NoIdentity, message, workload_label(workload));
        if let Mode::Known { name, span } = &workload.mode {
            finding = finding.label(Label::new(*span, format!("in mode `{name}`")));
        }
        finding = match &workload.workload.pod {
            Some(pod) if deployment.issues_identities => match pod.issued.first() {
                Some(issued) => finding
                    .label(Label::new(issued.origin, "gives it one for another mode"))
                    .help("run it in the mode of its SPIFFE ID, or give it an identity for this one with a `[[deployment.identity]]` in the policy"),
                None => of_pod(pod, finding),
            },
            Some(_) if deployment.removed_issuer().is_some() => finding,
            _ => by_patterns(model, deployment, workload, finding),
        };
        if let (Some(_), Some(removed)) = (pod, deployment.removed_issuer()) {
            finding = without_issuer(deployment, removed, finding);
        }
        findings.push(about_workload(model, deployment, workload, finding));
    }
}

/// Whether a workload presents nothing that the store compares; where there is no table to look it up in, too.
fn presents_nothing(model: &Model, workload: &ResolvedWorkload) -> bool {
    let mut forms = model.policy.access.compare.iter();
    match workload.access {
        Access::NoIdentity => true,
        Access::NoTable => !forms.any(|form| {
            let mut identities = workload.identities();
            identities.any(|identity| identity.in_form(*form).is_some())
        }),
        _ => false,
    }
}

/// What selects pods to give them identities, and why this pod is not selected.
fn of_pod(pod: &Pod, finding: Finding) -> Finding {
    let label = match &pod.nearest {
        Some(_) => "these labels get no identity",
        None => "no ClusterSPIFFEID selects these labels",
    };
    let finding = match &pod.removed {
        Some((span, text)) => at_first(finding, Label::new(*span, text)),
        None => finding.label(Label::new(pod.labels_span, label)),
    };
    match &pod.nearest {
        Some((span, text)) => {
            finding
                .label(Label::new(*span, text))
                .help(if pod.removed.is_some() {
                    "let the patch keep the label, or select the pod by a label that it keeps"
                } else {
                    "let the ClusterSPIFFEID and the pod agree: in selectors, class and namespace"
                })
        }
        None => finding.help(format!(
            "add a ClusterSPIFFEID whose `podSelector` selects the pods of `{}`",
            pod.object
        )),
    }
}

/// Points at what removes the object that would give pods their SPIFFE IDs. An identity that the policy states in its place would
/// be one that nobody issues.
fn without_issuer(deployment: &Deployment, removed: &RemovedObject, finding: Finding) -> Finding {
    let RemovedObject { kind, name, span } = removed;
    let place = Label::new(*span, format!("{kind} `{name}` is removed here"));
    at_first(finding, place)
        .help(format!("if it is to give them their identities, delete what removes {kind} `{name}`"))
        .cause(
            format!("{span:?} {}", deployment.name()),
            format!("{{who}} of {{where}} present no identity to the store: {kind} `{name}`, which may give them one, is removed"),
        )
}

/// What the policy says of who has an identity.
fn by_patterns(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    mut finding: Finding,
) -> Finding {
    let mut lists = Vec::new();
    for rule in &deployment.policy.identities {
        finding = finding.label(match &rule.listed_in {
            Some((file, line)) => {
                lists.push(format!("`{}` (like `{}`)", file.value, line.value));
                Label::new(file.span, "lists who has one")
            }
            None => Label::new(rule.pattern.span, "gives it none"),
        });
    }
    let lines = match workload.means(&model.policy.contract) {
        Some(Means::Spiffe) => "`form = \"spiffe\"` and `pattern = \"spiffe://{trust_domain}/…\"`",
        Some(Means::Mtls) => "`form = \"subject\"` and `pattern = \"CN={certificate},…\"`",
        _ => "`form = \"spiffe\"` or `form = \"subject\"`, and a `pattern`",
    };
    let give = format!(
        "give it one in the policy, below the deployment `{}`: `[[deployment.identity]]`, and on lines of their own {lines}",
        deployment.name()
    );
    finding.help(if lists.is_empty() {
        give
    } else {
        format!(
            "list `{}` in {}, or {give}",
            workload.workload.name,
            lists.join(" or ")
        )
    })
}
