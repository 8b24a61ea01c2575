//! A KV-sourced workload that maps to no descriptor.
//!
//! ## Why
//!
//! Without a descriptor the workload has no key: its client asks the store for nothing, or for a key that
//! nobody seeds. It happens when a service is renamed on one side only.
//!
//! ## Example
//!
//! `docker-compose.yml` runs `zen` with `CONFIG_SOURCE=kv`; the registry declares `zen-consumer`, and
//! neither `CONFIG_SERVICE` nor an alias joins the two.
//!
//! ## What to do
//!
//! Declare the service in the registry; or, if it is declared under another name, add that workload to
//! `aliases` under `[service.<name>]` in the policy.

use super::super::common::{about_workload, workload_label};
use crate::finding::{Finding, Label};
use crate::registry::Descriptor;
use crate::resolve::{Mapped, Model, SourceState};
use crate::rules::RuleId;
use crate::suggest::nearest;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let name = &workload.workload.name;
        let (asked, primary) = match &workload.mapped {
            Mapped::To(_) => continue,
            Mapped::NamesUnknown { name, span } => (
                name,
                Label::new(*span, format!("the registry declares no `{name}`")),
            ),
            Mapped::ToNothing => (name, workload_label(workload)),
        };
        let message = format!(
            "workload `{name}` of `{}` loads its configuration from the store, and the registry declares no service for it",
            deployment.name()
        );
        let mut finding = Finding::new(RuleId::UndeclaredService, message, primary);
        if let SourceState::Kv { span, .. } = workload.source {
            finding = finding.label(Label::new(span, "from the store"));
        }
        finding = match meant(model, asked) {
            Some(descriptor) => finding
                .label(Label::new(descriptor.name.span, format!("is `{}` meant?", descriptor.name.value)))
                .help(format!(
                    "if `{0}` is meant, add `aliases = [\"{name}\"]` under `[service.{0}]` in the policy",
                    descriptor.name.value
                )),
            None => finding.help("declare the service in the registry").label(Label::masked(model.registry_span, "the registry")),
        };
        findings.push(about_workload(model, deployment, workload, finding));
    }
}

/// The descriptor that may be meant: the one with the nearest name, or the one whose key is called so.
fn meant<'m>(model: &'m Model, name: &str) -> Option<&'m Descriptor> {
    let prefixes = model
        .policy
        .prefixes
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix.as_str()));
    let names: Vec<&str> = std::iter::once(name).chain(prefixes).collect();
    let by_key = model.services.iter().find(|descriptor| {
        let key = &descriptor.key.text().value;
        let file = key.rsplit('/').next().unwrap_or(key);
        let stem = file.split('.').next().unwrap_or(file);
        names.contains(&stem)
    });
    by_key.or_else(|| {
        let known = || {
            model
                .services
                .iter()
                .map(|descriptor| descriptor.name.value.as_str())
        };
        let near = names.iter().find_map(|name| nearest(name, known()))?;
        model
            .services
            .iter()
            .find(|descriptor| descriptor.name.value == near)
    })
}
