//! A template that is larger than the store takes.
//!
//! ## Why
//!
//! The store refuses the value, so the key stays without one: the service waits, fails, or runs with built-in
//! defaults. It is seen in no review, as the file itself is in order.
//!
//! ## Example
//!
//! A list of devices that was put into `sync.json` and grew beyond 1 MiB, the most that a NATS server takes in a
//! message unless it is told otherwise.
//!
//! ## What to do
//!
//! Take out of the template what is no configuration. If the store takes more, say how many bytes, before the
//! policy's first table: `max_value = 8388608`.

use super::super::common::descriptor_label;
use crate::finding::{Finding, Label};
use crate::resolve::{Model, TemplateState};
use crate::rules::RuleId;
use crate::source::Span;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let most = model.policy.max_value;
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let TemplateState::Read(template) = &service.template else {
                continue;
            };
            let size = template.size();
            if size <= most {
                continue;
            }
            let name = &descriptor.name.value;
            let message = format!(
                "the template of service `{name}` has {size} bytes, and the store takes {most}"
            );
            let begin = Span {
                end: (template.span.start + 1).min(template.span.end),
                ..template.span
            };
            findings.push(
                Finding::new(
                    RuleId::OversizedTemplate,
                    message.clone(),
                    Label::masked(begin, "begins here"),
                )
                .cause(format!("{begin:?} {name}"), message)
                .label(descriptor_label(descriptor))
                .deployment(deployment.name())
                .service(name)
                .help(format!(
                    "make the template smaller; or, if the store takes it, write `max_value = {size}` before the policy's first table, in place of another `max_value`"
                )),
            );
        }
    }
}
