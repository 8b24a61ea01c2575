//! `buildMetadata`: notes on each document of how it was made.

use crate::registry::Spanned;

use super::context::Context;
use super::resource::{Resource, set_in, string_entry};

/// What `managedByLabel` writes: kubectl does not know which version of kustomize it holds.
const MANAGED_BY: &str = "kustomize-(devel)";

/// Writes what the options ask for.
pub fn write(
    context: &Context<'_>,
    directory: &str,
    options: &[Spanned<String>],
    resource: &mut Resource,
) {
    for option in options {
        let (field, name, text) = match option.value.as_str() {
            "managedByLabel" => (
                "labels",
                "app.kubernetes.io/managed-by",
                MANAGED_BY.to_owned(),
            ),
            "originAnnotations" => (
                "annotations",
                "config.kubernetes.io/origin",
                origin(context, directory, resource),
            ),
            _ => continue,
        };
        let entry = string_entry(name, &text, option.span);
        set_in(&mut resource.node, &["metadata", field], name, entry);
    }
}

fn origin(context: &Context<'_>, directory: &str, resource: &Resource) -> String {
    let source = context.inputs.sources().get(resource.origin.source);
    let path = relative(directory, source.path());
    match resource.origin.generator {
        None => format!("path: {path}\n"),
        Some(generator) => format!(
            "configuredIn: {path}\nconfiguredBy:\n  apiVersion: builtin\n  kind: {generator}\n"
        ),
    }
}

/// A path as it is seen from a directory, both relative to the root.
fn relative(directory: &str, path: &str) -> String {
    let mut from: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let mut to: Vec<&str> = path.split('/').collect();
    while !from.is_empty() && from.first() == to.first() && to.len() > 1 {
        from.remove(0);
        to.remove(0);
    }
    let mut parts = vec![".."; from.len()];
    parts.extend(to);
    parts.join("/")
}
