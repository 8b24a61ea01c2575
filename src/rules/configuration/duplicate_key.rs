//! Two descriptors own one key, not declared as shared.
//!
//! ## Why
//!
//! Each seeds the key with its own template, and each overwrites what the other one keeps there.
//!
//! ## Example
//!
//! `sync` and `mapper` both declare `config/sync.json`, as one was copied from the other.
//!
//! ## What to do
//!
//! Give each its own key; or declare that they share it, with the reason: `[[shared_key]]` in the policy.

use std::collections::HashMap;

use super::super::common::descriptor_label;
use crate::finding::{Finding, Label};
use crate::registry::Descriptor;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let mut owners: HashMap<&str, Vec<&Descriptor>> = HashMap::with_capacity(model.services.len());
    for descriptor in &model.services {
        let key = descriptor.key.text();
        let earlier = owners.entry(key.value.as_str()).or_default();
        let name = &descriptor.name.value;
        let shares = |other: &Descriptor| {
            model.policy.shared_keys.iter().any(|shared| {
                shared.services.contains(name) && shared.services.contains(&other.name.value)
            })
        };
        if let Some(first) = earlier.iter().find(|other| !shares(other)) {
            let message = format!("services `{}` and `{name}` own one key", first.name.value);
            findings.push(
                Finding::new(RuleId::DuplicateKey, message, Label::new(key.span, format!("the key of `{name}`")))
                    .label(Label::new(first.key.text().span, format!("the key of `{}`", first.name.value)))
                    .label(descriptor_label(descriptor))
                    .service(name)
                    .service(&first.name.value)
                    .help(format!(
                        "give each its own key, or say why they share it: [[shared_key]] with services = [\"{}\", \"{name}\"] and a reason in the policy",
                        first.name.value
                    )),
            );
        }
        earlier.push(descriptor);
    }
}
