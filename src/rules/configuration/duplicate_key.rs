//! Two descriptors own one key, not declared as shared.
//!
//! ## Why
//!
//! Each seeds the key with its own template, and each overwrites what the other one keeps there. A key that
//! another service's key template may become, or to which another service writes its template, is the same
//! trap for the one station or agent of that name.
//!
//! Where so many templates look alike that comparing them all would take too long, the rule says so and denies.
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
use crate::finding::{Finding, Label};
use crate::key::{Shape, Shapes, Work};
use crate::registry::{Descriptor, KeyDeclaration};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let mut comparison = Comparison::new(model);
    same_keys(model, &mut comparison, findings);
    keys_of_templates(model, &mut comparison, findings);
    places_of_templates(model, &mut comparison, findings);
    if comparison.work.is_too_much() {
        findings.push(not_compared(model));
    }
}

/// How much the services' keys were compared with each other.
struct Comparison<'m> {
    model: &'m Model,
    work: Work,
    /// How many names the policy lists of services that share keys.
    sharing: usize,
}

impl<'m> Comparison<'m> {
    fn new(model: &'m Model) -> Self {
        let shared = model.policy.shared_keys.iter();
        Self {
            model,
            work: Work::default(),
            sharing: shared.map(|shared| shared.services.len()).sum(),
        }
    }

    fn share_a_key(&mut self, one: &Descriptor, other: &Descriptor) -> bool {
        self.work.add(self.sharing + 1);
        share_a_key(self.model, one, other)
    }
}

/// That no more was compared: what is not known is no pass.
fn not_compared(model: &Model) -> Finding {
    let message = format!(
        "the keys of {} services are too many that look alike: which of them may become one key is not known",
        model.services.len()
    );
    Finding::new(
        RuleId::DuplicateKey,
        message,
        Label::masked(model.registry_span, "the registry"),
    )
    .help("give the key templates first or last parts of their own, `agents/{{agent_id}}/sync.json`, so that fewer of them look alike")
}

/// Keys that are written alike.
fn same_keys(model: &Model, comparison: &mut Comparison<'_>, findings: &mut Vec<Finding>) {
    let mut owners: HashMap<&str, Vec<&Descriptor>> = HashMap::with_capacity(model.services.len());
    for descriptor in &model.services {
        let earlier = owners
            .entry(descriptor.key.text().value.as_str())
            .or_default();
        let first = earlier
            .iter()
            .find(|other| !comparison.share_a_key(descriptor, other));
        if let Some(first) = first {
            let (one, name) = (&first.name.value, &descriptor.name.value);
            let message = format!("services `{one}` and `{name}` own one key");
            findings.push(of_both(descriptor, first, message));
        }
        earlier.push(descriptor);
        if comparison.work.is_too_much() {
            return;
        }
    }
}

/// Keys that a value of a variable makes the same.
fn keys_of_templates(model: &Model, comparison: &mut Comparison<'_>, findings: &mut Vec<Finding>) {
    let shapes: Vec<Shape> = model
        .services
        .iter()
        .map(|descriptor| Shape::new(&descriptor.key.text().value))
        .collect();
    let all = || shapes.iter().enumerate();
    let templates =
        Shapes::new(all().filter(|(position, _)| is_template(&model.services[*position])));
    for (position, shape) in all() {
        let descriptor = &model.services[position];
        let key = &descriptor.key.text().value;
        let like = templates.like(shape, &mut comparison.work);
        // Of two templates the later one is told; what is written alike is told already.
        let other = like.into_iter().find(|other_position| {
            let other = &model.services[*other_position];
            (!is_template(descriptor) || *other_position < position)
                && shapes[*other_position].may_be(shape, &mut comparison.work)
                && other.key.text().value != *key
                && !comparison.share_a_key(descriptor, other)
        });
        if let Some(other) = other {
            let other = &model.services[other];
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
        if comparison.work.is_too_much() {
            return;
        }
    }
}

fn is_template(descriptor: &Descriptor) -> bool {
    matches!(descriptor.key, KeyDeclaration::Template(_))
}

/// Keys to which another service writes its template.
fn places_of_templates(
    model: &Model,
    comparison: &mut Comparison<'_>,
    findings: &mut Vec<Finding>,
) {
    let mut writers: HashMap<String, &Descriptor> = HashMap::with_capacity(model.services.len());
    for descriptor in &model.services {
        if let Some(place) = model.policy.template_key_of(descriptor) {
            writers.entry(place).or_insert(descriptor);
        }
    }
    for descriptor in &model.services {
        let Some(writer) = writers.get(&descriptor.key.text().value) else {
            continue;
        };
        let (name, other) = (&descriptor.name.value, &writer.name.value);
        if name == other || comparison.share_a_key(descriptor, writer) {
            continue;
        }
        let message =
            format!("the key of service `{name}` is the one that `{other}` writes its template to");
        findings.push(of_both(descriptor, writer, message));
        if comparison.work.is_too_much() {
            return;
        }
    }
}

fn of_both(descriptor: &Descriptor, other: &Descriptor, message: String) -> Finding {
    let (name, owner) = (&descriptor.name.value, &other.name.value);
    let label = |descriptor: &Descriptor| {
        let text = format!("the key of `{}`", descriptor.name.value);
        Label::new(descriptor.key.text().span, text)
    };
    Finding::new(RuleId::DuplicateKey, message, label(descriptor)).subject(&descriptor.key.text().value)
        .label(label(other))
        .label(descriptor_label(descriptor))
        .service(name)
        .service(owner)
        .help(format!(
            "give each its own key, or say why they share it: [[shared_key]] with services = [\"{owner}\", \"{name}\"] and a reason in the policy"
        ))
}
