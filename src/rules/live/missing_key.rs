//! An expected key that holds nothing in the running store.
//!
//! ## Why
//!
//! The service loads its configuration from there. Without its key it starts with what its image brings, or not at all, and which
//! of the two shows only in its log.
//!
//! ## Example
//!
//! `config/trapd.json` was never written; or somebody deleted it, and the bucket keeps a delete marker in its place.
//!
//! ## What to do
//!
//! Seed it: `cargo kvguard seed --deployment compose --service trapd` writes the deployment's template, and writes over nothing.

use super::super::running::Running;
use crate::finding::Finding;
use crate::live::Holds;
use crate::resolve::{Model, TemplateState};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for (service, key) in running.keys() {
            if !matches!(key.holds, Holds::Nothing) {
                continue;
            }
            let name = service.name();
            let message = format!(
                "service `{name}` loads its configuration from {}, which holds nothing",
                service.key(&key.key)
            );
            let seed = service.seed(&key.key, "");
            let help = match &service.own.template {
                TemplateState::Read(_) => format!("write its template there: {seed}"),
                _ => format!(
                    "add a template for it (`templates` of deployment `{}` in the policy says where they are), and write that there: {seed}",
                    running.deployment.name()
                ),
            };
            let mut finding = service
                .finding(RuleId::MissingKey, message, &key.key)
                .subject(&key.key)
                .help(help);
            if let Some(template) = service.template_label() {
                finding = finding.label(template);
            }
            findings.push(finding);
        }
    }
}
