//! A key of the running store, below a prefix of the registry's keys, that no descriptor owns.
//!
//! ## Why
//!
//! Nobody reads it. It may be the key of a service that was renamed or removed, or somebody may have written a configuration under a name
//! that differs from the descriptor's in one letter, and wonders why nothing changes.
//!
//! ## Example
//!
//! `config/trapdd.json`, beside the key of `trapd`.
//!
//! ## What to do
//!
//! If it is a misspelt key, write the configuration to the key that the message names. Else delete it (`nats kv del config config/trapdd.json`,
//! in the bucket `config`); or, if a service reads it, declare the key in the registry.

use super::super::running::{Running, Service};
use crate::finding::{Finding, Label};
use crate::registry::KeyDeclaration;
use crate::resolve::Model;
use crate::rules::RuleId;
use crate::suggest::nearest;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for key in &running.seen.unowned {
            let message = format!("no descriptor owns `{key}` in {}", running.store());
            let near = near(running, key);
            let label = match &near {
                Some((service, _)) => Label::new(
                    service.descriptor.key.text().span,
                    format!("nearly the key of `{}`", service.name()),
                ),
                None => running.store_label(),
            };
            let finding = Finding::new(RuleId::UnownedKey, message, label)
                .subject(key)
                .deployment(running.deployment.name());
            let delete = match &running.seen.bucket {
                Some(bucket) => format!("delete it: `nats kv del {bucket} {key}`"),
                None => "delete it".to_owned(),
            };
            findings.push(match near {
                Some((service, meant)) => finding
                    .help(format!(
                        "if it is meant for `{}`, write it to `{meant}` instead",
                        service.name()
                    ))
                    .help(delete),
                None => finding.help(format!(
                    "{delete}; or, if a service reads it, declare the key in the registry"
                )),
            });
        }
    }
}

/// The service whose key a key is probably a misspelling of, and that key: of those that were expected, and of those that are declared.
fn near<'m>(running: Running<'m>, key: &str) -> Option<(Service<'m>, &'m str)> {
    let expected = running
        .keys()
        .map(|(service, own)| (service, own.key.as_str()));
    let services = running.model.services.iter();
    let declared = services.filter_map(|descriptor| match &descriptor.key {
        KeyDeclaration::Key(text) => Some((
            running.service(&descriptor.name.value)?,
            text.value.as_str(),
        )),
        KeyDeclaration::Template(_) => None,
    });
    let known: Vec<(Service<'m>, &'m str)> = expected.chain(declared).collect();
    let meant = nearest(key, known.iter().map(|(_, own)| *own))?;
    known.into_iter().find(|(_, own)| *own == meant)
}
