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
//! certificate anew, or grant the identity that it has. If the table grants nothing, `cargo kvguard check`
//! says what to add.

use super::super::common::at_first;
use super::super::running::{Running, Service};
use crate::finding::Finding;
use crate::live::Who;
use crate::resolve::Model;
use crate::rules::RuleId;

/// What to do, by what the access table of the files grants and whom the store saw.
fn help(service: Service<'_>, identity: Option<&str>) -> String {
    let deployment = service.running.deployment;
    let (name, of) = (service.name(), deployment.name());
    if deployment.table.table().is_none() {
        return "give it the permission in the configuration of the store".to_owned();
    }
    let granted = service.grant().map(|grant| grant.identity.value.as_str());
    match (granted.filter(|_| service.is_granted()), identity) {
        (Some(granted), Some(seen)) if granted != seen => format!(
            "the access table grants it to `{granted}`: issue the certificate for that identity, or grant it to `{seen}`; if both are the same to the store, deploy the table and restart the store"
        ),
        (Some(granted), _) => format!(
            "the access table grants it to `{granted}`: deploy the table and restart the store; if the store sees another identity, issue the certificate for this one"
        ),
        (None, _) => format!(
            "`cargo kvguard check --deployment {of} --service {name}` says what to write into the access table; then deploy the table and restart the store"
        ),
    }
}

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
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
            let name = service.name();
            let as_whom = match identity {
                Some(identity) => format!(" as `{identity}`"),
                None => String::new(),
            };
            let missing = match &attempt.missing {
                Some(missing) => format!(": the store says that `{missing}` is missing"),
                None => String::new(),
            };
            let message = format!(
                "service `{name}`{as_whom} may not {} {}{missing}",
                attempt.action.verb(),
                service.key(&attempt.key)
            );
            let label = service.access_label();
            let finding = service
                .finding(RuleId::DeniedAccess, message, &attempt.key)
                .subject(format!("{}: {}", attempt.key, attempt.action.verb()));
            findings.push(at_first(finding, label).help(help(service, identity.as_deref())));
        }
    }
}
