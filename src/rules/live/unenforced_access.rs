//! A running store that lets somebody do what its access table does not grant.
//!
//! ## Why
//!
//! The table, the roles and the check of them can all be there, and unit-tested, while the server never asks. Then every client may write
//! every configuration, and no file shows it. Only trying it does.
//!
//! ## Example
//!
//! `validate --probe-enforcement` writes `kvguard/probe/…` with a certificate that the table does not list, and the store lets it.
//!
//! ## What to do
//!
//! Attach the authorisation to the server: on a gRPC server the interceptors, for unary calls and for streams; on a NATS server the
//! user's `permissions`, in which `publish: []` permits everything.

use super::super::common::table_label;
use super::super::running::Running;
use crate::finding::{Finding, Label};
use crate::live::Who;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let Some(running) = Running::of(model) else {
        return;
    };
    for attempt in &running.seen.attempts {
        let (identity, why) = match &attempt.by {
            Who::Unlisted { identity } => (identity, "which its access table does not list"),
            Who::Reader { identity } => (identity, "which its access table lists as a reader"),
            Who::Service { .. } => continue,
        };
        if attempt.is_promised || !attempt.is_permitted {
            continue;
        }
        let verb = attempt.action.verb();
        let message = format!(
            "the store of `{}` ({}) let `{identity}`, {why}, {verb} a key: it does not enforce its access table",
            running.deployment.name(),
            running.seen.store
        );
        let name = &running.deployment.policy.name;
        let label = match running.deployment.table.table() {
            Some(table) => table_label(table),
            None => Label::new(name.span, "the deployment"),
        };
        findings.push(
            Finding::new(RuleId::UnenforcedAccess, message, label)
                .subject(verb)
                .deployment(running.deployment.name())
                .help("attach the authorisation to the server, so that each call asks the access table; on NATS, give the user's `permissions` the subjects that it needs and no others"),
        );
    }
}
