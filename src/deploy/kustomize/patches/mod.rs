//! Patches: strategic merges and JSON patches, targeted or not.

mod apply;
mod json;
mod lists;
mod removals;
mod strategic;

use std::sync::Arc;

use crate::registry::Spanned;
use crate::source::{Documents, Node, Span, Value};

use super::context::Context;
use super::fields::{Fields, Strictness};
use super::kustomization::Kustomization;
use super::load;
use super::resource::Resource;
use super::selector::Selector;
use super::transformers::{Boxed, Builtin, Plugin};
use apply::{Json, Strategic, Targeted};

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
            if found.is_empty() && parsed.is_whole() {
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
) -> Option<(Arc<Documents>, Span)> {
    let problems = &mut context.problems;
    let text = fields
        .some_text(problems, inline)
        .filter(|text| !text.value.trim().is_empty());
    let path = fields.some_text(problems, "path");
    match (text, path) {
        (Some(text), None) => {
            let parsed = context.parse_scalar(fields.get(inline)?)?;
            Some((Arc::new(parsed), text.span))
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
        if parsed.is_whole() {
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
