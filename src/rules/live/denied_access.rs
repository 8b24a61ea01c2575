//! A running store that refuses a service what the access table grants it.
//!
//! ## Why
//!
//! The service cannot read or seed its configuration, although the files say that it may. The store runs with another table than the one
//! in the tree, or sees another identity than the one that the files tell.
//!
//! ## Example
//!
//! The table got a grant for `trapd`, and the data service was not restarted; or the certificate was issued for another subject.
//!
//! ## What to do
//!
//! Compare the identity in the message with the grant. If they are equal, deploy the table and restart the store; if they are not, issue the
//! certificate anew, or grant the identity that it has. If the table grants nothing, `cargo kvguard check` says what to add.

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
        if !attempt.is_promised || attempt.is_permitted {
            continue;
        }
        let Some(service) = running.service(service) else {
            continue;
        };
        let (name, of) = (service.name(), running.deployment.name());
        let as_whom = match identity {
            Some(identity) => format!(" as `{identity}`"),
            None => String::new(),
        };
        let missing = match &attempt.missing {
            Some(missing) => format!(": `{missing}` is missing"),
            None => String::new(),
        };
        let message = format!(
            "service `{name}`{as_whom} may not {} {}{missing}",
            attempt.action.verb(),
            service.key(&attempt.key)
        );
        let mut finding = service
            .finding(RuleId::DeniedAccess, message, &attempt.key)
            .subject(format!("{}: {}", attempt.key, attempt.action.verb()));
        finding.subjects.retain(|subject| *subject != attempt.key);
        if let Some(grant) = service.grant() {
            finding = super::super::common::at_first(finding, grant);
        }
        findings.push(finding.help(if service.is_granted() {
            "if the table grants this very identity, deploy the table and restart the store; else issue the certificate for the identity that is granted".to_owned()
        } else {
            format!("`cargo kvguard check --deployment {of} --service {name}` says what to add to the access table; then deploy it and restart the store")
        }));
    }
}
