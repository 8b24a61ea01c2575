//! A service that was started again more often than was to be expected.
//!
//! ## Why
//!
//! A service that ends on each update of its configuration, or because it cannot reach the store, is started again and again, and looks
//! as if it ran.
//!
//! ## Example
//!
//! The container of `trapd` was restarted four times while the job watched it, and its key was touched once.
//!
//! ## What to do
//!
//! Read the end of its log before each start, where it says why it ended. A service that ends on purpose on each update of its
//! configuration is expected to restart once for each.

use super::super::running::Running;
use crate::finding::Finding;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for restarts in &running.seen.restarts {
            let Some(service) = running.service(&restarts.service) else {
                continue;
            };
            if restarts.count <= restarts.expected {
                continue;
            }
            let times = match restarts.count {
                1 => "once".to_owned(),
                count => format!("{count} times"),
            };
            let expected = match restarts.expected {
                0 => "no restart was expected".to_owned(),
                1 => "one restart was expected".to_owned(),
                expected => format!("{expected} restarts were expected"),
            };
            let message = format!(
                "service `{}` ({}) was restarted {times} while it was watched, and {expected}",
                service.name(),
                restarts.place,
            );
            let finding = service
                .finding_at_workload(RuleId::UnexpectedRestart, message)
                .help("read the end of its log before each start, where it says why it ended");
            findings.push(finding);
        }
    }
}
