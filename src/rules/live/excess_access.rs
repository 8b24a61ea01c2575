//! A running store that lets a service do what its role does not promise.
//!
//! ## Why
//!
//! A service that may only read its configuration, and can write it, can write everybody's. The store runs with another table than the one
//! in the tree, or does not look at roles.
//!
//! ## Example
//!
//! The table grants `dashboard` the role `reader`, and `validate --probe-grants` writes a probe key as `dashboard`.
//!
//! ## What to do
//!
//! Deploy the table and restart the store. If the service needs the more powerful role, grant it that.

use super::super::common::at_first;
use super::super::running::Running;
use crate::finding::Finding;
use crate::live::Who;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let Some(running) = Running::of(model) else {
        return;
    };
    for attempt in &running.seen.attempts {
        let Who::Service { service, identity } = &attempt.by else {
            continue;
        };
        if attempt.is_promised || !attempt.is_permitted {
            continue;
        }
        let Some(service) = running.service(service) else {
            continue;
        };
        let as_whom = match identity {
            Some(identity) => format!(" as `{identity}`"),
            None => String::new(),
        };
        let verb = attempt.action.verb();
        let message = format!(
            "the store of `{}` ({}) let service `{}`{as_whom} {verb} a key, which its role does not promise",
            running.deployment.name(),
            running.seen.store,
            service.name()
        );
        let mut finding = service
            .finding(RuleId::ExcessAccess, message, verb)
            .help("deploy the access table and restart the store; or grant the more powerful role, if the service needs it");
        if let Some(grant) = service.grant() {
            finding = at_first(finding, grant);
        }
        findings.push(finding);
    }
}
