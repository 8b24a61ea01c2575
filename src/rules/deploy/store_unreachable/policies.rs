//! What is said where NetworkPolicies keep a client from its store.

use super::super::super::common::workload_label;
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Direction, Excluded, ResolvedWorkload, Store};
use crate::rules::RuleId;

/// The finding where the policies of the store or of the client let no call through.
pub(super) fn kept_apart(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    store: &Store,
    excluded: &[Excluded<'_>],
) -> Option<Finding> {
    let policies: Vec<_> = excluded.iter().flat_map(|side| &side.policies).collect();
    let (first, others) = policies.split_first()?;
    let policy = &first.name.value;
    let (whose, label) = match excluded.first()?.direction {
        Direction::Ingress => ("the store's", "the client is not let in"),
        Direction::Egress => ("the client's", "the client is not let out to the store"),
    };
    let mut finding = Finding::new(
        RuleId::StoreUnreachable,
        format!(
            "workload `{}` of `{}` reaches no store: {whose} NetworkPolicy `{policy}` does not let it through",
            workload.workload.name,
            deployment.name()
        ),
        Label::new(first.name.span, label),
    )
    .cause(
        format!("{:?} {whose}", first.name.span),
        format!("{{who}} reach no store: {whose} NetworkPolicy `{policy}` does not let them through"),
    )
    .label(workload_label(workload));
    for other in others {
        finding = finding.label(Label::new(other.name.span, "nor does this one"));
    }
    for side in excluded {
        finding = finding.help(help(deployment, workload, store, side)?);
    }
    Some(finding)
}

fn help(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    store: &Store,
    excluded: &Excluded<'_>,
) -> Option<String> {
    let policy = &excluded.policies.first()?.name.value;
    let of_store = store
        .workloads
        .first()
        .and_then(|first| deployment.workloads.get(*first));
    let (list, item, of, peer) = match excluded.direction {
        Direction::Ingress => ("ingress", "from", of_store, Some(workload)),
        Direction::Egress => ("egress", "to", Some(workload), of_store),
    };
    let port = excluded
        .port
        .map_or_else(String::new, |port| format!(", ports: [{{ port: {port} }}]"));
    Some(format!(
        "add to `{list}` of NetworkPolicy `{policy}`: {item}: [{}]{port}",
        selecting(peer?, of)
    ))
}

/// The peer that selects a workload's pods, from a policy of another workload's namespace.
fn selecting(workload: &ResolvedWorkload, policy_of: Option<&ResolvedWorkload>) -> String {
    let namespace = |workload: &ResolvedWorkload| {
        let pod = workload.workload.pod.as_ref();
        pod.map(|pod| pod.namespace.clone()).unwrap_or_default()
    };
    let own = namespace(workload);
    let is_elsewhere = policy_of.is_some_and(|other| namespace(other) != own);
    let labels = workload
        .workload
        .network
        .pod()
        .map(|pod| &pod.subject.labels.known);
    let labels: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}: \"{value}\""))
        .collect();
    let namespaces = if is_elsewhere {
        format!("namespaceSelector: {{ matchLabels: {{ kubernetes.io/metadata.name: {own} }} }}, ")
    } else {
        String::new()
    };
    format!(
        "{{ {namespaces}podSelector: {{ matchLabels: {{ {} }} }} }}",
        labels.join(", ")
    )
}
