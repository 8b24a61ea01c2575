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
use crate::key::{self, Shape, Shapes, Work};
use crate::registry::Descriptor;
use crate::resolve::{Mapped, Model};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let shapes: Vec<Shape> = model
        .services
        .iter()
        .map(|descriptor| Shape::new(&descriptor.key.text().value))
        .collect();
    let keys = Keys {
        model,
        shapes: &shapes,
        all: Shapes::new(shapes.iter().enumerate()),
    };
    let mut work = Work::default();
    let Some(key_variable) = model.policy.contract.name(Role::Key) else {
        return;
    };
    for (deployment, workload) in model.kv_sourced() {
        if work.is_too_much() {
            findings.push(not_compared(model, key_variable));
            return;
        }
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
            .subject(key_variable)
        } else if let Some(owner) = keys.owner(position, asked, &mut work) {
            let owner_name = &owner.name.value;
            let message = format!(
                "`{key_variable}` of workload `{name}` of `{of}` is the key of service `{owner_name}`"
            );
            Finding::new(
                RuleId::OverriddenKey,
                message,
                Label::new(span, format!("the key of `{owner_name}`")),
            )
            .subject(key_variable)
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

/// That no more was compared: what is not known is no pass.
fn not_compared(model: &Model, key_variable: &str) -> Finding {
    let message = format!(
        "the keys of {} services are too many that look alike: whose key is in `{key_variable}` of some workloads is not known",
        model.services.len()
    );
    Finding::new(
        RuleId::OverriddenKey,
        message,
        Label::masked(model.registry_span, "the registry"),
    )
    .help(format!(
        "take `{key_variable}` away where it is only the service's own key"
    ))
}

/// The keys of all services.
struct Keys<'m> {
    model: &'m Model,
    shapes: &'m [Shape],
    all: Shapes<'m>,
}

impl<'m> Keys<'m> {
    /// The service whose key it is, unless it may be the workload's own.
    fn owner(&self, own: usize, asked: &str, work: &mut Work) -> Option<&'m Descriptor> {
        let asked = Shape::new(asked);
        if self.shapes[own].may_be(&asked, work) {
            return None;
        }
        let own = &self.model.services[own];
        // A service reads the keys of those it carries.
        let carries = |other: &Descriptor| {
            let policy = self.model.policy.service(&other.name.value);
            let carrier = policy.and_then(|policy| policy.carried_by.as_ref());
            carrier.is_some_and(|carrier| carrier.value == own.name.value)
        };
        let like = self.all.like(&asked, work).into_iter();
        let mut owners = like
            .filter(|position| self.shapes[*position].may_be(&asked, work))
            .map(|position| &self.model.services[position]);
        owners.find(|other| !carries(other) && !share_a_key(self.model, own, other))
    }
}
