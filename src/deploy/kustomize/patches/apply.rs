//! Applies patches to the objects they are for.

use crate::deploy::RemovedObject;
use crate::source::{Entry, Mapping, Node, Value};

use super::super::context::{Context, Problems, size};
use super::super::resource::{Resource, set_text_map, text_at, value_mut};
use super::super::resource_map::ResourceMap;
use super::super::selector::Selector;
use super::super::shown;
use super::super::transformers::Transform;
use super::{json, strategic};

/// Strategic merges, each into the only object of its name.
pub(super) struct Strategic(pub(super) Vec<Resource>);

impl Transform for Strategic {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        for patch in &self.0 {
            if let Some(position) = only(&mut context.problems, resources, patch) {
                merge_into(context, resources, &[position], patch, (false, false), true);
            }
        }
    }
}

fn only(problems: &mut Problems, resources: &ResourceMap, patch: &Resource) -> Option<usize> {
    let id = patch.id();
    match resources.only_by_any_id(&id) {
        Ok(position) => Some(position),
        Err(what) => {
            let namespace = if id.namespace.is_empty() {
                String::new()
            } else {
                format!(" in namespace `{}`", shown(&id.namespace))
            };
            let version = shown(&id.gvk.api_version());
            let message = format!(
                "{what} matches this patch for `{}` of `{version}`{namespace}",
                id.shown()
            );
            problems.invalid(patch.name_span(), message);
            None
        }
    }
}

/// Merges a patch into some objects. A selected object's kind and version win over the patch's, and the
/// patch's labels and annotations become texts.
fn merge_into(
    context: &mut Context<'_>,
    resources: &mut ResourceMap,
    positions: &[usize],
    patch: &Resource,
    (allow_name, allow_kind): (bool, bool),
    selected: bool,
) {
    let mut selected_patch = None;
    if selected {
        let mut patch = patch.clone();
        for field in ["labels", "annotations"] {
            let map = patch.metadata_map(field).cloned().unwrap_or_default();
            set_text_map(&mut patch.node, field, map);
        }
        selected_patch = Some(patch.node);
    }
    let mut deleted = Vec::new();
    for position in positions {
        let Some(resource) = resources.list_mut().get_mut(*position) else {
            continue;
        };
        if allow_name || allow_kind {
            resource.store_previous_id();
        }
        if !context.spend(size(&resource.node), patch.node.span) {
            return;
        }
        let mut patch = selected_patch.as_ref().unwrap_or(&patch.node);
        let with_version;
        if selected {
            with_version = of_version(patch, &resource.node);
            patch = &with_version;
        }
        match strategic::merge(resource.node.clone(), patch) {
            Ok(Some(merged)) => {
                let old = std::mem::replace(&mut resource.node, merged);
                keep_identity(resource, &old, allow_name, allow_kind);
            }
            Ok(None) => {
                let directive = patch.get(strategic::DIRECTIVE);
                context.removed.push(RemovedObject {
                    kind: text_at(&resource.node, &["kind"]).to_owned(),
                    name: text_at(&resource.node, &["metadata", "name"]).to_owned(),
                    span: directive.map_or(patch.span, |directive| directive.span),
                });
                deleted.push(*position);
            }
            Err(problem) => context.problems.invalid.push(*problem),
        }
    }
    if !deleted.is_empty() {
        let mut position = 0;
        resources.list_mut().retain(|_| {
            position += 1;
            !deleted.contains(&(position - 1))
        });
    }
}

fn of_version(patch: &Node, resource: &Node) -> Node {
    let mut patch = patch.clone();
    if let Value::Mapping(mapping) = &mut patch.value
        && let Some(version) = resource
            .as_mapping()
            .and_then(|mapping| mapping.entry("apiVersion"))
    {
        mapping.insert(version.clone());
    }
    patch
}

/// A patch changes neither the name nor the kind unless it may, and the namespace never.
fn keep_identity(resource: &mut Resource, old: &Node, allow_name: bool, allow_kind: bool) {
    let kept =
        |node: &Node, field: &str| -> Option<Entry> { node.as_mapping()?.entry(field).cloned() };
    if !allow_kind && let Value::Mapping(mapping) = &mut resource.node.value {
        restore(mapping, "kind", kept(old, "kind"));
    }
    let metadata = old.get("metadata");
    if let Some(Value::Mapping(mapping)) = value_mut(&mut resource.node, "metadata") {
        if !allow_name {
            restore(
                mapping,
                "name",
                metadata.and_then(|node| kept(node, "name")),
            );
        }
        restore(
            mapping,
            "namespace",
            metadata.and_then(|node| kept(node, "namespace")),
        );
    }
}

fn restore(mapping: &mut Mapping, name: &str, entry: Option<Entry>) {
    match entry {
        Some(entry) => drop(mapping.insert(entry)),
        None => drop(mapping.remove(name)),
    }
}

/// An item of `patches` that is a strategic merge.
pub(super) struct Targeted {
    pub(super) merges: Vec<Resource>,
    pub(super) selector: Option<Selector>,
    pub(super) allow_name: bool,
    pub(super) allow_kind: bool,
}

impl Transform for Targeted {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        let allowed = (self.allow_name, self.allow_kind);
        for patch in &self.merges {
            match &self.selector {
                Some(selector) => {
                    let positions = resources.select(selector);
                    merge_into(context, resources, &positions, patch, allowed, true);
                }
                None => {
                    if let Some(position) = only(&mut context.problems, resources, patch) {
                        merge_into(context, resources, &[position], patch, allowed, false);
                    }
                }
            }
        }
    }
}

/// A JSON patch.
pub(super) struct Json {
    pub(super) operations: Vec<json::Operation>,
    pub(super) selector: Selector,
    /// Whether what the object was called stays known (`patches`, not `patchesJson6902`).
    pub(super) stores_id: bool,
}

impl Transform for Json {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        for position in resources.select(&self.selector) {
            let Some(resource) = resources.list_mut().get_mut(position) else {
                continue;
            };
            if !context.spend(size(&resource.node), self.selector.span()) {
                return;
            }
            if self.stores_id {
                resource.store_previous_id();
            }
            let mut node = resource.node.clone();
            match json::apply(&mut node, &self.operations) {
                Ok(()) => {
                    resource.node = node;
                    // What comes out of a JSON patch is all its own.
                    resource.shared.clear();
                }
                Err(mut problem) => {
                    problem.message =
                        format!("{} (in `{}`)", problem.message, resource.id().shown());
                    context.problems.invalid.push(*problem);
                }
            }
        }
    }
}
