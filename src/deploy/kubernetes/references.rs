//! References of a pod to ConfigMaps and Secrets that no file has and nothing in the files may make.

use super::hooks::other_hook;
use super::makers::Makers;
use super::objects::Object;
use super::pods::Pod;
use super::present::Present;
use super::string_at;
use crate::deploy::{Dangling, ObjectKind, Use};
use crate::source::{Node, Span};

/// Looks for what pods refer to among the objects of a deployment.
#[derive(Debug)]
pub(super) struct References<'d> {
    present: Present<'d>,
    /// Objects that Helm makes only at other times than when a release is installed.
    of_hooks: &'d [Object<'d>],
}

/// One reference: to an object, or to a key of it.
struct Asked<'n> {
    kind: ObjectKind,
    name: &'n str,
    name_span: Span,
    key: Option<(&'n str, Span)>,
    /// The key that the object must have, where the object is what is asked for.
    needed_key: Option<&'n str>,
    use_: Use,
}

impl<'d> References<'d> {
    /// `namespace` is that of what names none, if the policy states it.
    pub(super) fn new(
        objects: &[Object<'d>],
        of_hooks: &'d [Object<'d>],
        makers: &'d Makers<'d>,
        namespace: Option<&str>,
    ) -> Self {
        Self {
            present: Present::new(objects, makers, namespace),
            of_hooks,
        }
    }

    /// What keeps every container of a pod from starting: what its volumes and its init containers lack.
    pub(super) fn of_pod(&self, pod: &Pod<'_>) -> Vec<Dangling> {
        let mut found = Vec::new();
        for volume in list(pod.spec.get("volumes")) {
            self.volume(volume, pod, &mut found);
        }
        for container in list(pod.spec.get("initContainers")) {
            found.extend(self.of_container(container, pod));
        }
        found
    }

    /// What keeps a container from starting: what its environment lacks.
    pub(super) fn of_container(&self, container: &Node, pod: &Pod<'_>) -> Vec<Dangling> {
        let mut found = Vec::new();
        for item in list(container.get("envFrom")) {
            for (field, kind) in [
                ("configMapRef", ObjectKind::ConfigMap),
                ("secretRef", ObjectKind::Secret),
            ] {
                self.object(
                    item.get(field),
                    kind,
                    "name",
                    Use::Variables,
                    pod,
                    &mut found,
                );
            }
        }
        for item in list(container.get("env")) {
            let variable = string_at(item, "/name").unwrap_or_default();
            for (field, kind) in [
                ("configMapKeyRef", ObjectKind::ConfigMap),
                ("secretKeyRef", ObjectKind::Secret),
            ] {
                let reference = item.pointer(&format!("/valueFrom/{field}"));
                let use_ = Use::Variable(variable.to_owned());
                self.object(reference, kind, "name", use_, pod, &mut found);
            }
        }
        found
    }

    fn volume(&self, volume: &Node, pod: &Pod<'_>, found: &mut Vec<Dangling>) {
        let mut source = |node: &Node, secret_name: &str| {
            for (field, kind, name) in [
                ("configMap", ObjectKind::ConfigMap, "name"),
                ("secret", ObjectKind::Secret, secret_name),
            ] {
                let Some(reference) = node.get(field) else {
                    continue;
                };
                self.object(Some(reference), kind, name, Use::Files, pod, found);
                self.items(reference, kind, name, pod, found);
            }
        };
        source(volume, "secretName");
        for part in list(volume.pointer("/projected/sources")) {
            source(part, "name");
        }
    }

    /// An object that must be there.
    fn object(
        &self,
        reference: Option<&Node>,
        kind: ObjectKind,
        name_field: &str,
        use_: Use,
        pod: &Pod<'_>,
        found: &mut Vec<Dangling>,
    ) {
        let Some(reference) = reference.filter(|reference| !is_optional(reference)) else {
            return;
        };
        let Some((name, name_span)) = named(reference, name_field) else {
            return;
        };
        let asked = Asked {
            kind,
            name,
            name_span,
            key: None,
            needed_key: reference.get("key").and_then(Node::as_str),
            use_,
        };
        found.extend(self.missing_object(asked, pod.object.namespace));
    }

    /// The keys that a volume picks from an object that is there. (Those that variables ask for are told where the
    /// environment is read.)
    fn items(
        &self,
        reference: &Node,
        kind: ObjectKind,
        name_field: &str,
        pod: &Pod<'_>,
        found: &mut Vec<Dangling>,
    ) {
        let name = named(reference, name_field);
        let Some((name, name_span)) = name.filter(|_| !is_optional(reference)) else {
            return;
        };
        for item in list(reference.get("items")) {
            let asked = Asked {
                kind,
                name,
                name_span,
                key: named(item, "key"),
                needed_key: None,
                use_: Use::Files,
            };
            found.extend(self.missing_key(asked, pod.object.namespace));
        }
    }

    fn missing_object(&self, asked: Asked<'_>, namespace: &str) -> Option<Dangling> {
        if self.present.has(asked.kind, namespace, asked.name) {
            return None;
        }
        let near = self
            .present
            .near(asked.kind, namespace, asked.name, asked.needed_key);
        let mut of_hooks = self.of_hooks.iter();
        let of_hook = of_hooks.find(|object| {
            object.is(asked.kind.name())
                && object.namespace == namespace
                && object.name == asked.name
        });
        Some(Dangling {
            hook: of_hook.and_then(other_hook).map(|hook| hook.span),
            ..asked.dangling(namespace, near)
        })
    }

    fn missing_key(&self, asked: Asked<'_>, namespace: &str) -> Option<Dangling> {
        let (key, _) = asked.key?;
        let near = self
            .present
            .lacks_key(asked.kind, namespace, asked.name, key)?;
        Some(asked.dangling(namespace, near))
    }
}

impl Asked<'_> {
    fn dangling(self, namespace: &str, near: Option<(String, Span)>) -> Dangling {
        Dangling {
            kind: self.kind,
            name: self.name.to_owned(),
            key: self.key.map(|(key, _)| key.to_owned()),
            namespace: Some(namespace.to_owned()),
            span: self.key.map_or(self.name_span, |(_, span)| span),
            use_: self.use_,
            near,
            hook: None,
        }
    }
}

fn list(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_sequence).unwrap_or_default()
}

/// The name in a field of a reference, and where it is.
pub(super) fn named<'n>(node: &'n Node, field: &str) -> Option<(&'n str, Span)> {
    let name = node.get(field)?;
    Some((name.as_str().filter(|name| !name.is_empty())?, name.span))
}

/// Whether a pod starts without what a reference asks for.
pub(super) fn is_optional(reference: &Node) -> bool {
    reference.get("optional").and_then(Node::as_bool) == Some(true)
}
