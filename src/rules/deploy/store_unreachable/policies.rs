//! What is said where NetworkPolicies keep a client from its store.

use super::super::super::common::workload_label;
use crate::deploy::NetworkPolicy;
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
    ).subject(policy)
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

/// What to write so that the policies of one side let the client through.
fn help(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    store: &Store,
    excluded: &Excluded<'_>,
) -> Option<String> {
    // One for all pods of a namespace is there to deny: what it allowed would be allowed to all of them.
    let is_for_all = |policy: &NetworkPolicy| policy.pods.requirements.is_empty();
    let mut of_some = excluded.policies.iter();
    let of_some = of_some.find(|policy| !is_for_all(policy));
    let policy = *of_some.or(excluded.policies.first())?;
    let of_store = store
        .workloads
        .first()
        .and_then(|first| deployment.workloads.get(*first))?;
    let (list, item, own, peer) = match excluded.direction {
        Direction::Ingress => ("ingress", "from", of_store, workload),
        Direction::Egress => ("egress", "to", workload, of_store),
    };
    let Some(selecting) = selecting(peer, own) else {
        let name = &peer.workload.name;
        return Some(format!(
            "give the pods of `{name}` a label first; without one no policy can select them alone"
        ));
    };
    let port = excluded
        .port
        .map_or_else(String::new, |port| format!(", ports: [{{ port: {port} }}]"));
    let rule = format!("{{ {item}: [{selecting}]{port} }}");
    let name = &policy.name.value;
    if !is_for_all(policy) {
        return Some(format!(
            "add to the list `{list}` of NetworkPolicy `{name}`: `- {rule}`"
        ));
    }
    let namespace = &policy.namespace;
    let (Some(pods), direction) = (labels(own), excluded.direction) else {
        let name = &own.workload.name;
        return Some(format!(
            "give the pods of `{name}` a label first; without one no policy can be for them alone"
        ));
    };
    Some(format!(
        "leave NetworkPolicy `{name}` as it is, and add another one in the namespace `{namespace}` with this `spec`: `{{ podSelector: {pods}, policyTypes: [{direction:?}], {list}: [{rule}] }}`"
    ))
}

/// The peer that selects a workload's pods, from a policy of another workload's namespace; `None` if they have no labels.
fn selecting(workload: &ResolvedWorkload, policy_of: &ResolvedWorkload) -> Option<String> {
    let namespace = |workload: &ResolvedWorkload| {
        let pod = workload.workload.pod.as_ref();
        pod.map(|pod| pod.namespace.clone()).unwrap_or_default()
    };
    let own = namespace(workload);
    let namespaces = if namespace(policy_of) == own {
        String::new()
    } else {
        format!("namespaceSelector: {{ matchLabels: {{ kubernetes.io/metadata.name: {own} }} }}, ")
    };
    let pods = labels(workload)?;
    Some(format!("{{ {namespaces}podSelector: {pods} }}"))
}

/// The selector of a workload's pods; `None` if they have no labels, as one without any selects every pod.
fn labels(workload: &ResolvedWorkload) -> Option<String> {
    let labels = &workload.workload.network.pod()?.subject.labels.known;
    let labels: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}: \"{value}\""))
        .collect();
    (!labels.is_empty()).then(|| format!("{{ matchLabels: {{ {} }} }}", labels.join(", ")))
}
