//! A service whose log lacks the line that shows that it uses the store.
//!
//! ## Why
//!
//! A service that has fallen back to its file works, and says nothing. The line that its client logs on an update of its key is the only
//! sign that it listens.
//!
//! ## Example
//!
//! After the nightly job has touched `config/trapd.json`, the log of `trapd` has no `KV update detected`.
//!
//! ## What to do
//!
//! Look at the beginning of its log for the reason; `cargo kvguard why trapd` follows the service to its store. If the service says it in other
//! words, state these in the policy: `required` of `[service.trapd.log]`.

use super::super::common::state_log;
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
            for text in &log.lacks {
                let before = if log.used_to_speak {
                    "; in the run before there was one"
                } else {
                    ""
                };
                let message = format!(
                    "the log of service `{name}` ({}, lines: {}) has no line with `{text}`{before}",
                    log.place, log.lines
                );
                let finding = service
                .finding_at_workload(RuleId::SilentService, message)
                .subject(text)
                .help(format!(
                    "look in its log for the reason why it does not use the store, and follow the service to its store: `cargo kvguard why {name} --deployment {of}`"
                ))
                .help(format!(
                    "or, if the service says it in other words, state these, {}",
                    state_log(model, name)
                ));
                findings.push(finding);
            }
        }
    }
}
