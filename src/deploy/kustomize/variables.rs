//! `vars`: `$(NAME)` stands for a field of an object.

use std::collections::BTreeMap;

use crate::registry::Spanned;
use crate::source::{Node, Problem, Scalar, ScalarKind, Span, Value};

use super::configuration::Configuration;
use super::context::{Context, Outcome, Problems, refuse};
use super::field_path::{Make, look_up, split_dotted, split_indices};
use super::fields::{Fields, Strictness};
use super::kustomization::Kustomization;
use super::resource::{Id, Resource, scalar_text};
use super::resource_map::ResourceMap;
use super::shown;

/// A variable.
#[derive(Debug, Clone)]
pub struct Variable {
    name: Spanned<String>,
    path: String,
}

/// The variables of a kustomization and of those that it builds on.
#[derive(Debug, Default)]
pub struct Variables(BTreeMap<String, Variable>);

impl Variables {
    /// Reads the variables of a kustomization, and notes at the objects they read from that they do.
    pub fn read(
        &mut self,
        context: &mut Context<'_>,
        kustomization: &Kustomization<'_>,
        resources: &mut ResourceMap,
    ) {
        let problems = &mut context.problems;
        let how = Strictness::Kustomization;
        for item in kustomization.root.items(problems, "vars") {
            let known = ["name", "objref", "fieldref"];
            let Some(fields) = Fields::new(problems, item, how, "an item of `vars`", &known) else {
                continue;
            };
            let Some(name) = fields.some_text(problems, "name") else {
                problems.invalid(fields.span, "a variable must have a `name`");
                continue;
            };
            let known = [
                "apiVersion",
                "group",
                "version",
                "kind",
                "name",
                "namespace",
            ];
            let object = fields
                .get("objref")
                .and_then(|node| Fields::new(problems, node, how, "`objref`", &known))
                .map(|fields| fields.id_with_api_version(problems));
            let object = object.unwrap_or_default();
            let path = fields
                .get("fieldref")
                .and_then(|node| Fields::new(problems, node, how, "`fieldref`", &["fieldPath"]))
                .and_then(|fields| fields.some_text(problems, "fieldPath"));
            let path = path.map_or_else(|| "metadata.name".to_owned(), |path| path.value);
            note(problems, resources, &object, &name);
            self.add(problems, Variable { name, path });
        }
    }

    fn add(&mut self, problems: &mut Problems, variable: Variable) {
        if let Some(first) = self.0.get(&variable.name.value) {
            let message = format!(
                "the variable `{}` is already defined",
                shown(&variable.name.value)
            );
            let mut problem = Problem::new(variable.name.span, message);
            problem.related = Some((first.name.span, "first here".to_owned()));
            problems.invalid.push(problem);
            return;
        }
        self.0.insert(variable.name.value.clone(), variable);
    }

    /// Adds those of a kustomization that this one builds on.
    pub fn merge(&mut self, problems: &mut Problems, other: Self) {
        for variable in other.0.into_values() {
            self.add(problems, variable);
        }
    }

    /// Puts the values of the variables where they are named.
    pub fn resolve(
        &self,
        context: &mut Context<'_>,
        configuration: &Configuration,
        resources: &mut ResourceMap,
    ) {
        let values = self.values(&mut context.problems, resources.list());
        if values.is_empty() {
            return;
        }
        for resource in resources.list_mut() {
            for spec in &configuration.var_reference {
                if !spec.applies_to(&resource.node) {
                    continue;
                }
                let span = resource.node.span;
                let outcome =
                    spec.visit_anyway(&mut resource.node, Make::Nothing, span, &mut |node| {
                        replace_in(node, &values)
                    });
                context.problems.note(outcome);
            }
        }
    }

    fn values(&self, problems: &mut Problems, resources: &[Resource]) -> BTreeMap<&str, Known> {
        let mut values = BTreeMap::new();
        for (name, variable) in &self.0 {
            let mut readers = resources
                .iter()
                .filter(|resource| resource.variables.contains(name));
            let Some(resource) = readers.next() else {
                let message = format!(
                    "no resource is the one that the variable `{}` reads",
                    shown(name)
                );
                problems.invalid(variable.name.span, message);
                continue;
            };
            let path = split_indices(split_dotted(&variable.path));
            if let Ok(Some(value)) = look_up(&resource.node, &path) {
                let known = Known {
                    value: value.clone(),
                    span: variable.name.span,
                };
                values.insert(name.as_str(), known);
            } else {
                let path = shown(&variable.path);
                let message = format!(
                    "`{}` has no `{path}`, which the variable `{}` reads",
                    resource.id().shown(),
                    shown(name)
                );
                problems.invalid(variable.name.span, message);
            }
        }
        values
    }
}

fn note(problems: &mut Problems, resources: &mut ResourceMap, object: &Id, name: &Spanned<String>) {
    let positions = resources.positions_by_any_id(|id| {
        if object.namespace.is_empty() {
            object.same_but_namespace(id)
        } else {
            object.same(id)
        }
    });
    match positions[..] {
        [] => {}
        [position] => {
            if let Some(resource) = resources.list_mut().get_mut(position) {
                resource.variables.push(name.value.clone());
            }
        }
        _ => {
            let message = format!(
                "several resources could be the one that the variable `{}` reads; give it a `namespace`",
                shown(&name.value)
            );
            problems.invalid(name.span, message);
        }
    }
}

/// What is known of a variable.
struct Known {
    value: Node,
    /// The entry of `vars`.
    span: Span,
}

fn replace_in(node: &mut Node, values: &BTreeMap<&str, Known>) -> Outcome {
    if node.is_null() {
        return Ok(());
    }
    match &mut node.value {
        Value::Scalar(_) => {
            replace(node, values);
            Ok(())
        }
        Value::Mapping(mapping) => {
            let names: Vec<Box<str>> = mapping
                .entries()
                .iter()
                .map(|entry| entry.key.text.clone())
                .collect();
            for name in names {
                if let Some(value) = mapping.get_mut(&name) {
                    replace(value, values);
                }
            }
            Ok(())
        }
        Value::Sequence(items) => {
            for item in items {
                if item.as_str().is_none() {
                    return refuse(
                        item.span,
                        format!(
                            "variables are replaced in texts only, but this is {}",
                            item.kind_name()
                        ),
                    );
                }
                replace(item, values);
            }
            Ok(())
        }
    }
}

/// Replaces the variables in a text. A text that is one variable and nothing else becomes its value, of
/// whatever type, and is edited at the variable; any other text is edited where it is.
fn replace(node: &mut Node, values: &BTreeMap<&str, Known>) {
    let Some(text) = node.as_str().filter(|text| text.contains('$')) else {
        return;
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let name = rest
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let Some((name, after)) = name else {
            out.push('$');
            continue;
        };
        rest = after;
        match values.get(name).filter(|known| is_single(&known.value)) {
            Some(known) if text.len() == name.len() + 3 => {
                let span = known.span;
                *node = known.value.clone();
                node.span = span;
                return;
            }
            Some(known) => out.push_str(scalar_text(&known.value)),
            None => {
                out.push_str("$(");
                out.push_str(name);
                out.push(')');
            }
        }
    }
    out.push_str(rest);
    if out != text {
        *node = Node::new(
            node.span,
            Value::Scalar(Scalar {
                kind: ScalarKind::String,
                text: out.into(),
            }),
        );
    }
}

fn is_single(node: &Node) -> bool {
    node.as_scalar().is_some()
}
