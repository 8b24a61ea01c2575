//! A key the store refuses, a template variable that its scope does not define, or a scoped key without one.
//!
//! ## Why
//!
//! NATS accepts letters, digits and `- / _ = .` in a key, no empty token, no `.` at either end and no key
//! that begins with `_kv`. Everything else is refused at the first write, in production. A variable that
//! nothing fills in stays in the key as `{{…}}`. A service of which there are many, one for each agent or station,
//! has one key for all of them if no variable tells the keys apart: each overwrites the others'.
//!
//! ## Example
//!
//! `config/core .json`, `config//core.json`, `agents/{{agent_id}}.json` in a scope without `agent_id`, or
//! `agents/snmp.json` in the scope of `agent_id`.
//!
//! ## What to do
//!
//! Mend the key; or define the variable: `[scopes.agent] variables = ["agent_id"]` in the policy. A service that
//! has one key for the whole fleet has no scope.

use super::super::common::descriptor_label;
use crate::finding::{Finding, Label};
use crate::key;
use crate::registry::KeyDeclaration;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for descriptor in &model.services {
        let name = &descriptor.name.value;
        let text = descriptor.key.text();
        let scope = descriptor
            .scope
            .as_ref()
            .map_or("global", |scope| scope.value.as_str());
        let mut report = |what: String, help: String| {
            let message = format!("the key of service `{name}` {what}");
            findings.push(
                Finding::new(
                    RuleId::InvalidKey,
                    message,
                    Label::new(text.span, "declared here"),
                )
                .subject(&text.value)
                .label(descriptor_label(descriptor))
                .service(name)
                .help(help),
            );
        };
        let key = match &descriptor.key {
            KeyDeclaration::Key(key) => key.value.clone(),
            KeyDeclaration::Template(template) => {
                let parsed = match key::parse_template(&template.value) {
                    Ok(parsed) => parsed,
                    Err(problem) => {
                        report(
                            format!("is no template: {problem}"),
                            "write variables as `{{name}}`".to_owned(),
                        );
                        continue;
                    }
                };
                let defined = model
                    .policy
                    .scopes
                    .get(scope)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                for variable in parsed.variables() {
                    if !defined.iter().any(|known| known == variable) {
                        report(
                            format!(
                                "uses `{{{{{variable}}}}}`, which the scope `{scope}` does not define"
                            ),
                            if defined.is_empty() {
                                format!(
                                    "define it in the policy: [scopes.{scope}] variables = [\"{variable}\"]"
                                )
                            } else {
                                format!(
                                    "mend the name, or add `\"{variable}\"` to `variables` under `[scopes.{scope}]` in the policy"
                                )
                            },
                        );
                    }
                }
                // Any token will do to see whether the rest is valid.
                parsed.fill(|_| "x".to_owned())
            }
        };
        let of_scope = model.policy.scopes.get(scope).and_then(|all| all.first());
        if let Err(problem) = key::validate(&key) {
            report(
                format!("is one that the store refuses: {problem}"),
                if matches!(descriptor.key, KeyDeclaration::Key(_)) && key.contains("{{") {
                    "declare a key with variables as a key template".to_owned()
                } else {
                    "use letters, digits and `- / _ = .`, without empty parts".to_owned()
                },
            );
        } else if let Some(variable) = of_scope
            && !text.value.contains("{{")
        {
            report(
                format!("has no variable of its scope `{scope}`: every {scope} has the same key"),
                format!(
                    "declare a key template, such as `{}`, or take the scope away",
                    with_variable(&text.value, variable)
                ),
            );
        }
    }
}

/// A key with a variable before its last part.
fn with_variable(key: &str, variable: &str) -> String {
    match key.rsplit_once('/') {
        Some((before, last)) => format!("{before}/{{{{{variable}}}}}/{last}"),
        None => format!("{{{{{variable}}}}}/{key}"),
    }
}
