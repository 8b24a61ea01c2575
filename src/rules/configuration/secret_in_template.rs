//! A template that carries a value at a secret path.
//!
//! ## Why
//!
//! Whatever is in a template is seeded into the store, where every reader sees it, and stands in the
//! repository's history.
//!
//! ## Example
//!
//! `credentials.password` filled in, in `sync.docker.json`.
//!
//! ## What to do
//!
//! Empty the field and supply the value at run time. If the pattern that names the field is wrong, except
//! the field, with the reason: `[[secrets.ignore]]` in the policy.

use super::super::common::descriptor_label;
use crate::access::placeholder;
use crate::finding::{Finding, Label};
use crate::registry::{Descriptor, Spanned};
use crate::resolve::{Model, SecretPattern, TemplateState};
use crate::rules::RuleId;
use crate::source::{Node, ScalarKind, Span, Value};

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let TemplateState::Read(template) = &service.template else {
                continue;
            };
            for carried in carried(model, descriptor, &template.documents.roots) {
                findings.push(finding(descriptor, &carried).deployment(deployment.name()));
            }
        }
    }
}

/// A value at a secret path.
pub(in crate::rules) struct Carried {
    /// The dotted path.
    pub(in crate::rules) path: String,
    /// Where the value is.
    pub(in crate::rules) place: Span,
    /// Where it is stated that the path is secret.
    pub(in crate::rules) stated: Span,
    /// The value.
    pub(in crate::rules) text: Box<str>,
}

/// The values that a service's configuration carries at secret paths: the descriptor's and the policy's.
pub(in crate::rules) fn carried(
    model: &Model,
    descriptor: &Descriptor,
    roots: &[Node],
) -> Vec<Carried> {
    let pattern = |field: &Spanned<String>| SecretPattern::new(&field.value, field.span);
    let own: Vec<SecretPattern> = descriptor.secret_fields.iter().map(pattern).collect();
    let ignored = &model.policy.secrets.ignored;
    let ignored: Vec<SecretPattern> = ignored.iter().map(pattern).collect();
    let mut search = Search {
        patterns: [&own, &model.secrets],
        ignored: &ignored,
        path: Vec::new(),
        found: Vec::new(),
    };
    for root in roots {
        search.visit(root, None);
    }
    search.found
}

fn finding(descriptor: &Descriptor, carried: &Carried) -> Finding {
    let Carried {
        path,
        place,
        stated,
        text: _,
    } = carried;
    let name = &descriptor.name.value;
    let message =
        format!("the template of service `{name}` carries a value at the secret path `{path}`");
    Finding::new(
        RuleId::SecretInTemplate,
        message.clone(),
        Label::masked(*place, "a secret"),
    )
    .subject(path)
    .cause(format!("{place:?}"), message)
    .label(Label::new(*stated, "declared secret here"))
    .label(descriptor_label(descriptor))
    .service(name)
    .help(format!(
        "empty `{path}` in the template and supply it at run time"
    ))
}

struct Search<'a> {
    patterns: [&'a [SecretPattern]; 2],
    ignored: &'a [SecretPattern],
    path: Vec<&'a str>,
    found: Vec<Carried>,
}

impl<'a> Search<'a> {
    /// Looks at a node; `secret` is where the pattern stands that made an enclosing one secret.
    fn visit(&mut self, node: &'a Node, secret: Option<Span>) {
        match &node.value {
            Value::Sequence(items) => {
                for item in items {
                    self.visit(item, secret);
                }
            }
            Value::Mapping(mapping) => {
                for entry in mapping.entries() {
                    self.path.push(&entry.key.text);
                    if !self
                        .ignored
                        .iter()
                        .any(|pattern| pattern.matches(&self.path))
                    {
                        let own = self.patterns.iter().flat_map(|patterns| patterns.iter());
                        let named = own
                            .filter(|pattern| pattern.matches(&self.path))
                            .map(|pattern| pattern.span)
                            .next();
                        self.visit(&entry.value, named.or(secret));
                    }
                    self.path.pop();
                }
            }
            Value::Scalar(scalar) => {
                let Some(stated) = secret else { return };
                // A truth value tells whether there is a secret, not which; a placeholder is filled in later.
                let carries = !matches!(scalar.kind, ScalarKind::Null | ScalarKind::Bool(_))
                    && !scalar.text.trim().is_empty()
                    && !placeholder::is_whole(&scalar.text);
                if carries {
                    self.found.push(Carried {
                        path: self.path.join("."),
                        place: node.span,
                        stated,
                        text: scalar.text.clone(),
                    });
                }
            }
        }
    }
}
