//! Objects of which no pod ever serves.

use super::hooks::other_hook;
use super::objects::Object;
use super::pods::Pod;
use crate::deploy::Idle;
use crate::source::Node;

/// The kinds that may run no pod at all because their `replicas` say so.
const SCALED: [&str; 4] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
];

/// The pointers at which other objects name what they scale.
const SCALERS: [(&str, &str); 4] = [
    ("ScaledObject", "/spec/scaleTargetRef/name"),
    ("HTTPScaledObject", "/spec/scaleTargetRef/name"),
    ("Canary", "/spec/targetRef/name"),
    ("Rollout", "/spec/workloadRef/name"),
];

/// Why no pod of a template serves, if the files say so.
pub(super) fn idle(pod: &Pod<'_>, objects: &[Object<'_>], has_hooks: bool) -> Option<Idle> {
    let object = &pod.object;
    if let Some(hook) = other_hook(object).filter(|_| has_hooks) {
        return Some(Idle {
            span: hook.span,
            why: format!(
                "never serves: as a `{}` hook it is no part of what is installed",
                hook.as_str().unwrap_or_default()
            ),
            help: "take the annotation `helm.sh/hook` away".to_owned(),
        });
    }
    if !SCALED.iter().any(|kind| object.is(kind)) {
        return None;
    }
    let replicas = object.node.pointer("/spec/replicas")?;
    let is_zero = replicas.as_scalar()?.text.parse() == Ok(0);
    (is_zero && !is_scaled(object, objects)).then(|| Idle {
        span: replicas.span,
        why: "never runs: its `replicas` are 0".to_owned(),
        help: "set `replicas` to 1, or take them away".to_owned(),
    })
}

/// Whether another object says how many pods there are.
fn is_scaled(scaled: &Object<'_>, objects: &[Object<'_>]) -> bool {
    objects.iter().any(|object| {
        let pointer = SCALERS.iter().find(|(kind, _)| *kind == object.kind);
        let target = pointer.and_then(|(_, pointer)| object.node.pointer(pointer));
        target.and_then(Node::as_str) == Some(scaled.name) && object.namespace == scaled.namespace
    })
}
