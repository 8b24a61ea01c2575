//! A critical field absent or empty in the template, and not supplied by something else.
//!
//! ## Why
//!
//! The descriptor says that the service cannot work without it. Seeded without it, the service fails at the
//! first start after the key is read, or worse, later.
//!
//! ## Example
//!
//! The descriptor of `sync` lists `kv_address`; its template has `"kv_address": ""`.
//!
//! ## What to do
//!
//! Fill the field in; or say what supplies it: `[[service.sync.supplied_by]] field = "kv_address"` with a
//! reason, and `variable = "KV_ADDRESS"` if the environment does.

use super::super::common::{descriptor_label, state_supplied};
use super::super::fields::{Found, find, is_empty, names_of};
use crate::deploy::Variable;
use crate::finding::{Finding, Label};
use crate::registry::{Descriptor, Spanned};
use crate::resolve::{Deployment, Model, ServiceInDeployment, TemplateState};
use crate::rules::RuleId;
use crate::source::{Node, Span};

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let TemplateState::Read(template) = &service.template else {
                continue;
            };
            // A template that does not parse lacks fields for that reason.
            if !template.documents.problems.is_empty() {
                continue;
            }
            let Some(root) = template.documents.single() else {
                continue;
            };
            let at = (deployment, descriptor, service);
            for missing in missing(model, at, root) {
                let Missing {
                    field,
                    place,
                    state,
                    labels,
                } = missing;
                let name = &descriptor.name.value;
                let message = format!(
                    "the critical field `{}` of service `{name}` {state} its template",
                    field.value
                );
                let mut finding = Finding::new(
                    RuleId::MissingCriticalField,
                    message.clone(),
                    Label::masked(place, "belongs here"),
                )
                .subject(&field.value)
                .cause(format!("{place:?} {}", field.value), message)
                .label(Label::new(field.span, "declared critical here"))
                .label(descriptor_label(descriptor))
                .deployment(deployment.name())
                .service(name)
                .help(format!(
                    "fill `{}` in, or say what supplies it, {}",
                    field.value,
                    state_supplied(model, name, &field.value)
                ));
                for label in labels {
                    finding = finding.label(label);
                }
                findings.push(finding);
            }
        }
    }
}

/// A critical field that a configuration lacks and nothing else supplies.
pub(in crate::rules) struct Missing<'m> {
    /// The field as the descriptor names it.
    pub(in crate::rules) field: &'m Spanned<String>,
    /// Where it belongs in the configuration.
    pub(in crate::rules) place: Span,
    /// What is wrong, to stand between the field and the configuration: `is empty in`.
    pub(in crate::rules) state: &'static str,
    /// The places that show why it is not supplied.
    pub(in crate::rules) labels: Vec<Label>,
}

/// The critical fields that a configuration of a service lacks in a deployment.
pub(in crate::rules) fn missing<'m>(
    model: &Model,
    (deployment, descriptor, service): (&Deployment, &'m Descriptor, &ServiceInDeployment),
    root: &Node,
) -> Vec<Missing<'m>> {
    let names = names_of(model, descriptor);
    let fields = descriptor.critical_fields.iter();
    fields
        .filter_map(|field| {
            let (place, state) = match find(root, &field.value, names) {
                Found::Value(node) if is_empty(node) => (node.span, "is empty in"),
                Found::Value(_) => return None,
                Found::Only(parent) => (first_byte(parent.span), "is absent from"),
            };
            let labels = not_supplied(model, deployment, descriptor, service, &field.value)?;
            Some(Missing {
                field,
                place,
                state,
                labels,
            })
        })
        .collect()
}

/// Why a field is not supplied by what the policy says: the places to show; `None` if it is supplied.
pub(in crate::rules) fn not_supplied(
    model: &Model,
    deployment: &Deployment,
    descriptor: &Descriptor,
    service: &ServiceInDeployment,
    field: &str,
) -> Option<Vec<Label>> {
    let stated = model
        .policy
        .service(&descriptor.name.value)
        .into_iter()
        .flat_map(|policy| &policy.supplied_by);
    let mut labels = Vec::new();
    for supplied in stated {
        let of = supplied.deployment.as_deref();
        if supplied.field.value != field || of.is_some_and(|name| name != deployment.name()) {
            continue;
        }
        let variable = supplied.variable.as_ref()?;
        let without = service
            .workloads
            .iter()
            .map(|position| &deployment.workloads[*position])
            .filter(|workload| workload.is_kv_sourced())
            .find(|workload| workload.variable(variable).is_none_or(Variable::is_blank))?;
        let place = without.variable(variable).map_or_else(
            || without.workload.place_of_missing(variable),
            |empty| empty.name_span,
        );
        labels.push(Label::masked(
            place,
            format!("`{variable}` is to supply it, and is not set here"),
        ));
        labels.push(Label::new(supplied.field.span, "the policy says so"));
    }
    Some(labels)
}

fn first_byte(span: Span) -> Span {
    Span {
        end: (span.start + 1).min(span.end),
        ..span
    }
}
