//! The NetworkPolicies of a deployment, and what they go by in its pods.

use std::collections::HashMap;

use super::namespaces::Namespace;
use super::objects::Object;
use super::pods::Pod;
use super::selectors::{Condition, Selector};
use super::{Problems, services, shown, string_at};
use crate::deploy::{
    LabelOwner, LabelSelector, Labels, NetworkPolicies, NetworkPolicy, Peer, PodSubject,
    PolicyPort, PolicyRule, Requirement,
};
use crate::registry::Spanned;
use crate::source::Node;

/// The key of labels by which a mesh without sidecars takes over the traffic of pods.
const AMBIENT: &str = "istio.io/dataplane-mode";

/// The policies; of equal ones the last holds, as each is applied over the one before it.
pub(super) fn policies(objects: &[Object<'_>], problems: &mut Problems) -> NetworkPolicies {
    let mut found = NetworkPolicies::default();
    let mut positions: HashMap<(&str, &str), usize> = HashMap::new();
    for object in objects {
        if !object.kind.ends_with("NetworkPolicy") {
            continue;
        }
        if object.kind != "NetworkPolicy"
            || !matches!(object.group, "networking.k8s.io" | "extensions")
        {
            found.has_others = true;
            continue;
        }
        let policy = policy(object, problems);
        let key = (object.namespace, object.name);
        if let Some(position) = positions.get(&key) {
            found.all[*position] = policy;
        } else {
            positions.insert(key, found.all.len());
            found.all.push(policy);
        }
    }
    found
}

fn policy(object: &Object<'_>, problems: &mut Problems) -> NetworkPolicy {
    let spec = object.node.get("spec");
    let get = |name: &str| spec.and_then(|spec| spec.get(name));
    let rules = |field: &str, peers: &str, problems: &mut Problems| -> Vec<PolicyRule> {
        let items = problems.list(get(field), &format!("`{field}`"));
        items
            .iter()
            .map(|item| rule(item, peers, problems))
            .collect()
    };
    let ingress = rules("ingress", "from", problems);
    let egress = rules("egress", "to", problems);
    let types = problems.list(get("policyTypes"), "`policyTypes`");
    for item in types {
        tell_unknown_type(item, problems);
    }
    // One in another case is told, and counts as what it is meant to be: a policy is not to be taken for one that restricts nothing.
    let is_stated = |name: &str| {
        let mut texts = types.iter().filter_map(Node::as_str);
        texts.any(|text| text.trim().eq_ignore_ascii_case(name))
    };
    // Without `policyTypes` it is one for ingress, and one for egress if it has a rule for it. The same holds where the types
    // that are given are none.
    let says_nothing = !is_stated("Ingress") && !is_stated("Egress");
    let is_for_ingress = says_nothing || is_stated("Ingress");
    let is_for_egress = is_stated("Egress") || says_nothing && !egress.is_empty();
    NetworkPolicy {
        name: Spanned::new(object.name.to_owned(), object.name_span),
        namespace: object.namespace.to_owned(),
        pods: selector(get("podSelector"), problems),
        ingress: is_for_ingress.then_some(ingress),
        egress: is_for_egress.then_some(egress),
    }
}

/// The API server refuses a policy with a type that it does not know, so that the policy restricts nothing.
fn tell_unknown_type(item: &Node, problems: &mut Problems) {
    if matches!(item.as_str(), Some("Ingress" | "Egress")) {
        return;
    }
    let said = match item.as_scalar() {
        Some(scalar) => format!("`{}`", shown(&scalar.text)),
        None => "what is no text".to_owned(),
    };
    problems.invalid(
        item.span,
        format!(
            "the API server refuses this NetworkPolicy: `policyTypes` holds {said}; write `Ingress` or `Egress`"
        ),
    );
}

fn rule(item: &Node, peers: &str, problems: &mut Problems) -> PolicyRule {
    let own = problems.list(item.get(peers), &format!("`{peers}`"));
    let ports = problems.list(item.get("ports"), "`ports`");
    PolicyRule {
        peers: own.iter().map(|item| peer(item, problems)).collect(),
        // Of other protocols than the store's they let nothing through, which is not to be every port.
        ports: ports.iter().map(port).collect(),
    }
}

fn peer(item: &Node, problems: &mut Problems) -> Peer {
    let mut read = |field: &str| {
        let node = item.get(field).filter(|node| !node.is_null());
        node.map(|node| selector(Some(node), problems))
    };
    let (namespaces, pods) = (read("namespaceSelector"), read("podSelector"));
    if namespaces.is_none() && pods.is_none() {
        return Peer::Untold;
    }
    Peer::Pods { namespaces, pods }
}

fn port(item: &Node) -> PolicyPort {
    if string_at(item, "/protocol").is_some_and(|protocol| protocol != "TCP") {
        // No port at all.
        return PolicyPort::Numbers(1, 0);
    }
    let number = |field: &str| item.get(field)?.as_scalar()?.text.parse::<u16>().ok();
    let Some(node) = item.get("port").filter(|node| !node.is_null()) else {
        return PolicyPort::Numbers(0, u16::MAX);
    };
    match (number("port"), node.as_str()) {
        (Some(first), _) => PolicyPort::Numbers(first, number("endPort").unwrap_or(first)),
        (None, Some(name)) => PolicyPort::Name(name.to_owned()),
        (None, None) => PolicyPort::Untold,
    }
}

fn selector(node: Option<&Node>, problems: &mut Problems) -> LabelSelector {
    let read = Selector::read(node, problems);
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let requirements = read.requirements.iter().map(|requirement| {
        let meant = match &requirement.condition {
            Condition::In(values) => Requirement::In(texts(values)),
            Condition::NotIn(values) => Requirement::NotIn(texts(values)),
            Condition::Exists => Requirement::Exists,
            Condition::DoesNotExist => Requirement::DoesNotExist,
            // Refused by the API server, and told.
            Condition::Refused => Requirement::In(Vec::new()),
        };
        (requirement.key.to_owned(), meant)
    });
    LabelSelector {
        requirements: requirements.collect(),
    }
}

/// What policies go by in a pod. `is_untold`: something else than policies has a say in its traffic.
pub(super) fn subject(pod: &Pod<'_>, namespace: Namespace, is_untold: bool) -> PodSubject {
    let labels = Labels {
        known: owned(pod.labels.iter().map(|(key, value)| (*key, *value))),
        are_all: true,
        owner: LabelOwner::Pod,
    };
    let is_ambient = [&labels, &*namespace.labels]
        .iter()
        .any(|labels| labels.known.contains_key(AMBIENT));
    PodSubject {
        named_ports: named_ports(pod),
        is_untold: is_untold || is_ambient,
        labels,
        namespace_labels: namespace.labels,
    }
}

fn owned<'n>(
    labels: impl Iterator<Item = (&'n str, &'n str)>,
) -> std::collections::BTreeMap<String, String> {
    labels
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn named_ports(pod: &Pod<'_>) -> Vec<(String, u16)> {
    let lists = ["containers", "initContainers"];
    let containers = lists
        .iter()
        .filter_map(|field| pod.spec.get(field)?.as_sequence());
    let ports = containers
        .flatten()
        .filter_map(|container| container.get("ports")?.as_sequence());
    let ports = ports.flatten().filter(|port| services::is_tcp(port));
    let ports = ports.filter_map(|port| {
        let number = port.get("containerPort")?.as_scalar()?.text.parse().ok()?;
        Some((string_at(port, "/name")?.to_owned(), number))
    });
    ports.collect()
}
