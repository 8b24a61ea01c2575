//! Reads the objects of a file.

use crate::source::{Documents, Mapping, Node, ScalarKind, Span, Value};

use super::context::{Context, Problems};
use super::resource::{Resource, text_at};

/// The objects in what was read of a file, and whether they are all that it holds. Documents that are
/// no objects are problems; those that still say what they are stay.
pub fn resources(context: &mut Context<'_>, parsed: &Documents) -> (Vec<Resource>, bool) {
    let mut resources = Vec::new();
    let mut whole = parsed.is_whole();
    let mut waiting: Vec<Node> = parsed.roots.iter().rev().cloned().collect();
    let mut listed = Vec::new();
    while let Some(mut root) = waiting.pop() {
        if is_empty(&root) {
            continue;
        }
        settle(&mut root);
        let kind = text_at(&root, &["kind"]);
        if kind.ends_with("List") && root.get("items").is_some() {
            match root.get("items").map(|items| &items.value) {
                Some(Value::Sequence(items)) => listed.extend(items.iter().cloned()),
                _ if root.get("items").is_some_and(Node::is_null) => {}
                _ => {
                    whole = false;
                    context
                        .problems
                        .invalid(root.span, "the `items` of a list must be a list");
                }
            }
        } else if is_resource(&mut context.problems, &root) {
            if !context.afford(&root) {
                return (resources, false);
            }
            whole &= check_data(&mut context.problems, &root);
            resources.push(Resource::new(root));
        } else {
            whole = false;
        }
        if waiting.is_empty() {
            // The items of lists come after everything else.
            waiting.extend(std::mem::take(&mut listed).into_iter().rev());
        }
    }
    (resources, whole)
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.kind == ScalarKind::Null,
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
    }
}

/// Says what keeps a document from being an object.
fn is_resource(problems: &mut Problems, root: &Node) -> bool {
    if root.as_mapping().is_none() {
        let found = root.kind_name();
        problems.invalid(
            start(root),
            format!("a Kubernetes object must be a mapping, but this is {found}"),
        );
        return false;
    }
    let kind = text_at(root, &["kind"]);
    if kind.is_empty() {
        problems.invalid(
            start(root),
            "this document is no Kubernetes object: it has no `kind`",
        );
        return false;
    }
    if text_at(root, &["metadata", "name"]).is_empty() && !kind.ends_with("List") {
        let message = format!("this `{}` has no `metadata.name`", super::shown(kind));
        problems.invalid(kind_span(root), message);
        return false;
    }
    true
}

/// The first line of a document says enough of where it is.
fn start(root: &Node) -> Span {
    let first = root
        .as_mapping()
        .and_then(|mapping| mapping.entries().first());
    first.map_or(root.span, |entry| entry.key.span)
}

fn kind_span(root: &Node) -> Span {
    root.get("kind").map_or(root.span, |kind| kind.span)
}

/// The data of a `ConfigMap` or a `Secret` must be texts: a key that slid to the left leaves null behind.
fn check_data(problems: &mut Problems, root: &Node) -> bool {
    let known: &[&str] = match text_at(root, &["kind"]) {
        "ConfigMap" => &["data", "binaryData"],
        "Secret" => &["data", "stringData"],
        _ => return true,
    };
    let mut fits = true;
    let entries = root.as_mapping().map_or(&[][..], Mapping::entries);
    for entry in entries {
        if !known.contains(&&*entry.key.text) || entry.value.as_mapping().is_some() {
            continue;
        }
        fits = false;
        let found = entry.value.kind_name();
        let message = format!(
            "`{}` must be a mapping of names and texts, but this is {found}; indent what belongs to it",
            entry.key.text
        );
        problems.invalid(entry.key.span, message);
    }
    fits
}

/// Takes scalars for what kustomize takes them for: only `true` and `false` are truth values.
fn settle(node: &mut Node) {
    match &mut node.value {
        Value::Scalar(scalar) => {
            let is_word = !matches!(
                &*scalar.text,
                "true" | "True" | "TRUE" | "false" | "False" | "FALSE"
            );
            if matches!(scalar.kind, ScalarKind::Bool(_)) && is_word {
                scalar.kind = ScalarKind::String;
            }
        }
        Value::Sequence(items) => items.iter_mut().for_each(settle),
        Value::Mapping(mapping) => {
            let entries = std::mem::take(mapping).into_entries();
            for mut entry in entries {
                settle(&mut entry.value);
                mapping.insert(entry);
            }
        }
    }
}
