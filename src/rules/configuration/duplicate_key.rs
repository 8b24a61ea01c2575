//! Two descriptors own one key, not declared as shared.
//!
//! ## Why
//!
//! Each seeds the key with its own template, and each overwrites what the other one keeps there. A key that
//! another service's key template may become, or to which another service writes its template, is the same
//! trap for the one station or agent of that name.
//!
//! ## Example
//!
//! `sync` and `mapper` both declare `config/sync.json`, as one was copied from the other; or `sync` declares
//! `agents/sync/snmp.json`, and `agent-snmp` declares `agents/{{agent_id}}/snmp.json`.
//!
//! ## What to do
//!
//! Give each its own key; or declare that they share it, with the reason: `[[shared_key]]` in the policy.

use std::collections::HashMap;

use super::super::common::{descriptor_label, share_a_key};
use crate::access::identity::expand;
use crate::finding::{Finding, Label};
use crate::key::Shape;
use crate::registry::{Descriptor, KeyDeclaration};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    same_keys(model, findings);
    keys_of_templates(model, findings);
    places_of_templates(model, findings);
}

/// Keys that are written alike.
fn same_keys(model: &Model, findings: &mut Vec<Finding>) {
    let mut owners: HashMap<&str, Vec<&Descriptor>> = HashMap::with_capacity(model.services.len());
    for descriptor in &model.services {
        let earlier = owners
            .entry(descriptor.key.text().value.as_str())
            .or_default();
        let first = earlier
            .iter()
            .find(|other| !share_a_key(model, descriptor, other));
        if let Some(first) = first {
            let (one, name) = (&first.name.value, &descriptor.name.value);
            let message = format!("services `{one}` and `{name}` own one key");
            findings.push(of_both(descriptor, first, message));
        }
        earlier.push(descriptor);
    }
}

/// Keys that a value of a variable makes the same.
fn keys_of_templates(model: &Model, findings: &mut Vec<Finding>) {
    let shapes: Vec<Shape> = model
        .services
        .iter()
        .map(|descriptor| Shape::new(&descriptor.key.text().value))
        .collect();
    let all = || model.services.iter().zip(&shapes).enumerate();
    let templates: Vec<(usize, &Descriptor, &Shape)> = all()
        .filter(|(_, (descriptor, _))| is_template(descriptor))
        .map(|(position, (descriptor, shape))| (position, descriptor, shape))
        .collect();
    for (position, (descriptor, shape)) in all() {
        let key = &descriptor.key.text().value;
        // Of two templates the later one is told; what is written alike is told already.
        let other = templates
            .iter()
            .find(|(other_position, other, other_shape)| {
                (!is_template(descriptor) || *other_position < position)
                    && other_shape.may_be(shape)
                    && other.key.text().value != *key
                    && !share_a_key(model, descriptor, other)
            });
        if let Some((_, other, _)) = other {
            let (name, owner) = (&descriptor.name.value, &other.name.value);
            let text = &other.key.text().value;
            let message = if is_template(descriptor) {
                format!("the key templates of services `{name}` and `{owner}` may become one key")
            } else {
                format!(
                    "the key of service `{name}` is one that the key template `{text}` of `{owner}` may become"
                )
            };
            findings.push(of_both(descriptor, other, message));
        }
    }
}

fn is_template(descriptor: &Descriptor) -> bool {
    matches!(descriptor.key, KeyDeclaration::Template(_))
}

/// Keys to which another service writes its template.
fn places_of_templates(model: &Model, findings: &mut Vec<Finding>) {
    let pattern = &model.policy.template_key;
    let mut writers: HashMap<String, &Descriptor> = HashMap::with_capacity(model.services.len());
    for descriptor in &model.services {
        let place = expand(pattern, |placeholder| match placeholder {
            "service" => Some(descriptor.name.value.clone()),
            "format" => Some(descriptor.format.value.name().to_owned()),
            _ => None,
        });
        if let Ok(place) = place {
            writers.entry(place).or_insert(descriptor);
        }
    }
    for descriptor in &model.services {
        let Some(writer) = writers.get(&descriptor.key.text().value) else {
            continue;
        };
        let (name, other) = (&descriptor.name.value, &writer.name.value);
        if name == other {
            continue;
        }
        let message =
            format!("the key of service `{name}` is the one that `{other}` writes its template to");
        findings.push(of_both(descriptor, writer, message));
    }
}

fn of_both(descriptor: &Descriptor, other: &Descriptor, message: String) -> Finding {
    let (name, owner) = (&descriptor.name.value, &other.name.value);
    let label = |descriptor: &Descriptor| {
        let text = format!("the key of `{}`", descriptor.name.value);
        Label::new(descriptor.key.text().span, text)
    };
    Finding::new(RuleId::DuplicateKey, message, label(descriptor))
        .label(label(other))
        .label(descriptor_label(descriptor))
        .service(name)
        .service(owner)
        .help(format!(
            "give each its own key, or say why they share it: [[shared_key]] with services = [\"{owner}\", \"{name}\"] and a reason in the policy"
        ))
}
