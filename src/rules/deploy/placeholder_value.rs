//! A placeholder that nobody filled in: in a variable of a KV-sourced workload, in a key, or in a critical field of a template.
//!
//! ## Why
//!
//! `CHANGEME`, `<address>`, `${LISTEN}` or `$(NAMESPACE)` are values like any other: the variable is there, and the client calls a
//! host of that name. A template seeds the key with it, and the service starts with it.
//!
//! ## Example
//!
//! `KV_ADDRESS=CHANGEME`; `KV_SERVER_SPIFFE_ID=spiffe://acme.dev/ns/$(NAMESPCE)/sa/store`, in which the kubelet leaves the
//! misspelt variable as it is; `"listen_address": "${LISTEN}"` in the template of a service that declares the field critical.
//! A list of a critical field that holds only blanks counts, too.
//!
//! ## What to do
//!
//! Write the value. If something supplies a critical field, say so: `[[service.sync.supplied_by]]`. If the service replaces
//! placeholders itself: `[service.sync] expands = true`.

use super::super::common::{
    about_workload, descriptor_label, state_of_service, state_supplied, workload_label,
};
use super::super::configuration::missing_critical_field::not_supplied;
use super::super::fields::{Found, find, names_of};
use crate::access::placeholder::{self, may_be_expanded};
use crate::finding::{Finding, Label};
use crate::registry::Descriptor;
use crate::resolve::{Deployment, Model, ServiceInDeployment, TemplateState};
use crate::rules::RuleId;
use crate::source::{Node, ScalarKind, Value};

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    check_variables(model, findings);
    check_keys(model, findings);
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            check_template(model, deployment, descriptor, service, findings);
        }
    }
}

fn check_variables(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let is_expanded = model.expands(workload);
        for placeholder in &workload.placeholders {
            if is_expanded && may_be_expanded(&placeholder.text) {
                continue;
            }
            let what = format!("still holds the placeholder `{}`", placeholder.text);
            let name = &placeholder.name;
            let message = format!(
                "`{name}` of workload `{}` of `{}` {what}",
                workload.workload.name,
                deployment.name()
            );
            // The rest of an address may be a login.
            let finding = Finding::new(
                RuleId::PlaceholderValue,
                message,
                Label::masked(placeholder.span, "nobody filled this in"),
            )
            .subject(name)
            .cause(
                format!("{:?} {name} {what}", placeholder.span),
                format!("`{name}` of {{who}} {what}"),
            )
            .label(workload_label(workload));
            let service = model.service_of(workload);
            let finding = match service.filter(|_| may_be_expanded(&placeholder.text)) {
                Some(service) => finding.help(format!(
                    "set `{name}` to its value; if the service fills it in itself, say so, {}",
                    state_of_service(model, service, "expands = true")
                )),
                None => finding.help(format!("set `{name}` to its value")),
            };
            findings.push(about_workload(model, deployment, workload, finding));
        }
    }
}

/// What else is in a placeholder than letters is no part of a key, and rule `invalid-key` finds it.
fn check_keys(model: &Model, findings: &mut Vec<Finding>) {
    for descriptor in &model.services {
        let key = descriptor.key.text();
        let Some(range) = placeholder::find_in_value(&key.value) else {
            continue;
        };
        let text = &key.value[range];
        let is_word = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !is_word {
            continue;
        }
        let name = &descriptor.name.value;
        let message = format!("the key of service `{name}` still holds the placeholder `{text}`");
        findings.push(
            Finding::new(
                RuleId::PlaceholderValue,
                message,
                Label::new(key.span, "nobody filled this in"),
            )
            .subject("key")
            .service(name)
            .help("write the key out"),
        );
    }
}

fn check_template(
    model: &Model,
    deployment: &Deployment,
    descriptor: &Descriptor,
    service: &ServiceInDeployment,
    findings: &mut Vec<Finding>,
) {
    let TemplateState::Read(template) = &service.template else {
        return;
    };
    let name = &descriptor.name.value;
    let position = model.service_position(name);
    let policy = position.and_then(|position| model.service_policy(position));
    let is_expanded = policy.is_some_and(|policy| policy.expands);
    if !template.documents.problems.is_empty() {
        return;
    }
    let Some(root) = template.documents.single() else {
        return;
    };
    for field in &descriptor.critical_fields {
        let Found::Value(node) = find(root, &field.value, names_of(model, descriptor)) else {
            continue;
        };
        let Some(what) = unfilled(node) else {
            continue;
        };
        if is_expanded && node.as_str().is_some_and(may_be_expanded) {
            continue;
        }
        let Some(labels) = not_supplied(model, deployment, descriptor, service, &field.value)
        else {
            continue;
        };
        let message = format!(
            "the critical field `{}` of service `{name}` {what} in its template",
            field.value
        );
        let mut finding = Finding::new(
            RuleId::PlaceholderValue,
            message.clone(),
            Label::masked(node.span, "nobody filled this in"),
        )
        .subject(&field.value)
        .cause(format!("{:?} {}", node.span, field.value), message)
        .label(Label::new(field.span, "declared critical here"))
        .label(descriptor_label(descriptor))
        .deployment(deployment.name())
        .service(name)
        .help(format!(
            "write the value; or say what supplies it, {}",
            state_supplied(model, name, &field.value)
        ));
        if node.as_str().is_some_and(may_be_expanded) {
            finding = finding.help(format!(
                "if the service replaces placeholders itself, say so, {}",
                state_of_service(model, name, "expands = true")
            ));
        }
        for label in labels {
            finding = finding.label(label);
        }
        findings.push(finding);
    }
}

/// What a critical field holds in place of a value.
fn unfilled(node: &Node) -> Option<&'static str> {
    match &node.value {
        Value::Scalar(scalar) if scalar.kind == ScalarKind::String => {
            let text = scalar.text.trim();
            let is_whole = placeholder::find_in_value(text) == Some(0..text.len());
            is_whole.then_some("is still a placeholder")
        }
        Value::Sequence(items) if !items.is_empty() => {
            let is_blank = |item: &Node| {
                item.is_null() || item.as_str().is_some_and(|text| text.trim().is_empty())
            };
            let all = items.iter().all(is_blank);
            all.then_some("is a list of blanks")
        }
        _ => None,
    }
}
