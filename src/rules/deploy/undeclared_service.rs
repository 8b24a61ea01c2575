//! A KV-sourced workload that maps to no descriptor, or to another one than it says.
//!
//! ## Why
//!
//! Without a descriptor the workload has no key: its client asks the store for nothing, or for a key that
//! nobody seeds. It happens when a service is renamed on one side only. A workload that is called as one
//! service and says that it runs another reads and seeds the other one's key, and its own is lost. A client
//! knows descriptors' names only: an alias is the policy's word.
//!
//! ## Example
//!
//! `docker-compose.yml` runs `zen` with `CONFIG_SOURCE=kv`; the registry declares `zen-consumer`, and
//! neither `CONFIG_SERVICE` nor an alias joins the two.
//!
//! ## What to do
//!
//! Declare the service in the registry; or, if it is declared under another name, add that workload to
//! `aliases` under `[service.<name>]` in the policy. Where a workload's name and what it says are of two
//! services, mend the one that is wrong.

use std::collections::HashSet;

use kvguard_contract::Role;

use super::super::common::{
    about_workload, descriptor_label, reads_its_file, state_alias, workload_label,
};
use crate::finding::{Finding, Label};
use crate::registry::Descriptor;
use crate::resolve::{Deployment, Mapped, Model, ResolvedWorkload, SourceState};
use crate::rules::RuleId;
use crate::source::Span;
use crate::suggest::nearest;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    // A registry of nothing is told as that.
    if model.services.is_empty() {
        return;
    }
    for (deployment, workload) in model.kv_sourced() {
        let name = &workload.workload.name;
        let variable = model.policy.contract.shown_name(Role::Service);
        let of = deployment.name();
        let (asked, primary, message) = match &workload.mapped {
            Mapped::To(_) => continue,
            Mapped::Contradicted {
                position,
                by_alias,
                name: asked,
                span,
            } => {
                let contradiction = Contradiction {
                    own: &model.services[*position],
                    by_alias: *by_alias,
                    asked,
                    span: *span,
                };
                findings.push(contradiction.finding(model, deployment, workload));
                continue;
            }
            Mapped::NamesAlias {
                position,
                name: asked,
                span,
            } => {
                let own = &model.services[*position];
                findings.push(names_alias(model, deployment, workload, own, asked, *span));
                continue;
            }
            Mapped::NamesUnknown { name: asked, span } => (
                asked,
                Label::new(*span, format!("the registry declares no `{asked}`")),
                format!(
                    "workload `{name}` of `{of}` says that it runs service `{asked}`, which the registry does not declare"
                ),
            ),
            Mapped::ToNothing => (
                name,
                workload_label(workload),
                format!(
                    "workload `{name}` of `{of}` loads its configuration from the store, and the registry declares no service for it"
                ),
            ),
        };
        let is_named = matches!(workload.mapped, Mapped::NamesUnknown { .. });
        let mut finding = Finding::new(RuleId::UndeclaredService, message, primary).subject(asked);
        if let SourceState::Kv { span, .. } = workload.source {
            finding = finding.label(Label::new(span, "from the store"));
        }
        // What it may be called besides its name: its container, its object.
        let other_names: &[String] = if is_named {
            &[]
        } else {
            &workload.workload.other_names
        };
        let asked_for = std::iter::once(asked).chain(other_names);
        let mut meant = asked_for.filter_map(|name| meant(model, name));
        finding = match meant.next() {
            Some(descriptor) => {
                let meant = &descriptor.name.value;
                let (rename, or_alias) = if is_named {
                    ("", String::new())
                } else {
                    let or_alias = state_alias(model, meant, name);
                    (
                        "name the workload so, or ",
                        format!(" on the workload; or {or_alias}"),
                    )
                };
                finding
                    .label(Label::new(
                        descriptor.name.span,
                        format!("is `{meant}` meant?"),
                    ))
                    .help(format!(
                        "if `{meant}` is meant, {rename}set `{variable}` to `{meant}`{or_alias}"
                    ))
            }
            None => nobody_meant(model, deployment, workload, asked, finding),
        };
        findings.push(about_workload(model, deployment, workload, finding));
    }
}

/// What to do about a workload whose name is like that of no service.
fn nobody_meant(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    asked: &str,
    finding: Finding,
) -> Finding {
    let finding = finding.label(Label::masked(model.registry_span, "the registry"));
    let or_set = match model.policy.contract.name(Role::Service) {
        Some(variable) => format!(", or set `{variable}` to the service that it runs"),
        None => String::new(),
    };
    let finding = finding.help(format!("declare `{asked}` in the registry{or_set}"));
    let renamed = renamed(model, deployment).filter(|(own, _)| std::ptr::eq(*own, workload));
    let Some((_, descriptor)) = renamed else {
        return finding;
    };
    let service = &descriptor.name.value;
    let text = format!("`{service}` has no workload in `{}`", deployment.name());
    finding
        .label(Label::new(descriptor.name.span, text))
        .help(format!(
            "if it is `{service}` under a new name, name it `{service}` again, or {}",
            state_alias(model, service, workload.workload.base_name())
        ))
}

/// The workload of a deployment that may be a service under a new name, and that service: the only workload from the store that maps to
/// nothing, and the only service that is meant to run there and has no workload.
pub(in crate::rules) fn renamed<'m>(
    model: &'m Model,
    deployment: &'m Deployment,
) -> Option<(&'m ResolvedWorkload, &'m Descriptor)> {
    let mut unknown = deployment
        .workloads
        .iter()
        .filter(|one| one.is_kv_sourced() && matches!(one.mapped, Mapped::ToNothing));
    let workload = unknown.next().filter(|_| unknown.next().is_none())?;
    let services = model.services.iter().zip(&deployment.services).enumerate();
    let mut missing = services.filter(|(position, (descriptor, service))| {
        service.workloads.is_empty()
            && service.not_in.is_none()
            && !model.is_carried(&descriptor.name.value)
            && !reads_its_file(model, *position, deployment)
    });
    let (_, (service, _)) = missing.next().filter(|_| missing.next().is_none())?;
    Some((workload, service))
}

/// A workload's name, or the policy's alias, and its environment are of different services: the client heeds
/// the latter.
struct Contradiction<'m> {
    own: &'m Descriptor,
    by_alias: bool,
    asked: &'m str,
    span: Span,
}

impl Contradiction<'_> {
    fn finding(
        &self,
        model: &Model,
        deployment: &Deployment,
        workload: &ResolvedWorkload,
    ) -> Finding {
        let variable = model.policy.contract.shown_name(Role::Service);
        let service = &self.own.name.value;
        let asked = self.asked;
        let (by, or) = if self.by_alias {
            (
                "by the policy's alias",
                format!("take the alias away from `[service.{service}]` in the policy"),
            )
        } else {
            ("by its name", "rename the workload".to_owned())
        };
        let message = format!(
            "workload `{}` of `{}` says that it runs service `{asked}`; {by} it runs `{service}`",
            workload.workload.name,
            deployment.name()
        );
        let mut finding = Finding::new(
            RuleId::UndeclaredService,
            message,
            Label::new(self.span, format!("names `{asked}`")),
        )
        .subject(asked)
        .label(workload_label(workload))
        .label(descriptor_label(self.own));
        if let Some(position) = model.service_position(asked) {
            finding = finding.label(descriptor_label(&model.services[position]));
        }
        let finding = finding.help(format!("set `{variable}` to `{service}`, or {or}"));
        about_workload(model, deployment, workload, finding)
    }
}

/// The environment holds a word of the policy, which no client reads.
fn names_alias(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    meant: &Descriptor,
    asked: &str,
    span: Span,
) -> Finding {
    let variable = model.policy.contract.shown_name(Role::Service);
    let service = &meant.name.value;
    let message = format!(
        "workload `{}` of `{}` says that it runs service `{asked}`, which is only an alias of `{service}`: the registry declares no service of that name",
        workload.workload.name,
        deployment.name()
    );
    let aliases = model
        .policy
        .service(service)
        .into_iter()
        .flat_map(|policy| &policy.aliases);
    let mut finding = Finding::new(
        RuleId::UndeclaredService,
        message,
        Label::new(span, format!("names `{asked}`")),
    )
    .subject(asked)
    .label(descriptor_label(meant));
    for alias in aliases.filter(|alias| alias.value == asked) {
        finding = finding.label(Label::new(
            alias.span,
            "an alias, which only the policy knows",
        ));
    }
    let finding = finding.help(format!("set `{variable}` to `{service}`"));
    about_workload(model, deployment, workload, finding)
}

/// The services that a deployment's workloads without a descriptor are probably meant to run, by their names.
pub(super) fn probably_run<'m>(model: &'m Model, deployment: &'m Deployment) -> HashSet<&'m str> {
    let workloads = deployment.workloads.iter();
    let names = workloads
        .filter(|workload| workload.is_kv_sourced())
        .flat_map(|workload| match &workload.mapped {
            Mapped::NamesUnknown { name, .. } => vec![name],
            Mapped::ToNothing => {
                let own = std::iter::once(&workload.workload.name);
                own.chain(&workload.workload.other_names).collect()
            }
            _ => Vec::new(),
        });
    let meant = names.filter_map(|name| meant(model, name));
    meant
        .map(|descriptor| descriptor.name.value.as_str())
        .collect()
}

/// The descriptor that may be meant: the one whose key is called so, the one with the nearest name, or the
/// only one of whose name it is a part, or that is a part of its name.
pub(super) fn meant<'m>(model: &'m Model, name: &str) -> Option<&'m Descriptor> {
    let prefixes = model
        .policy
        .prefixes
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix.as_str()));
    // The policy may still know the workload by the name that the service had.
    let policies = model.policy.services.iter();
    let of_alias = policies
        .filter(|(_, policy)| policy.aliases.iter().any(|alias| alias.value == name))
        .map(|(service, _)| service.as_str());
    let names: Vec<&str> = std::iter::once(name)
        .chain(prefixes)
        .chain(of_alias)
        .collect();
    let by_key = model.services.iter().find(|descriptor| {
        let key = &descriptor.key.text().value;
        let file = key.rsplit('/').next().unwrap_or(key);
        let stem = file.split('.').next().unwrap_or(file);
        names.contains(&stem)
    });
    let nearest = || {
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
    };
    let longer = || {
        let mut related = model.services.iter().filter(|descriptor| {
            let declared = descriptor.name.value.as_str();
            names
                .iter()
                .any(|name| is_part(name, declared) || is_part(declared, name))
        });
        let first = related.next()?;
        related.next().is_none().then_some(first)
    };
    by_key.or_else(nearest).or_else(longer)
}

/// Whether a name is the beginning or the end of another one, up to a `-`.
fn is_part(part: &str, whole: &str) -> bool {
    let rest = whole
        .strip_prefix(part)
        .and_then(|rest| rest.strip_prefix('-'));
    let before = whole
        .strip_suffix(part)
        .and_then(|before| before.strip_suffix('-'));
    rest.or(before).is_some()
}
