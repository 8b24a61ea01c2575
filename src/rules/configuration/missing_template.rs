//! A KV-sourced service without a template in that deployment.
//!
//! ## Why
//!
//! The key is seeded from the template. Without one the key stays absent, and the service waits, fails, or
//! runs with built-in defaults.
//!
//! ## Example
//!
//! `trapd` loads from the store; `docker/compose/trapd.docker.json` was never added.
//!
//! ## What to do
//!
//! Add the file; or name the one that is used: `[[service.trapd.template]] file = "…"` in the policy.

use super::super::common::{about_workload, at_first, descriptor_label, workload_label};
use crate::finding::{Finding, Label};
use crate::registry::Descriptor;
use crate::resolve::{Model, TemplateState};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let TemplateState::Missing {
                looked_for,
                span,
                config_maps,
                removed,
            } = &service.template
            else {
                continue;
            };
            let mut workloads = service
                .workloads
                .iter()
                .map(|position| &deployment.workloads[*position]);
            let Some(workload) = workloads.find(|workload| workload.is_kv_sourced()) else {
                continue;
            };
            let name = &descriptor.name.value;
            let message = format!(
                "service `{name}` loads its configuration from the store in `{}`, and there is no template to seed its key",
                deployment.name()
            );
            let mut finding =
                Finding::new(RuleId::MissingTemplate, message, workload_label(workload))
                    .label(descriptor_label(descriptor))
                    .help(if removed.is_some() {
                        format!("delete what removes {}", looked_for.join(" or "))
                    } else if looked_for.is_empty() {
                        format!("mount one where the policy looks for it, or name the file: [[service.{name}.template]] in the policy")
                    } else {
                        format!("add {}{}", looked_for.join(" or "), with_critical(descriptor))
                    });
            if let Some(span) = removed {
                let removed = Label::new(*span, "it is removed here");
                finding = at_first(finding, removed);
            }
            for (place, lacking) in config_maps {
                finding = finding.label(Label::new(*place, lacking));
            }
            if let Some(span) = span {
                finding = finding.label(Label::new(*span, "says where it should be"));
            }
            findings.push(about_workload(model, deployment, workload, finding));
        }
    }
}

/// What the template must hold.
fn with_critical(descriptor: &Descriptor) -> String {
    let fields = descriptor.critical_fields.iter();
    let fields: Vec<String> = fields.map(|field| format!("`{}`", field.value)).collect();
    match fields.as_slice() {
        [] => String::new(),
        [field] => format!(", with the critical field {field}"),
        fields => format!(", with the critical fields {}", fields.join(", ")),
    }
}
