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
use super::format_extension_mismatch::other_format;
use crate::finding::{Finding, Help, Label};
use crate::registry::Descriptor;
use crate::resolve::{Deployment, Model, NearName, TemplateState};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let TemplateState::Missing {
                looked_for,
                span,
                config_maps,
                removed,
                near,
                ..
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
                    .label(descriptor_label(descriptor));
            for near in near.iter().filter(|near| !is_used(near, deployment)) {
                finding = rename(near, finding);
            }
            finding = finding.help(if removed.is_some() {
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
            if removed.is_none() {
                finding = of_other_format(descriptor, looked_for, finding);
            }
            findings.push(about_workload(model, deployment, workload, finding));
        }
    }
}

/// Whether a ConfigMap's key holds the template of another service.
fn is_used(near: &NearName, deployment: &Deployment) -> bool {
    let mut services = deployment.services.iter();
    services.any(|service| match (&service.template, near.key) {
        (TemplateState::Read(template), Some((_, value))) => template.span == value,
        _ => false,
    })
}

/// Offers to give what may be meant the name that is looked for.
fn rename(near: &NearName, finding: Finding) -> Finding {
    let NearName { is, wanted, key } = near;
    let finding = finding.help(format!("if `{is}` is meant, rename it to `{wanted}`"));
    match key {
        Some((span, _)) => finding.label(Label::new(*span, format!("is `{wanted}` meant?"))),
        None => finding,
    }
}

/// Where the registry declares another format than the service's key has, that is why its template is looked for under a name that
/// there is not: in all deployments.
fn of_other_format(descriptor: &Descriptor, looked_for: &[String], finding: Finding) -> Finding {
    let declared = descriptor.format.value.name();
    let ending = format!(".{declared}`");
    let by_format = looked_for.iter().any(|place| place.contains(&ending));
    let Some((extension, format)) = other_format(descriptor).filter(|_| by_format) else {
        return finding;
    };
    let name = &descriptor.name.value;
    let key = Label::new(
        descriptor.key.text().span,
        format!("the key ends in `.{extension}`"),
    );
    let text = format!("its template is looked for in the format `{declared}`");
    let mut finding = at_first(finding, Label::new(descriptor.format.span, text)).label(key);
    let help = Help {
        message: format!(
            "if the key is right, declare the format `{}`",
            format.name()
        ),
        edit: None,
    };
    finding.help.insert(0, help);
    finding.cause(
        format!("format of {name}"),
        format!(
            "there is no template to seed the key of service `{name}` in {{where}}: the registry declares the format `{declared}`, and the key ends in `.{extension}`"
        ),
    )
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
