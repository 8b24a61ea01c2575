//! The fleet's own seeder writes something else than the template.
//!
//! ## Why
//!
//! What is reviewed is the template. A seeder that merges, expands or leaves out something fills the store with what nobody has looked at.
//!
//! ## Example
//!
//! `config-sync` writes the value of `listen_addr` that it finds on its own host.
//!
//! ## What to do
//!
//! Mend the seeder, or the template. A secret that the seeder adds is told by `secret-in-store` beside this.

use super::super::running::Running;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

/// How many paths the message names.
const MAX_PATHS: usize = 10;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for otherwise in &running.seen.seeded_otherwise {
            let Some(service) = running.service(&otherwise.service) else {
                continue;
            };
            let mut paths: Vec<String> = otherwise
                .paths
                .iter()
                .take(MAX_PATHS)
                .map(|path| format!("`{path}`"))
                .collect();
            let more = otherwise.paths.len() - paths.len();
            if more > 0 {
                paths.push(format!("and {more} more"));
            }
            let at = if paths.is_empty() {
                String::new()
            } else {
                format!(", at {}", paths.join(", "))
            };
            let message = format!(
                "the fleet's own seeder writes something else to {} than the template has{at}",
                service.key(&otherwise.key),
            );
            let mut finding = service
            .finding(RuleId::SeededOtherwise, message, &otherwise.key)
            .subject(&otherwise.key)
            .help("mend the seeder so that it writes the template as it is; or write into the template what the seeder is to write");
            if let Some(template) = service.template_label() {
                finding = finding.label(template);
            }
            let command = model.policy.seed_command.iter().flatten();
            if let Some(program) = command.into_iter().next() {
                finding = finding.label(Label::new(program.span, "the seeder"));
            }
            findings.push(finding);
        }
    }
}
