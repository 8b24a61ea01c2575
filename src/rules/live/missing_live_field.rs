//! A critical field absent or empty in the running store, and not supplied by something else.
//!
//! ## Why
//!
//! The descriptor says that the service cannot work without it. The template may have it, and the key may have been seeded before the
//! template had.
//!
//! ## Example
//!
//! The descriptor of `trapd` lists `nats_url`; the value of `config/trapd.json` has `"nats_url": ""`.
//!
//! ## What to do
//!
//! If the template has the field by now, write the template over the value: `cargo kvguard seed --force --deployment compose --service trapd`.
//! Else fill the field in, in the store; or say what supplies it, as for templates: `[[service.trapd.supplied_by]]` in the policy.

use super::super::common::state_supplied;
use super::super::configuration::missing_critical_field::missing;
use super::super::fields::{Found, find, is_empty, names_of};
use super::super::running::{Running, Service};
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

/// Whether a service's template has a value for a field.
fn has(service: Service<'_>, field: &str) -> bool {
    let names = names_of(service.running.model, service.descriptor);
    let root = service
        .template()
        .and_then(|template| template.documents.single());
    root.is_some_and(
        |root| matches!(find(root, field, names), Found::Value(node) if !is_empty(node)),
    )
}

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for (service, key, value) in running.values() {
            let Some(root) = value.root() else {
                continue;
            };
            let at = (running.deployment, service.descriptor, service.own);
            for missing in missing(model, at, root) {
                let field = &missing.field.value;
                let message = format!(
                    "the critical field `{field}` of service `{}` {} the value of {}",
                    service.name(),
                    missing.state,
                    service.key(key)
                );
                let mut finding = service
                    .finding(RuleId::MissingLiveField, message, key)
                    .subject(format!("{key}: {field}"))
                    .label(Label::new(missing.field.span, "declared critical here"));
                if has(service, field) {
                    finding = finding.help(format!(
                        "the template has `{field}`: write the template over the whole value, {}",
                        service.seed(key, " --force")
                    ));
                }
                finding = finding.help(format!(
                    "fill `{field}` in, in the store; or say what supplies it, {}",
                    state_supplied(model, service.name(), field)
                ));
                for label in missing.labels {
                    finding = finding.label(label);
                }
                findings.push(finding);
            }
        }
    }
}
