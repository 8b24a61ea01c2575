//! A template that does not parse in the descriptor's format.
//!
//! ## Why
//!
//! It would be put into the store as it is, and no client could read it back.
//!
//! ## Example
//!
//! A trailing comma in `sync.docker.json`; or TOML in the template of a service whose format is JSON.
//!
//! ## What to do
//!
//! Mend the place that the message names; or, if the format is another one, the descriptor.

use super::super::common::descriptor_label;
use crate::finding::{Finding, Label};
use crate::resolve::{Model, TemplateState};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let TemplateState::Read(template) = &service.template else {
                continue;
            };
            let name = &descriptor.name.value;
            let format = descriptor.format.value.name().to_ascii_uppercase();
            for problem in &template.documents.problems {
                let message = format!(
                    "the template of service `{name}` is not valid {format}: {}",
                    problem.message
                );
                let mut finding = Finding::new(
                    RuleId::UnparsableTemplate,
                    message.clone(),
                    Label::masked(problem.span, "here"),
                )
                .cause(format!("{:?}", problem.span), message)
                .label(Label::new(
                    descriptor.format.span,
                    format!("the format is {format}"),
                ))
                .label(descriptor_label(descriptor))
                .deployment(deployment.name())
                .service(name)
                .help(format!(
                    "mend the template, or the descriptor's `format` if {format} is not meant"
                ));
                if let Some((span, text)) = &problem.related {
                    finding = finding.label(Label::masked(*span, text));
                }
                findings.push(finding);
            }
            // A YAML template of no document, or of several, has no root to take fields from.
            if template.documents.problems.is_empty() && template.documents.single().is_none() {
                let message = format!(
                    "the template of service `{name}` must be one document, and is {}",
                    template.documents.roots.len()
                );
                let whole = crate::source::Span {
                    end: template.span.start,
                    ..template.span
                };
                findings.push(
                    Finding::new(
                        RuleId::UnparsableTemplate,
                        message,
                        Label::masked(whole, "here"),
                    )
                    .label(descriptor_label(descriptor))
                    .deployment(deployment.name())
                    .service(name)
                    .help("keep one document in the template"),
                );
            }
        }
    }
}
