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
use crate::registry::{Descriptor, Format};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for descriptor in &model.services {
        let Some((extension, format)) = other_format(descriptor) else {
            continue;
        };
        let (key, declared) = (descriptor.key.text(), descriptor.format.value);
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

/// The extension of a service's key and the format that it stands for, if that is another one than the service declares.
pub(super) fn other_format(descriptor: &Descriptor) -> Option<(&str, Format)> {
    let key = &descriptor.key.text().value;
    let last = key.rsplit('/').next().unwrap_or_default();
    let (_, extension) = last.rsplit_once('.')?;
    let format = Format::parse(extension)?;
    (format != descriptor.format.value).then_some((extension, format))
}
