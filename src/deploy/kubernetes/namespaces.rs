//! The namespaces of a deployment, read once for all of their pods.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::NAMESPACE_NAME;
use super::objects::Object;
use crate::deploy::{LabelOwner, Labels};
use crate::source::{Mapping, Node, ScalarKind};

/// What is known of each namespace, by its name.
#[derive(Debug, Default)]
pub(super) struct Namespaces<'d> {
    by_name: HashMap<&'d str, Namespace>,
}

/// What is known of a namespace.
#[derive(Debug, Clone)]
pub(super) struct Namespace {
    /// Its labels, which its pods share.
    pub(super) labels: Arc<Labels>,
    /// Whether a label or an annotation asks for a container to be put beside those of its pods.
    pub(super) is_injected: bool,
}

impl<'d> Namespaces<'d> {
    pub(super) fn read(objects: &[Object<'d>]) -> Self {
        let mut by_name: HashMap<&str, Namespace> = HashMap::new();
        for object in objects.iter().filter(|object| object.is("Namespace")) {
            let is_injected = asks_for_injection(object);
            // Of several of one name the first tells the labels.
            let known = by_name.entry(object.name).or_insert_with(|| Namespace {
                labels: Arc::new(labels(object)),
                is_injected,
            });
            known.is_injected |= is_injected;
        }
        Self { by_name }
    }

    /// A namespace. Of one without a file, only its name is known.
    pub(super) fn get(&self, name: &str) -> Namespace {
        self.by_name
            .get(name)
            .cloned()
            .unwrap_or_else(|| Namespace {
                labels: Arc::new(Labels {
                    known: BTreeMap::from([(NAMESPACE_NAME.to_owned(), name.to_owned())]),
                    are_all: false,
                    owner: LabelOwner::Namespace,
                }),
                is_injected: false,
            })
    }
}

fn labels(object: &Object<'_>) -> Labels {
    let told = object.node.pointer("/metadata/labels");
    let told = told.and_then(Node::as_mapping).map(Mapping::entries);
    let told = told.unwrap_or_default().iter();
    let told = told.filter_map(|entry| Some((&*entry.key.text, entry.value.as_str()?)));
    let all = told.chain([(NAMESPACE_NAME, object.name)]);
    Labels {
        known: all
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        are_all: true,
        owner: LabelOwner::Namespace,
    }
}

fn asks_for_injection(object: &Object<'_>) -> bool {
    let mappings = ["/metadata/labels", "/metadata/annotations"];
    let mappings = mappings
        .iter()
        .filter_map(|pointer| object.node.pointer(pointer)?.as_mapping());
    let mut entries = mappings.flat_map(Mapping::entries);
    entries.any(|entry| is_for_injection(&entry.key.text, scalar(&entry.value)))
}

/// Whether a label or an annotation asks for a container to be put beside others.
pub(super) fn is_for_injection(key: &str, value: &str) -> bool {
    let is_meant = key.contains("inject")
        || key.contains("sidecar")
        || matches!(key, "istio.io/rev" | "dapr.io/enabled");
    is_meant && !matches!(value, "false" | "disabled" | "no")
}

fn scalar(node: &Node) -> &str {
    let scalar = node.as_scalar();
    let scalar = scalar.filter(|scalar| scalar.kind != ScalarKind::Null);
    scalar.map_or("", |scalar| &scalar.text)
}
