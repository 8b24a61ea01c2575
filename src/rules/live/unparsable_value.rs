//! A value in the running store that does not parse in the descriptor's format.
//!
//! ## Why
//!
//! The service cannot read it back. What it does then depends on its client: it ends, or it goes on with its file in silence.
//!
//! ## Example
//!
//! Somebody pasted a configuration into the store by hand, with a comma too many.
//!
//! ## What to do
//!
//! Mend the value at the place that the message names, or the descriptor's `format`; or write the template over the value:
//! `cargo kvguard seed --force --deployment compose --service trapd`.

use super::super::running::Running;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for (service, key, value) in running.values() {
            let Some(first) = value.misread.first() else {
                continue;
            };
            let format = service.descriptor.format.value.name().to_ascii_uppercase();
            let more = match value.misread.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let message = format!(
                "the value of {} is not valid {format}, at line {}, column {} of the value: {}{more}",
                service.key(key),
                first.line,
                first.column,
                first.message
            );
            let mut finding = service
            .finding(RuleId::UnparsableValue, message, key)
            .subject(key)
            .label(Label::new(
                service.descriptor.format.span,
                format!("the format is {format}"),
            ))
            .help(format!(
                "mend the value in the store, or the descriptor's `format` if {format} is not meant"
            ));
            if service.template().is_some() {
                finding = finding.help(format!(
                    "or write its template over the value: {}",
                    service.seed(key, " --force")
                ));
            }
            findings.push(finding);
        }
    }
}
