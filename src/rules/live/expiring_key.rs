//! A running bucket whose values expire.
//!
//! ## Why
//!
//! A key is seeded once. Where the bucket has a time to live it is gone after that, and the service that restarts then starts without its
//! configuration.
//!
//! ## Example
//!
//! The bucket was made by hand, with `nats kv add config --ttl 24h`, and no file says so.
//!
//! ## What to do
//!
//! Take the time to live away: `nats kv edit config --ttl 0`.

use super::super::running::Running;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let Some(running) = Running::of(model) else {
        return;
    };
    let Some(lives_for) = running.seen.lives_for else {
        return;
    };
    let of = running.deployment.name();
    let message = format!(
        "what is written into the store of `{of}` ({}) is gone after {lives_for:?}: its bucket has a time to live",
        running.seen.store
    );
    let name = &running.deployment.policy.name;
    findings.push(
        Finding::new(
            RuleId::ExpiringKey,
            message,
            Label::new(name.span, "the deployment"),
        )
        .deployment(of)
        .help("take the bucket's time to live away, for example with `nats kv edit BUCKET --ttl 0`"),
    );
}
