//! A service whose log has a line that shows that it does not use the store.
//!
//! ## Why
//!
//! The service has fallen back to its file, or was refused, and goes on.
//!
//! ## Example
//!
//! `WARN KV store not initialized, using the local configuration`.
//!
//! ## What to do
//!
//! Read the lines around it: the log that the command kept has them. `cargo kvguard why trapd` follows the service to its store.

use super::super::running::Running;
use crate::finding::Finding;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for log in &running.seen.logs {
            let Some(service) = running.service(&log.service) else {
                continue;
            };
            let (name, of) = (service.name(), running.deployment.name());
            for (text, count) in &log.has {
                let lines = if *count == 1 { "line" } else { "lines" };
                let message = format!(
                    "the log of service `{name}` ({}) has {count} {lines} with `{text}`",
                    log.place
                );
                let finding = service
                .finding_at_workload(RuleId::ForbiddenLogLine, message)
                .subject(text)
                .help(format!(
                    "read the lines around it, and follow the service to its store: `cargo kvguard why {name} --deployment {of}`"
                ));
                findings.push(finding);
            }
        }
    }
}
