//! A workload whose environment names another service's key, or none that the store accepts.
//!
//! ## Why
//!
//! The variable takes the place of the descriptor's key. With another service's key the workload reads that
//! one's configuration, and seeds it with its own; with a key that the store refuses it has none.
//!
//! ## Example
//!
//! `mapper` has `CONFIG_KV_KEY=config/sync.json`, which is the key of `sync`.
//!
//! ## What to do
//!
//! Take the variable away, or name a key that is no other service's. If the two share the key on purpose, say
//! so, with the reason: `[[shared_key]]` in the policy.

use kvguard_contract::Role;

use super::super::common::{about_workload, descriptor_label, share_a_key, workload_label};
use crate::finding::{Finding, Label};
use crate::key::{self, Shape};
use crate::registry::Descriptor;
use crate::resolve::{Mapped, Model};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let shapes: Vec<Shape> = model
        .services
        .iter()
        .map(|descriptor| Shape::new(&descriptor.key.text().value))
        .collect();
    let Some(key_variable) = model.policy.contract.name(Role::Key) else {
        return;
    };
    for (deployment, workload) in model.kv_sourced() {
        // Where it is in doubt which service it runs, that is told.
        let Mapped::To(position) = workload.mapped else {
            continue;
        };
        let own = &model.services[position];
        let Some(variable) = workload.variable(key_variable) else {
            continue;
        };
        // An empty one is as good as none.
        let Some(asked) = variable.text().map(str::trim).filter(|key| !key.is_empty()) else {
            continue;
        };
        let mut placeholders = workload.placeholders.iter();
        if placeholders.any(|placeholder| placeholder.name == key_variable) {
            continue;
        }
        let (name, of) = (&workload.workload.name, deployment.name());
        let span = variable.shown_span();
        let finding = if let Err(problem) = key::validate(asked) {
            let message = format!(
                "`{key_variable}` of workload `{name}` of `{of}` is a key that the store refuses: {problem}"
            );
            // What is no key may be a secret that was put into the wrong variable.
            Finding::new(
                RuleId::OverriddenKey,
                message,
                Label::masked(span, "no key"),
            )
        } else if let Some(owner) = owner(model, &shapes, position, asked) {
            let owner_name = &owner.name.value;
            let message = format!(
                "`{key_variable}` of workload `{name}` of `{of}` is the key of service `{owner_name}`"
            );
            Finding::new(
                RuleId::OverriddenKey,
                message,
                Label::new(span, format!("the key of `{owner_name}`")),
            )
            .label(Label::new(owner.key.text().span, "declared here"))
        } else {
            continue;
        };
        let finding = finding
            .label(workload_label(workload))
            .label(descriptor_label(own))
            .help(format!(
                "take `{key_variable}` away: the key of `{}` is `{}`",
                own.name.value,
                own.key.text().value
            ));
        findings.push(about_workload(model, deployment, workload, finding));
    }
}

/// The service whose key it is, unless it may be the workload's own.
fn owner<'m>(
    model: &'m Model,
    shapes: &[Shape],
    own: usize,
    asked: &str,
) -> Option<&'m Descriptor> {
    let asked = Shape::new(asked);
    if shapes[own].may_be(&asked) {
        return None;
    }
    let own = &model.services[own];
    // A service reads the keys of those it carries.
    let carries = |other: &Descriptor| {
        let policy = model.policy.service(&other.name.value);
        let carrier = policy.and_then(|policy| policy.carried_by.as_ref());
        carrier.is_some_and(|carrier| carrier.value == own.name.value)
    };
    let of_others = model.services.iter().zip(shapes);
    let mut owners = of_others
        .filter(|(_, shape)| shape.may_be(&asked))
        .map(|(other, _)| other);
    owners.find(|other| !carries(other) && !share_a_key(model, own, other))
}
