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
use crate::finding::Finding;
use crate::live::Who;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for attempt in &running.seen.attempts {
            let (identity, who, why) = match &attempt.by {
                Who::Unlisted { identity } => {
                    (identity, "unlisted", "which its access table does not list")
                }
                Who::Reader { identity } => (
                    identity,
                    "reader",
                    "which its access table lists as a reader",
                ),
                Who::Service { .. } => continue,
            };
            if attempt.is_promised || !attempt.is_permitted {
                continue;
            }
            let verb = attempt.action.verb();
            let message = format!(
                "{} let `{identity}`, {why}, {verb} a key: it does not enforce its access table",
                running.store()
            );
            let store = running.store_label();
            let finding = match running.deployment.table.table() {
                Some(table) => {
                    Finding::new(RuleId::UnenforcedAccess, message, table_label(table)).label(store)
                }
                None => Finding::new(RuleId::UnenforcedAccess, message, store),
            };
            findings.push(
            finding
                // The identity of a probe may be made for it, and be another one each time.
                .subject(format!("{who}: {verb}"))
                .deployment(running.deployment.name())
                .help("on a data service: attach the authorisation to the server, for unary calls and for streams, so that each call asks the access table")
                .help("on a NATS server: give each user `permissions` with the subjects that it needs and no others; an empty list permits every subject"),
        );
        }
    }
}
