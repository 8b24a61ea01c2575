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
use crate::registry::Descriptor;
use crate::resolve::{Model, SecretPattern, TemplateState};
use crate::rules::RuleId;
use crate::source::{Node, ScalarKind, Span, Value};

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let ignored: Vec<SecretPattern> = model
        .policy
        .secrets
        .ignored
        .iter()
        .map(|field| SecretPattern::new(&field.value, field.span))
        .collect();
    for deployment in &model.deployments {
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let TemplateState::Read(template) = &service.template else {
                continue;
            };
            let own: Vec<SecretPattern> = descriptor
                .secret_fields
                .iter()
                .map(|field| SecretPattern::new(&field.value, field.span))
                .collect();
            let mut search = Search {
                patterns: [&own, &model.secrets],
                ignored: &ignored,
                path: Vec::new(),
                found: Vec::new(),
            };
            for root in &template.documents.roots {
                search.visit(root, None);
            }
            for (path, place, stated) in search.found {
                findings
                    .push(finding(descriptor, &path, place, stated).deployment(deployment.name()));
            }
        }
    }
}

fn finding(descriptor: &Descriptor, path: &str, place: Span, stated: Span) -> Finding {
    let name = &descriptor.name.value;
    let message =
        format!("the template of service `{name}` carries a value at the secret path `{path}`");
    Finding::new(
        RuleId::SecretInTemplate,
        message.clone(),
        Label::masked(place, "a secret"),
    )
    .subject(path)
    .cause(format!("{place:?}"), message)
    .label(Label::new(stated, "declared secret here"))
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
    found: Vec<(String, Span, Span)>,
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
                    self.found.push((self.path.join("."), node.span, stated));
                }
            }
        }
    }
}
