//! Patches: strategic merges and JSON patches, targeted or not.

mod json;
mod strategic;

use std::rc::Rc;

use crate::registry::Spanned;
use crate::source::{Entry, Mapping, Node, Span, Value};

use super::context::{Context, Parsed, Problems, size};
use super::fields::{Fields, Strictness};
use super::kustomization::Kustomization;
use super::load;
use super::resource::{Resource, set_text_map, value_mut};
use super::resource_map::ResourceMap;
use super::selector::Selector;
use super::transformers::{Boxed, Builtin, Plugin, Transform};

/// `patchesStrategicMerge`.
pub const STRATEGIC: Builtin = Builtin {
    kinds: &["PatchStrategicMergeTransformer"],
    of_kustomization: Some(|context, kustomization, _| strategic_merges(context, kustomization)),
    of_plugin: |context, plugin| {
        let problems = &mut context.problems;
        let inline = plugin.fields.get("patches").cloned();
        let paths = plugin.fields.text_nodes(problems, "paths");
        let mut patches = named(context, plugin.directory, &paths);
        if let Some(inline) = inline {
            patches.extend(merges_in(context, &inline));
        }
        vec![Box::new(Strategic(patches))]
    },
};

/// `patches`.
pub const TARGETED: Builtin = Builtin {
    kinds: &["PatchTransformer"],
    of_kustomization: Some(|context, kustomization, _| {
        let mut patches: Vec<Boxed> = Vec::new();
        for item in kustomization.root.items(&mut context.problems, "patches") {
            let known = ["path", "patch", "target", "options"];
            let what = "an item of `patches`";
            let how = Strictness::Kustomization;
            if let Some(fields) = Fields::new(&mut context.problems, item, how, what, &known) {
                patches.extend(targeted(context, &kustomization.directory, &fields, how));
            }
        }
        patches
    }),
    of_plugin: |context, plugin| {
        let patch = targeted(
            context,
            plugin.directory,
            &plugin.fields,
            Strictness::Plugin,
        );
        patch.into_iter().collect()
    },
};

/// `patchesJson6902`.
pub const JSON: Builtin = Builtin {
    kinds: &["PatchJson6902Transformer"],
    of_kustomization: Some(|context, kustomization, _| {
        let mut patches: Vec<Boxed> = Vec::new();
        for item in kustomization
            .root
            .items(&mut context.problems, "patchesJson6902")
        {
            let known = ["path", "patch", "target", "options"];
            let what = "an item of `patchesJson6902`";
            let how = Strictness::Kustomization;
            if let Some(fields) = Fields::new(&mut context.problems, item, how, what, &known) {
                patches.extend(json_patch(
                    context,
                    &kustomization.directory,
                    &fields,
                    "patch",
                    how,
                ));
            }
        }
        patches
    }),
    of_plugin: |context, plugin: &Plugin<'_>| {
        let how = Strictness::Plugin;
        let patch = json_patch(context, plugin.directory, &plugin.fields, "jsonOp", how);
        patch.into_iter().collect()
    },
};

fn strategic_merges(context: &mut Context<'_>, kustomization: &Kustomization<'_>) -> Vec<Boxed> {
    let paths = kustomization
        .root
        .text_nodes(&mut context.problems, "patchesStrategicMerge");
    if paths.is_empty() {
        return Vec::new();
    }
    let patches = named(context, &kustomization.directory, &paths);
    vec![Box::new(Strategic(patches))]
}

/// The strategic merges that are named, or written in place.
fn named(
    context: &mut Context<'_>,
    directory: &str,
    paths: &[(Spanned<String>, &Node)],
) -> Vec<Resource> {
    let mut patches = Vec::new();
    for (text, node) in paths {
        if text.value.contains('\n') || text.value.trim_start().starts_with('{') {
            patches.extend(merges_in(context, node));
        } else if let Some(id) = context.file(directory, text) {
            let parsed = context.parse(id);
            let (found, _) = load::resources(context, &parsed);
            if found.is_empty() && parsed.whole {
                context.problems.invalid(text.span, "the patch is empty");
            }
            patches.extend(found);
        }
    }
    patches
}

fn merges_in(context: &mut Context<'_>, node: &Node) -> Vec<Resource> {
    let parsed = context.parse_scalar(node);
    parsed.map_or_else(Vec::new, |parsed| load::resources(context, &parsed).0)
}

/// The documents of a patch that is written in place or in a file, and where it is named.
fn documents(
    context: &mut Context<'_>,
    directory: &str,
    fields: &Fields<'_>,
    inline: &str,
) -> Option<(Rc<Parsed>, Span)> {
    let problems = &mut context.problems;
    let text = fields
        .some_text(problems, inline)
        .filter(|text| !text.value.trim().is_empty());
    let path = fields.some_text(problems, "path");
    match (text, path) {
        (Some(text), None) => {
            let parsed = context.parse_scalar(fields.get(inline)?)?;
            Some((Rc::new(parsed), text.span))
        }
        (None, Some(path)) => {
            let id = context.file(directory, &path)?;
            Some((context.parse(id), path.span))
        }
        (text, _) => {
            let (count, span) = match text {
                Some(text) => ("not both", text.span),
                None => ("and this one has none", fields.span),
            };
            problems.invalid(span, format!("a patch needs `{inline}` or `path`, {count}"));
            None
        }
    }
}

fn targeted(
    context: &mut Context<'_>,
    directory: &str,
    fields: &Fields<'_>,
    how: Strictness,
) -> Option<Boxed> {
    let (parsed, span) = documents(context, directory, fields, "patch")?;
    let target = fields.get("target");
    let selector = target.and_then(|node| Selector::read(context, node, how));
    let problems = &mut context.problems;
    let mut options = (false, false);
    if let Some(node) = fields.get("options") {
        let known = ["allowNameChange", "allowKindChange"];
        if let Some(fields) = Fields::new(problems, node, how, "`options` of a patch", &known) {
            options = (
                fields.flag(problems, known[0]),
                fields.flag(problems, known[1]),
            );
        }
    }
    if target.is_some() && selector.is_none() {
        return None;
    }
    let first = parsed.roots.iter().find(|root| !root.is_null());
    if let Some(Value::Sequence(operations)) = first.map(|root| &root.value) {
        let operations = json::read(problems, operations)?;
        let Some(selector) = selector else {
            problems.invalid(span, "a JSON patch needs a `target`");
            return None;
        };
        return Some(Box::new(Json {
            operations,
            selector,
            stores_id: true,
        }));
    }
    let (merges, whole) = load::resources(context, &parsed);
    if merges.is_empty() {
        if whole {
            context.problems.invalid(span, "the patch is empty");
        }
        return None;
    }
    if selector.is_some() && merges.len() > 1 {
        let message = "a patch of several documents cannot have a `target`; give each its own item";
        context.problems.invalid(span, message);
        return None;
    }
    Some(Box::new(Targeted {
        merges,
        selector,
        allow_name: options.0,
        allow_kind: options.1,
    }))
}

fn json_patch(
    context: &mut Context<'_>,
    directory: &str,
    fields: &Fields<'_>,
    inline: &str,
    how: Strictness,
) -> Option<Boxed> {
    let (parsed, span) = documents(context, directory, fields, inline)?;
    let selector = fields
        .get("target")
        .and_then(|node| Selector::read(context, node, how));
    let problems = &mut context.problems;
    let Some(selector) = selector.filter(|selector| !selector.name().is_empty()) else {
        problems.invalid(span, "this patch needs a `target` with a `name`");
        return None;
    };
    let first = parsed.roots.iter().find(|root| !root.is_null());
    let operations = first.and_then(Node::as_sequence).unwrap_or_default();
    if operations.is_empty() {
        if parsed.whole {
            problems.invalid(span, "a JSON patch must be a list of operations");
        }
        return None;
    }
    let operations = json::read(problems, operations)?;
    Some(Box::new(Json {
        operations,
        selector,
        stores_id: false,
    }))
}

/// Strategic merges, each into the only object of its name.
struct Strategic(Vec<Resource>);

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
                format!(" in namespace `{}`", super::shown(&id.namespace))
            };
            let version = super::shown(&id.gvk.api_version());
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
            Ok(None) => deleted.push(*position),
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
struct Targeted {
    merges: Vec<Resource>,
    selector: Option<Selector>,
    allow_name: bool,
    allow_kind: bool,
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
struct Json {
    operations: Vec<json::Operation>,
    selector: Selector,
    /// Whether what the object was called stays known (`patches`, not `patchesJson6902`).
    stores_id: bool,
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
                Ok(()) => resource.node = node,
                Err(mut problem) => {
                    problem.message =
                        format!("{} (in `{}`)", problem.message, resource.id().shown());
                    context.problems.invalid.push(*problem);
                }
            }
        }
    }
}
