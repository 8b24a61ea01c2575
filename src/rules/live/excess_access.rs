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

use super::super::running::Running;
use crate::finding::Finding;
use crate::live::Who;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
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
            let role = service.grant().map(|grant| grant.role.value.as_str());
            let beyond = match role {
                Some(role) => format!("which its role `{role}` does not promise"),
                None => "although nothing grants it that".to_owned(),
            };
            let message = format!(
                "{} let service `{}`{as_whom} {verb} a key, {beyond}",
                running.store(),
                service.name()
            );
            let help = match role {
                Some(_) => {
                    "deploy the access table and restart the store; or, if the service needs that, grant it the more powerful role"
                }
                None => {
                    "take the permission away in the store; or, if the service needs it, grant it in the files"
                }
            };
            findings.push(
                Finding::new(RuleId::ExcessAccess, message, service.access_label())
                    .subject(verb)
                    .deployment(running.deployment.name())
                    .service(service.name())
                    .help(help),
            );
        }
    }
}
