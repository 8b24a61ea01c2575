//! An image or a package of a release that does not have the release's tag.
//!
//! ## Why
//!
//! A deployment that still names the version before ships the old program with the new configuration. It shows when the two do not fit.
//!
//! ## Example
//!
//! The release is `v1.4.0`, and the compose file has `image: example/trapd:v1.3.2`.
//!
//! ## What to do
//!
//! Write the tag, or the variable that the release sets, at the line of the message.

use super::super::running::Running;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

/// The tag of an image's name: behind the last colon, where that does not belong to the registry's port.
fn tag_of(image: &str) -> Option<&str> {
    let (name, _digest) = image.split_once('@').unwrap_or((image, ""));
    let last = name.rsplit('/').next()?;
    Some(last.split_once(':')?.1)
}

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for running in Running::all(model) {
        for image in &running.seen.images {
            let Some(service) = running.service(&image.service) else {
                continue;
            };
            if tag_of(&image.image) == Some(image.tag.as_str()) {
                continue;
            }
            let of = running.deployment.name();
            let message = format!(
                "workload `{}` of `{of}` runs service `{}` from `{}`, which does not have the release's tag `{}`",
                image.workload,
                service.name(),
                image.image,
                image.tag
            );
            let finding = Finding::new(
                RuleId::UntaggedImage,
                message,
                Label::new(image.span, format!("not `{}`", image.tag)),
            )
            .subject(&image.workload)
            .deployment(of)
            .service(service.name())
            .workload(&image.workload)
            .help(format!(
                "name the tag `{}` there, or the variable that the release sets",
                image.tag
            ));
            findings.push(finding);
        }
    }
}
