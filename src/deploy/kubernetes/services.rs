//! The Services of a deployment, and which of them select a pod.

use super::namespaces::{Namespaces, is_for_injection};
use super::network_policies::subject;
use super::objects::Object;
use super::pods::Pod;
use super::{shown, string_at};
use crate::deploy::{LostService, PodNetwork, PortTarget, Service, ServiceKind};
use crate::registry::Spanned;
use crate::source::{Mapping, Node};

/// A Service with what it selects.
#[derive(Debug)]
pub(super) struct Found<'d> {
    pub(super) service: Service,
    selector: Vec<(&'d str, &'d str)>,
}

/// The Services of a deployment.
pub(super) fn services<'d>(objects: &[Object<'d>]) -> Vec<Found<'d>> {
    let services = objects
        .iter()
        .filter(|object| object.kind == "Service" && object.group.is_empty());
    services.map(service).collect()
}

fn service<'d>(object: &Object<'d>) -> Found<'d> {
    let spec = object.node.get("spec");
    let get = |name: &str| spec.and_then(|spec| spec.get(name));
    let selector = get("selector").and_then(Node::as_mapping);
    let selector: Vec<(&str, &str)> = selector
        .map(Mapping::entries)
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some((&*entry.key.text, entry.value.as_str()?)))
        .collect();
    let text = |name: &str| get(name).and_then(Node::as_str).unwrap_or_default();
    let kind = if text("type") == "ExternalName" || selector.is_empty() {
        ServiceKind::Untold
    } else if text("clusterIP") == "None" {
        ServiceKind::Headless
    } else {
        ServiceKind::Address
    };
    let ports = get("ports").and_then(Node::as_sequence).unwrap_or_default();
    let ports: Vec<&Node> = ports.iter().filter(|port| is_tcp(port)).collect();
    let targets = ports.iter().filter_map(|item| {
        let port = item.get("port")?;
        // Without one, the port is the pod's, too.
        let target = item
            .get("targetPort")
            .filter(|node| !node.is_null())
            .unwrap_or(port);
        Some(PortTarget {
            port: port.as_scalar()?.text.parse().ok()?,
            target: Spanned::new(target.as_scalar()?.text.to_string(), target.span),
        })
    });
    let targets = targets.collect();
    let ports = ports
        .iter()
        .map(|port| port.get("port")?.as_scalar()?.text.parse().ok());
    Found {
        service: Service {
            name: Spanned::new(object.name.to_owned(), object.name_span),
            namespace: object.namespace.to_owned(),
            kind,
            ports: ports.collect(),
            targets,
        },
        selector,
    }
}

/// Whether a port of a Service or a container is one of TCP, by which stores are called.
pub(super) fn is_tcp(port: &Node) -> bool {
    string_at(port, "/protocol").is_none_or(|protocol| protocol == "TCP")
}

/// The hosts that a mesh knows besides.
pub(super) fn mesh_hosts(objects: &[Object<'_>]) -> Vec<String> {
    let entries = objects
        .iter()
        .filter(|object| object.kind == "ServiceEntry");
    let hosts = entries.filter_map(|object| object.node.pointer("/spec/hosts")?.as_sequence());
    let hosts = hosts.flatten().filter_map(Node::as_str);
    hosts.map(str::to_owned).collect()
}

/// How a pod is in the cluster's network.
pub(super) fn network(
    pod: &Pod<'_>,
    services: &[Found<'_>],
    namespaces: &Namespaces<'_>,
) -> PodNetwork {
    let namespace = namespaces.get(pod.object.namespace);
    let mut own = pod.labels.iter().chain(&pod.annotations);
    let is_injected = namespace.is_injected || own.any(|(key, value)| is_for_injection(key, value));
    let is_true = |name: &str| pod.spec.get(name).and_then(Node::as_bool) == Some(true);
    let is_host = is_true("hostNetwork");
    let policy = string_at(pod.spec, "/dnsPolicy");
    let uses_cluster_names = pod.spec.get("dnsConfig").is_none_or(Node::is_null)
        && match policy {
            None | Some("ClusterFirst") => !is_host,
            Some(policy) => policy == "ClusterFirstWithHostNet",
        };
    let containers = ["containers", "initContainers"]
        .iter()
        .filter_map(|field| pod.spec.get(field)?.as_sequence());
    // Init containers count where they go on running.
    let running = containers.enumerate().flat_map(|(list, items)| {
        items
            .iter()
            .filter(move |item| list == 0 || string_at(item, "/restartPolicy") == Some("Always"))
    });
    let aliases = pod.spec.get("hostAliases").and_then(Node::as_sequence);
    let names = aliases.unwrap_or_default().iter();
    let names = names.filter_map(|alias| alias.get("hostnames")?.as_sequence());
    let selecting = services.iter().enumerate().filter(|(_, found)| {
        let mut selector = found.selector.iter();
        found.service.kind != ServiceKind::Untold
            && found.service.namespace == pod.object.namespace
            && selector.all(|(key, value)| pod.labels.get(key) == Some(value))
    });
    PodNetwork {
        is_host,
        uses_cluster_names,
        has_company: running.count() > 1 || is_injected,
        other_hosts: names
            .flatten()
            .filter_map(Node::as_str)
            .map(str::to_owned)
            .collect(),
        services: selecting.map(|(position, _)| position).collect(),
        lost: lost(pod, services),
        subject: subject(pod, namespace, is_host || is_injected),
    }
}

/// The Services that would select a pod, had a patch not removed labels of it.
fn lost(pod: &Pod<'_>, services: &[Found<'_>]) -> Vec<LostService> {
    if pod.removed_labels.is_empty() {
        return Vec::new();
    }
    let found = services.iter().enumerate().filter(|(_, found)| {
        found.service.kind != ServiceKind::Untold && found.service.namespace == pod.object.namespace
    });
    found
        .filter_map(|(position, found)| {
            let selector = found.selector.iter();
            let unmet = selector.filter(|(key, value)| pod.labels.get(key) != Some(value));
            let mut removed = unmet.map(|(key, value)| {
                let span = pod.removed_labels.get(key)?;
                let is_gone = !pod.labels.contains_key(key);
                is_gone.then(|| LostService {
                    service: position,
                    wanted: format!("{}={}", shown(key), shown(value)),
                    label: shown(key),
                    removed: *span,
                })
            });
            let first = removed.next()??;
            removed.all(|removed| removed.is_some()).then_some(first)
        })
        .collect()
}
