//! A key whose extension is of another format than the one that is declared.
//!
//! ## Why
//!
//! People and tools that look into the store take the key at its word and write back what the service cannot
//! read.
//!
//! ## Example
//!
//! `"kv_key": "config/sync.toml"` and `"format": "json"`.
//!
//! ## What to do
//!
//! Write the extension of the format, or declare the format of the extension. A key without an extension, or with
//! another one, may hold any format.

use super::super::common::descriptor_label;
use crate::finding::{Finding, Label};
use crate::registry::Format;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for descriptor in &model.services {
        let key = descriptor.key.text();
        let last = key.value.rsplit('/').next().unwrap_or_default();
        let Some((_, extension)) = last.rsplit_once('.') else {
            continue;
        };
        let (format, declared) = (Format::parse(extension), descriptor.format.value);
        let Some(format) = format.filter(|format| *format != declared) else {
            continue;
        };
        let name = &descriptor.name.value;
        let stem = key.value.strip_suffix(extension).unwrap_or(&key.value);
        findings.push(
            Finding::new(
                RuleId::FormatExtensionMismatch,
                format!(
                    "the key of service `{name}` ends in `.{extension}`, and its format is `{}`",
                    declared.name()
                ),
                Label::new(key.span, "the key"),
            )
            .label(Label::new(descriptor.format.span, "the format"))
            .label(descriptor_label(descriptor))
            .service(name)
            .help(format!(
                "write the key as `{stem}{}`, or declare the format `{}`",
                declared.name(),
                format.name()
            )),
        );
    }
}
