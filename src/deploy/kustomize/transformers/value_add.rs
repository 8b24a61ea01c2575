//! The `ValueAddTransformer`, which puts a value, or a part of a path, into fields.

use crate::registry::Spanned;
use crate::source::Node;

use super::super::context::Context;
use super::super::field_path::{FieldSpec, Make};
use super::super::fields::{Fields, Strictness};
use super::super::resource::scalar_text;
use super::super::resource_map::ResourceMap;
use super::super::selector::Selector;
use super::{Boxed, Builtin, Plugin, Transform, set_text};

pub const BUILTIN: Builtin = Builtin {
    kinds: &["ValueAddTransformer"],
    of_kustomization: None,
    of_plugin: read,
};

struct ValueAdd {
    value: Spanned<String>,
    targets: Vec<Target>,
}

struct Target {
    selector: Option<Selector>,
    spec: FieldSpec,
    is_namespace: bool,
    position: usize,
}

fn read(context: &mut Context<'_>, plugin: &Plugin<'_>) -> Vec<Boxed> {
    let value = plugin
        .fields
        .text(&mut context.problems, "value")
        .map(|mut value| {
            value.value = value.value.trim().to_owned();
            value
        });
    let value = value
        .filter(|value| !value.value.is_empty())
        .unwrap_or_else(|| {
            let name = plugin.directory.rsplit('/').next().unwrap_or_default();
            Spanned::new(name.to_owned(), plugin.fields.span)
        });
    let mut nodes: Vec<Node> = plugin
        .fields
        .items(&mut context.problems, "targets")
        .to_vec();
    if let Some(path) = plugin
        .fields
        .some_text(&mut context.problems, "targetFilePath")
        && let Some(id) = context.file(plugin.directory, &path)
    {
        for root in &context.parse(id).roots {
            let targets = root.get("targets").and_then(Node::as_sequence);
            nodes.extend(targets.unwrap_or_default().iter().cloned());
        }
    }
    let mut targets = Vec::new();
    for node in &nodes {
        let how = Strictness::Plugin;
        let Some(fields) = Fields::new(&mut context.problems, node, how, "a target", &[]) else {
            continue;
        };
        let selector = fields
            .get("selector")
            .and_then(|node| Selector::read(context, node, how));
        let problems = &mut context.problems;
        let Some(path) = fields.some_text(problems, "fieldPath") else {
            problems.invalid(fields.span, "this target has no `fieldPath`");
            continue;
        };
        let position = fields
            .integer(problems, "filePathPosition")
            .map_or(0, |position| position.value);
        let Ok(position) = usize::try_from(position) else {
            problems.invalid(fields.span, "`filePathPosition` must not be negative");
            continue;
        };
        let is_namespace = path.value == "metadata/namespace";
        let spec = FieldSpec::of_all(&path.value, true);
        targets.push(Target {
            selector,
            spec,
            is_namespace,
            position,
        });
    }
    if targets.is_empty() {
        context
            .problems
            .invalid(plugin.fields.span, "this transformer needs `targets`");
        return Vec::new();
    }
    vec![Box::new(ValueAdd { value, targets })]
}

impl Transform for ValueAdd {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        for target in &self.targets {
            let positions = match &target.selector {
                Some(selector) => resources.select(selector),
                None => (0..resources.list().len()).collect(),
            };
            for position in positions {
                let Some(resource) = resources.list_mut().get_mut(position) else {
                    continue;
                };
                if target.is_namespace && resource.is_cluster_scoped() {
                    continue;
                }
                let value = &self.value;
                let outcome =
                    target
                        .spec
                        .visit(&mut resource.node, Make::Scalar, value.span, &mut |node| {
                            let text = match target.position.checked_sub(1) {
                                Some(position) if !target.is_namespace => {
                                    insert_part(scalar_text(node), position, &value.value)
                                }
                                _ => value.value.clone(),
                            };
                            set_text(node, &text, value.span)
                        });
                context.problems.note(outcome);
            }
        }
    }
}

/// A path with one more part at a position.
fn insert_part(path: &str, position: usize, part: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    let joined = parts.join("/");
    if absolute {
        format!("/{joined}")
    } else {
        joined
    }
}
