//! A value in the running store that carries something at a secret path.
//!
//! ## Why
//!
//! Whoever may read the key sees it, and so do the store's files and backups. A template without secrets does not help once somebody, or
//! the fleet's own seeder, has written them.
//!
//! ## Example
//!
//! A seeder merges the host's files into the template before it writes the key, and `credentials.password` is in one of them.
//!
//! ## What to do
//!
//! Take it out of the store, give the service another secret, and supply that at run time. If the path is no secret, say so, with the reason:
//! `[[secrets.ignore]]` in the policy.

use super::super::common::state_no_secret;
use super::super::configuration::secret_in_template::carried;
use super::super::running::Running;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for (service, key, value) in running.values() {
            for secret in carried(model, service.descriptor, value.roots()) {
                let path = &secret.path;
                let message = format!(
                    "the value of {} carries a value at the secret path `{path}`",
                    service.key(key)
                );
                let finding = service
                .finding(RuleId::SecretInStore, message, key)
                .subject(format!("{key}: {path}"))
                .label(Label::new(secret.stated, "declared secret here"))
                .help(format!(
                    "take `{path}` out of the value, give the service another secret, as this one has been read by whoever may read the key, and supply that at run time"
                ))
                .help(format!(
                    "or, if it is no secret, say so, {}",
                    state_no_secret(model, path)
                ));
                findings.push(finding);
            }
        }
    }
}
