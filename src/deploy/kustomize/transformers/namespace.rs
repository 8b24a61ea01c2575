//! `namespace`.

use std::collections::HashSet;

use crate::registry::Spanned;
use crate::source::{Entry, Key, Node, Value};

use super::super::configuration::{FieldSpecs, field_specs};
use super::super::context::{Context, Outcome};
use super::super::field_path::{FieldSpec, Make};
use super::super::fields::{Fields, Strictness};
use super::super::resource::{Resource, scalar_text, text_at};
use super::super::resource_map::ResourceMap;
use super::{Boxed, Builtin, Transform, set_text};

pub const BUILTIN: Builtin = Builtin {
    kinds: &["NamespaceTransformer"],
    of_kustomization: Some(|context, kustomization, configuration| {
        let name = kustomization
            .root
            .some_text(&mut context.problems, "namespace");
        let transform = name.map(|name| Namespace {
            name,
            specs: configuration.namespace.clone(),
            unset_only: false,
            subjects: Subjects::NamedDefault,
        });
        transform
            .into_iter()
            .map(|transform| Box::new(transform) as Boxed)
            .collect()
    }),
    of_plugin: |context, plugin| {
        let problems = &mut context.problems;
        let specs = field_specs(problems, &plugin.fields);
        let unset_only = plugin.fields.flag(problems, "unsetOnly");
        let mode = plugin.fields.some_text(problems, "setRoleBindingSubjects");
        let subjects = match mode.as_ref().map(|mode| mode.value.as_str()) {
            None | Some("defaultOnly") => Subjects::NamedDefault,
            Some("allServiceAccounts") => Subjects::ServiceAccounts,
            Some("none") => Subjects::None,
            Some(_) => {
                let span = mode.map_or(plugin.fields.span, |mode| mode.span);
                let message = "`setRoleBindingSubjects` must be `defaultOnly`, `allServiceAccounts` or `none`";
                problems.invalid(span, message);
                return Vec::new();
            }
        };
        // The namespace is that of the configuration's own metadata, and without one nothing is done.
        let metadata = plugin.fields.get("metadata");
        let name = metadata
            .and_then(|node| Fields::new(problems, node, Strictness::Plugin, "`metadata`", &[]))
            .and_then(|fields| fields.some_text(problems, "namespace"));
        match name {
            Some(name) => vec![Box::new(Namespace {
                name,
                specs,
                unset_only,
                subjects,
            })],
            None => Vec::new(),
        }
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subjects {
    NamedDefault,
    ServiceAccounts,
    None,
}

struct Namespace {
    name: Spanned<String>,
    specs: FieldSpecs,
    unset_only: bool,
    subjects: Subjects,
}

impl Transform for Namespace {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        for resource in resources.list_mut() {
            resource.store_previous_id();
            let outcome = self.one(resource);
            context.problems.note(outcome);
        }
        let mut seen = HashSet::new();
        let problems = &mut context.problems;
        resources.list_mut().retain(|resource| {
            let id = resource.id();
            let is_new = seen.insert(id.key());
            if !is_new {
                let message = format!("in this namespace there would be two of `{}`", id.shown());
                problems.invalid(resource.name_span(), message);
            }
            is_new
        });
    }
}

impl Namespace {
    fn one(&self, resource: &mut Resource) -> Outcome {
        let span = self.name.span;
        let is_core = resource.api_version() == "v1";
        if !resource.is_cluster_scoped() {
            FieldSpec::of_all("metadata/namespace", true).visit(
                &mut resource.node,
                Make::Scalar,
                span,
                &mut |node| self.set(node),
            )?;
        }
        let is_binding = matches!(resource.kind(), "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            self.set_subjects(&mut resource.node)?;
        }
        for spec in &self.specs {
            let of_binding = matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")
                && spec.path == "subjects/namespace";
            let skipped = spec.path == "metadata/namespace"
                || spec.path == "metadata/name" && !is_core
                || is_binding && of_binding;
            if !skipped {
                spec.visit(&mut resource.node, Make::Scalar, span, &mut |node| {
                    self.set(node)
                })?;
            }
        }
        Ok(())
    }

    fn set(&self, node: &mut Node) -> Outcome {
        if self.unset_only && !node.is_null() && !scalar_text(node).is_empty() {
            return Ok(());
        }
        set_text(node, &self.name.value, self.name.span)
    }

    fn set_subjects(&self, node: &mut Node) -> Outcome {
        let Value::Mapping(mapping) = &mut node.value else {
            return Ok(());
        };
        let Some(Value::Sequence(subjects)) =
            mapping.get_mut("subjects").map(|node| &mut node.value)
        else {
            return Ok(());
        };
        for subject in subjects {
            let wanted = match self.subjects {
                Subjects::NamedDefault => text_at(subject, &["name"]) == "default",
                Subjects::ServiceAccounts => text_at(subject, &["kind"]) == "ServiceAccount",
                Subjects::None => false,
            };
            if let Value::Mapping(subject) = &mut subject.value
                && wanted
            {
                if let Some(namespace) = subject.get_mut("namespace") {
                    self.set(namespace)?;
                } else {
                    let span = self.name.span;
                    let key = Key {
                        text: "namespace".into(),
                        span,
                    };
                    let value = Node::string(span, self.name.value.as_str());
                    subject.insert(Entry { key, value });
                }
            }
        }
        Ok(())
    }
}
