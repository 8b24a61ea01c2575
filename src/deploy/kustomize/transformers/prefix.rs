//! `namePrefix` and `nameSuffix`.

use crate::registry::Spanned;

use super::super::configuration::{FieldSpecs, field_specs};
use super::super::context::{Context, Outcome};
use super::super::field_path::Make;
use super::super::resource::{Id, Resource, scalar_text};
use super::super::resource_map::ResourceMap;
use super::{Boxed, Builtin, Plugin, Transform, set_text};

pub const PREFIX: Builtin = Builtin {
    kinds: &["PrefixTransformer"],
    of_kustomization: Some(|context, kustomization, configuration| {
        let text = kustomization
            .root
            .some_text(&mut context.problems, "namePrefix");
        let affix = text.map(|text| Affix {
            text,
            is_prefix: true,
            specs: configuration.name_prefix.clone(),
        });
        affix
            .into_iter()
            .map(|affix| Box::new(affix) as Boxed)
            .collect()
    }),
    of_plugin: |context, plugin| of_plugin(context, plugin, &[true]),
};

pub const SUFFIX: Builtin = Builtin {
    kinds: &["SuffixTransformer"],
    of_kustomization: Some(|context, kustomization, configuration| {
        let text = kustomization
            .root
            .some_text(&mut context.problems, "nameSuffix");
        let affix = text.map(|text| Affix {
            text,
            is_prefix: false,
            specs: configuration.name_suffix.clone(),
        });
        affix
            .into_iter()
            .map(|affix| Box::new(affix) as Boxed)
            .collect()
    }),
    of_plugin: |context, plugin| of_plugin(context, plugin, &[false]),
};

pub const BOTH: Builtin = Builtin {
    kinds: &["PrefixSuffixTransformer"],
    of_kustomization: None,
    of_plugin: |context, plugin| of_plugin(context, plugin, &[true, false]),
};

fn of_plugin(context: &mut Context<'_>, plugin: &Plugin<'_>, sides: &[bool]) -> Vec<Boxed> {
    let problems = &mut context.problems;
    if plugin.fields.get("fieldSpecs").is_none() {
        let message = "this transformer needs `fieldSpecs`, such as `- path: metadata/name`";
        problems.invalid(plugin.fields.span, message);
        return Vec::new();
    }
    let mut affixes: Vec<Boxed> = Vec::new();
    for is_prefix in sides {
        let name = if *is_prefix { "prefix" } else { "suffix" };
        let text = plugin.fields.text(problems, name);
        let text = text.unwrap_or_else(|| Spanned::new(String::new(), plugin.fields.span));
        let specs = field_specs(problems, &plugin.fields);
        affixes.push(Box::new(Affix {
            text,
            is_prefix: *is_prefix,
            specs,
        }));
    }
    affixes
}

struct Affix {
    text: Spanned<String>,
    is_prefix: bool,
    specs: FieldSpecs,
}

impl Transform for Affix {
    fn apply(&self, context: &mut Context<'_>, resources: &mut ResourceMap) {
        for resource in resources.list_mut() {
            let id = resource.original_id();
            if !keeps_its_name(&id) {
                let outcome = self.one(resource, &id);
                context.problems.note(outcome);
            }
        }
    }
}

/// The name of these is not free to choose.
fn keeps_its_name(id: &Id) -> bool {
    match id.gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => id.gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}

impl Affix {
    fn one(&self, resource: &mut Resource, id: &Id) -> Outcome {
        let text = &self.text.value;
        for spec in &self.specs {
            if !id.gvk.is_selected_by(&spec.gvk) {
                continue;
            }
            if spec.path == "metadata/name" && !text.is_empty() {
                let affixes = if self.is_prefix {
                    &mut resource.prefixes
                } else {
                    &mut resource.suffixes
                };
                affixes.push(text.clone());
                resource.store_previous_id();
            }
            spec.visit(
                &mut resource.node,
                Make::Scalar,
                self.text.span,
                &mut |node| {
                    if text.is_empty() {
                        return Ok(());
                    }
                    let old = scalar_text(node);
                    let new = if self.is_prefix {
                        format!("{text}{old}")
                    } else {
                        format!("{old}{text}")
                    };
                    set_text(node, &new, self.text.span)
                },
            )?;
        }
        Ok(())
    }
}
