//! `replicas`.

use crate::registry::Spanned;
use crate::source::{Node, Scalar, ScalarKind, Span, Value};

use super::super::configuration::{FieldSpecs, field_specs};
use super::super::context::{Context, Problems, refuse};
use super::super::field_path::Make;
use super::super::fields::{Fields, Strictness};
use super::super::resource_map::ResourceMap;
use super::super::shown;
use super::{Boxed, Builtin, Transform};

pub const BUILTIN: Builtin = Builtin {
    kinds: &["ReplicaCountTransformer"],
    of_kustomization: Some(|context, kustomization, configuration| {
        let problems = &mut context.problems;
        let mut transforms: Vec<Boxed> = Vec::new();
        for item in kustomization.root.items(problems, "replicas") {
            let specs = configuration.replicas.clone();
            let replicas = read(problems, item, Strictness::Kustomization, specs);
            transforms.extend(replicas.map(|replicas| Box::new(replicas) as Boxed));
        }
        transforms
    }),
    of_plugin: |context, plugin| {
        let problems = &mut context.problems;
        let specs = field_specs(problems, &plugin.fields);
        let node = plugin.fields.get("replica");
        let replicas = node.and_then(|node| read(problems, node, Strictness::Plugin, specs));
        replicas
            .into_iter()
            .map(|replicas| Box::new(replicas) as Boxed)
            .collect()
    },
};

fn read(
    problems: &mut Problems,
    node: &Node,
    how: Strictness,
    specs: FieldSpecs,
) -> Option<Replicas> {
    let fields = Fields::new(
        problems,
        node,
        how,
        "an item of `replicas`",
        &["name", "count"],
    )?;
    let name = fields
        .text(problems, "name")
        .map(|name| name.value)
        .unwrap_or_default();
    let count = fields.integer(problems, "count");
    let count = count.unwrap_or_else(|| Spanned::new(0, fields.span));
    Some(Replicas {
        name,
        count,
        specs,
        span: fields.span,
    })
}

struct Replicas {
    name: String,
    count: Spanned<i64>,
    specs: FieldSpecs,
    span: Span,
}

impl Transform for Replicas {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        let mut found = false;
        for spec in &self.specs {
            let positions = resources
                .positions_by_any_id(|id| id.name == self.name && id.gvk.is_selected_by(&spec.gvk));
            for position in positions {
                found = true;
                let Some(resource) = resources.list_mut().get_mut(position) else {
                    continue;
                };
                let outcome = spec.visit(
                    &mut resource.node,
                    Make::Scalar,
                    self.count.span,
                    &mut |node| {
                        if node.as_scalar().is_none() {
                            return refuse(
                                node.span,
                                "the number of replicas must be a single value",
                            );
                        }
                        let text = self.count.value.to_string().into();
                        let scalar = Scalar {
                            kind: ScalarKind::Integer,
                            text,
                        };
                        *node = Node::new(self.count.span, Value::Scalar(scalar));
                        Ok(())
                    },
                );
                context.problems.note(outcome);
            }
        }
        if !found {
            let message = format!("no resource named `{}` has replicas", shown(&self.name));
            context.problems.invalid(self.span, message);
        }
    }
}
