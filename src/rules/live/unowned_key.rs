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
//! Delete it; or, if a service reads it, declare that.

use super::super::running::Running;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;
use crate::suggest::nearest;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let Some(running) = Running::of(model) else {
        return;
    };
    let declared = || {
        let services = model.services.iter();
        services.map(|descriptor| (descriptor, descriptor.key.text()))
    };
    for key in &running.seen.unowned {
        let message = format!(
            "no descriptor owns `{key}` in the store of `{}` ({})",
            running.deployment.name(),
            running.seen.store
        );
        let near = nearest(key, declared().map(|(_, text)| text.value.as_str()));
        let near = near.and_then(|near| declared().find(|(_, text)| text.value == near));
        let name = &running.deployment.policy.name;
        let label = match near {
            Some((descriptor, text)) => Label::new(
                text.span,
                format!("nearly the key of `{}`", descriptor.name.value),
            ),
            None => Label::new(name.span, "the deployment"),
        };
        let finding = Finding::new(RuleId::UnownedKey, message, label)
            .subject(key)
            .deployment(running.deployment.name());
        findings.push(match near {
            Some((descriptor, text)) => finding.help(format!(
                "if it is meant for `{}`, write it to `{}`; else delete it",
                descriptor.name.value, text.value
            )),
            None => finding.help("delete it; or, if a service reads it, declare the key in the registry"),
        });
    }
}
