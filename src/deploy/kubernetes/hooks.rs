//! Objects of a chart that Helm makes only at other times than when a release is installed or upgraded.
//!
//! Source: <https://helm.sh/docs/topics/charts_hooks/>.

use std::collections::HashSet;

use super::objects::Object;
use crate::deploy::WORKLOAD_KINDS;
use crate::source::Node;

/// Helm's name for the times at which an object that is a hook is made.
const HOOK: &str = "/metadata/annotations/helm.sh~1hook";

/// The hooks that run when a release is installed or upgraded.
const SERVING: [&str; 5] = [
    "crd-install",
    "pre-install",
    "post-install",
    "pre-upgrade",
    "post-upgrade",
];

/// The annotation by which an object is no part of what is installed, if it has one.
pub(super) fn other_hook<'d>(object: &Object<'d>) -> Option<&'d Node> {
    let hook = object.node.pointer(HOOK)?;
    let mut times = hook.as_str()?.split(',').map(str::trim);
    (!times.any(|time| SERVING.contains(&time))).then_some(hook)
}

/// Leaves out what is no part of what is installed, and returns it: a ConfigMap, a Service or an identity of a `test` hook is not there
/// when the workloads run. Workloads stay, since they are known to never run; with them stays what they name.
pub(super) fn leave_out_hooks<'d>(objects: &mut Vec<Object<'d>>) -> Vec<Object<'d>> {
    let is_workload = |object: &Object<'_>| WORKLOAD_KINDS.contains(&object.kind);
    let mut named = HashSet::new();
    for object in objects.iter().filter(|object| is_workload(object)) {
        if other_hook(object).is_some() {
            texts(object.node, &mut named);
        }
    }
    let mut left_out = Vec::new();
    objects.retain(|object| {
        let stays =
            is_workload(object) || other_hook(object).is_none() || named.contains(object.name);
        if !stays {
            left_out.push(*object);
        }
        stays
    });
    left_out
}

/// Every text that is a value in a node.
fn texts<'d>(node: &'d Node, found: &mut HashSet<&'d str>) {
    if let Some(items) = node.as_sequence() {
        for item in items {
            texts(item, found);
        }
    } else if let Some(mapping) = node.as_mapping() {
        for entry in mapping.entries() {
            texts(&entry.value, found);
        }
    } else {
        found.extend(node.as_str());
    }
}
