//! A service whose code never names its descriptor, or names another service's key.
//!
//! ## Why
//!
//! Code that does not ask for its own key reads a file, or what belongs to another service.
//!
//! ## Example
//!
//! The code of `trapd` was begun as a copy of `flowgger`'s, and still reads `config/flowgger.json`.
//!
//! ## What to do
//!
//! Take the key from the registry: `kv_key!("trapd")`. Where a service is meant to read another's key, say so: a
//! `[[shared_key]]`, or `carried_by` of the other service; or excuse the finding. Tests are not looked at. The rule is
//! judged by the command, which reads the code of services whose `sources` the policy tells; a build script does not.

use super::super::common::descriptor_label;
use crate::code::{Mention, ServiceCode};
use crate::finding::{Finding, Label};
use crate::registry::Descriptor;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let Some(code) = &model.code else { return };
    for service in &code.services {
        let Some(position) = model.service_position(&service.service) else {
            continue;
        };
        let own = &model.services[position];
        let mut is_named = model.is_carried(&service.service);
        for mention in &service.mentions {
            is_named |= names(model, own, mention);
            if let Some(other) = other_named(model, service, own, mention) {
                findings.push(names_another(service, own, other, mention));
                is_named = true;
            }
        }
        if !is_named {
            findings.push(never_named(service, own));
        }
    }
}

/// Whether a text is a service's name, alias or key.
fn names(model: &Model, descriptor: &Descriptor, mention: &Mention) -> bool {
    let text = &mention.text.value;
    let aliases = model
        .policy
        .service(&descriptor.name.value)
        .map(|policy| policy.aliases.as_slice())
        .unwrap_or_default();
    *text == descriptor.name.value
        || *text == descriptor.key.text().value
        || aliases.iter().any(|alias| alias.value == *text)
}

/// The other service whose key a text is, or that a macro names.
fn other_named<'m>(
    model: &'m Model,
    service: &ServiceCode,
    own: &Descriptor,
    mention: &Mention,
) -> Option<&'m Descriptor> {
    let text = &mention.text.value;
    let own_key = &own.key.text().value;
    let is_shared = |other: &str| {
        let carrier = model.policy.service(other);
        let carrier = carrier.and_then(|policy| policy.carried_by.as_ref());
        carrier.is_some_and(|carrier| carrier.value == service.service)
            || model.policy.shared_keys.iter().any(|shared| {
                shared.services.iter().any(|name| name == other)
                    && shared.services.contains(&service.service)
            })
    };
    model.services.iter().find(|other| {
        let key = &other.key.text().value;
        let is_named = text == key || mention.is_service && *text == other.name.value;
        is_named && key != own_key && !is_shared(&other.name.value)
    })
}

fn names_another(
    service: &ServiceCode,
    own: &Descriptor,
    other: &Descriptor,
    mention: &Mention,
) -> Finding {
    let (name, other_name) = (&service.service, &other.name.value);
    Finding::new(
        RuleId::UnwiredService,
        format!("the code of service `{name}` names the key of service `{other_name}`"),
        Label::new(mention.text.span, format!("this is `{other_name}`'s")),
    ).subject(other_name)
    .label(descriptor_label(own))
    .label(descriptor_label(other))
    .service(name)
    .help(format!(
        "write kv_key!(\"{name}\"); or, if `{name}` is meant to read it, [[shared_key]] with services = [\"{name}\", \"{other_name}\"] and a reason in the policy"
    ))
}

fn never_named(service: &ServiceCode, own: &Descriptor) -> Finding {
    let name = &service.service;
    Finding::new(
        RuleId::UnwiredService,
        format!("the code of service `{name}` names neither its descriptor nor its key"),
        Label::new(service.directory.span, "nothing here does"),
    )
    .label(descriptor_label(own))
    .service(name)
    .help(format!(
        "take the key from the registry: kv_key!(\"{name}\")"
    ))
}
