//! A critical field that has another type in another deployment's template.
//!
//! ## Why
//!
//! A service reads a field as one type. Where the template has another one it fails at the start, or takes its
//! built-in default, in that deployment only.
//!
//! ## Example
//!
//! `poll_seconds = 60` in the templates of two deployments, and `poll_seconds = "60"` in that of a third one.
//!
//! ## What to do
//!
//! Write the field alike everywhere. Whole numbers and fractions are one type; what is empty, or still to be
//! filled in, has none.

use super::super::common::descriptor_label;
use super::super::fields::{Found, find, is_empty, names_of};
use crate::access::placeholder;
use crate::finding::{Finding, Label};
use crate::registry::{Descriptor, Spanned};
use crate::resolve::{Model, TemplateState};
use crate::rules::RuleId;
use crate::source::{Node, ScalarKind, Span, Value};

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (position, descriptor) in model.services.iter().enumerate() {
        for field in &descriptor.critical_fields {
            let typed = typed(model, position, descriptor, &field.value);
            findings.extend(drift(descriptor, field, &typed));
        }
    }
}

/// A field in a deployment's template.
struct Typed<'m> {
    deployment: &'m str,
    span: Span,
    kind: &'static str,
}

/// What type a field has in each deployment that tells.
fn typed<'m>(
    model: &'m Model,
    service: usize,
    descriptor: &Descriptor,
    field: &str,
) -> Vec<Typed<'m>> {
    let names = names_of(model, descriptor);
    let deployments = model.deployments.iter();
    deployments
        .filter_map(|deployment| {
            let TemplateState::Read(template) = &deployment.services.get(service)?.template else {
                return None;
            };
            let is_whole = template.documents.problems.is_empty();
            let root = template.documents.single().filter(|_| is_whole)?;
            let Found::Value(node) = find(root, field, names) else {
                return None;
            };
            Some(Typed {
                deployment: deployment.name(),
                span: node.span,
                kind: kind(node)?,
            })
        })
        .collect()
}

/// The type of a value; none of one that is empty or still to be filled in.
fn kind(node: &Node) -> Option<&'static str> {
    if is_empty(node) {
        return None;
    }
    match &node.value {
        Value::Mapping(_) => Some("a table"),
        Value::Sequence(_) => Some("a list"),
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => None,
            ScalarKind::Bool(_) => Some("a truth value"),
            ScalarKind::Integer | ScalarKind::Float => Some("a number"),
            ScalarKind::String if placeholder::find(&scalar.text).is_some() => None,
            // JSON writes a date as a text.
            ScalarKind::String | ScalarKind::DateTime => Some("a text"),
        },
    }
}

/// One finding, at the type that the fewest deployments have.
fn drift(descriptor: &Descriptor, field: &Spanned<String>, typed: &[Typed<'_>]) -> Option<Finding> {
    let count = |kind: &str| typed.iter().filter(|typed| typed.kind == kind).count();
    // Of equally many the earlier deployment's counts as the usual one.
    let usual = typed
        .iter()
        .rev()
        .max_by_key(|typed| count(typed.kind))
        .map(|typed| typed.kind)?;
    let reference = typed.iter().find(|typed| typed.kind == usual)?;
    let mut others = typed.iter().filter(|typed| typed.kind != usual);
    let first = others.next()?;
    let (name, path) = (&descriptor.name.value, &field.value);
    let message = format!(
        "the critical field `{path}` of service `{name}` is {} in the template of `{}` and {usual} in that of `{}`",
        first.kind, first.deployment, reference.deployment
    );
    let label = |typed: &Typed<'_>| Label::masked(typed.span, typed.kind);
    let mut finding = Finding::new(RuleId::FieldTypeDrift, message, label(first))
        .subject(path)
        .deployment(first.deployment)
        .service(name);
    let mut places = vec![first.span];
    for other in others {
        finding = finding.deployment(other.deployment);
        if !places.contains(&other.span) {
            places.push(other.span);
            finding = finding.label(label(other));
        }
    }
    Some(
        finding
            .label(label(reference))
            .label(Label::new(field.span, "declared critical here"))
            .label(descriptor_label(descriptor))
            .help(format!(
                "write `{path}` as {usual} in the template of `{}`, as that of `{}` has it; or, if {} is right, write it so in the others",
                first.deployment, reference.deployment, first.kind
            )),
    )
}
