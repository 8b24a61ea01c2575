//! `labels`, `commonLabels` and `commonAnnotations`.

use crate::registry::Spanned;
use crate::source::{Entry, Key, Node, Span, Value};

use super::super::configuration::{Configuration, FieldSpecs, field_spec, field_specs, merge_one};
use super::super::context::{Context, Outcome, refuse};
use super::super::field_path::{FieldSpec, Make};
use super::super::fields::{Fields, Strictness};
use super::super::kustomization::Kustomization;
use super::super::resource_map::ResourceMap;
use super::super::shared;
use super::{Boxed, Builtin, Transform};

pub const LABELS: Builtin = Builtin {
    kinds: &["LabelTransformer"],
    of_kustomization: Some(of_kustomization),
    of_plugin: |context, plugin| {
        let pairs = plugin.fields.text_map(&mut context.problems, "labels");
        let specs = field_specs(&mut context.problems, &plugin.fields);
        vec![Box::new(Pairs { pairs, specs })]
    },
};

pub const ANNOTATIONS: Builtin = Builtin {
    kinds: &["AnnotationsTransformer"],
    of_kustomization: Some(|context, kustomization, configuration| {
        let pairs = kustomization
            .root
            .text_map(&mut context.problems, "commonAnnotations");
        let specs = configuration.common_annotations.clone();
        vec![Box::new(Pairs { pairs, specs })]
    }),
    of_plugin: |context, plugin| {
        let pairs = plugin.fields.text_map(&mut context.problems, "annotations");
        let specs = field_specs(&mut context.problems, &plugin.fields);
        vec![Box::new(Pairs { pairs, specs })]
    },
};

fn of_kustomization(
    context: &mut Context<'_>,
    kustomization: &Kustomization<'_>,
    configuration: &Configuration,
) -> Vec<Boxed> {
    let problems = &mut context.problems;
    let mut transforms: Vec<Boxed> = Vec::new();
    let how = Strictness::Kustomization;
    for item in kustomization.root.items(problems, "labels") {
        let known = ["pairs", "includeSelectors", "includeTemplates", "fields"];
        let Some(fields) = Fields::new(problems, item, how, "an item of `labels`", &known) else {
            continue;
        };
        let mut specs = FieldSpecs::new();
        for item in fields.items(problems, "fields") {
            specs.extend(field_spec(problems, item, how).map(|(spec, _)| spec));
        }
        let more: &[&FieldSpecs] = if fields.flag(problems, "includeSelectors") {
            &[&configuration.labels, &configuration.common_labels]
        } else if fields.flag(problems, "includeTemplates") {
            &[&configuration.labels, &configuration.template_labels]
        } else {
            &[&configuration.labels]
        };
        for spec in more.iter().flat_map(|specs| specs.iter()) {
            merge_one(problems, &mut specs, spec.clone(), fields.span);
        }
        if !fields.flag(problems, "includeSelectors") {
            let own = FieldSpec::of_all("metadata/labels", true);
            merge_one(problems, &mut specs, own, fields.span);
        }
        let pairs = fields.text_map(problems, "pairs");
        transforms.push(Box::new(Pairs { pairs, specs }));
    }
    let pairs = kustomization.root.text_map(problems, "commonLabels");
    let specs = configuration.common_labels.clone();
    transforms.push(Box::new(Pairs { pairs, specs }));
    transforms
}

/// Labels or annotations, and the fields they are written to.
struct Pairs {
    pairs: Vec<(Key, Spanned<String>)>,
    specs: FieldSpecs,
}

impl Transform for Pairs {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        if self.pairs.is_empty() {
            return;
        }
        let spans: Vec<Span> = self.pairs.iter().map(|(_, value)| value.span).collect();
        for resource in resources.list_mut() {
            let outcome = self.one(&mut resource.node);
            context.problems.note(outcome);
            shared::note(resource, &spans);
        }
    }
}

impl Pairs {
    fn one(&self, node: &mut Node) -> Outcome {
        for spec in &self.specs {
            if !spec.applies_to(node) {
                continue;
            }
            for (key, value) in &self.pairs {
                spec.visit_anyway(node, Make::Mapping, key.span, &mut |node| {
                    set_entry(node, key, value)
                })?;
            }
        }
        Ok(())
    }
}

fn set_entry(node: &mut Node, key: &Key, value: &Spanned<String>) -> Outcome {
    if node.is_null() {
        return Ok(());
    }
    match &mut node.value {
        Value::Mapping(mapping) => {
            let value = Node::string(value.span, value.value.as_str());
            mapping.insert(Entry {
                key: key.clone(),
                value,
            });
            Ok(())
        }
        _ => refuse(
            node.span,
            format!(
                "a mapping is needed here, as labels or annotations are written to it, but this is {}",
                node.kind_name()
            ),
        ),
    }
}
