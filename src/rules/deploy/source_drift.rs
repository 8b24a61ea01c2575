//! The source of a service's configuration is not the expected one, or differs between deployments.
//!
//! ## Why
//!
//! A `CONFIG_SOURCE=kv` that is dropped in one deployment, or in one of several workloads that run the
//! service, makes it read its file there, in silence; the change that everybody made in the store never
//! arrives. A workload that sets the store's address or mode without it is found by itself: `kvguard-runtime`
//! refuses to start in such an environment.
//!
//! ## Example
//!
//! `snmp-checker` has `CONFIG_SOURCE=kv` in its systemd unit and no such variable in `docker-compose.yml`.
//!
//! ## What to do
//!
//! Set the variable as in the other deployments; or state what is meant: `expected_source = "file"` under
//! `[service.<name>]` or `[[deployment]]` in the policy. A value that the contract does not know (or that
//! differs from it in case or blanks) is to be written as the contract has it, or your clients ignore case and
//! blanks: `values = "trimmed"` under `[contract]`.

use kvguard_contract::{Backend, Role};

use super::super::common::{
    about_workload, keep_variable, state_file, taken_label, workload_label,
};
use crate::finding::{Finding, Label};
use crate::policy::ExpectedSource;
use crate::registry::Spanned;
use crate::resolve::{Deployment, Model, ResolvedWorkload, SourceState};
use crate::rules::RuleId;
use crate::source::Span;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        for workload in &deployment.workloads {
            findings.extend(badly_written(model, deployment, workload));
            findings.extend(unexpected(model, deployment, workload));
            findings.extend(dropped(model, deployment, workload));
            findings.extend(between_instances(model, deployment, workload));
        }
    }
    for service in 0..model.services.len() {
        between_deployments(model, service, findings);
    }
}

/// A value that the contract does not know, or that is not written as the contract has it.
fn badly_written(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
) -> Option<Finding> {
    let contract = &model.policy.contract;
    let variable = contract.shown_name(Role::Source);
    let (span, why) = match &workload.source {
        SourceState::Unknown { span } => {
            (*span, "is set to a source that the contract does not know")
        }
        SourceState::Kv { span, exact: false } | SourceState::Other { span, exact: false } => (
            *span,
            "differs in case or blanks from what clients compare it with",
        ),
        _ => return None,
    };
    let known: Vec<String> = std::iter::once(&contract.kv)
        .chain(&*contract.others)
        .map(|value| format!("`{value}`"))
        .collect();
    let known = known.join(", ");
    let message = format!(
        "`{variable}` of workload `{}` of `{}` {why}",
        workload.workload.name,
        deployment.name()
    );
    let finding = Finding::new(
        RuleId::SourceDrift,
        message,
        Label::new(span, format!("known are {known}")),
    )
    .subject(variable)
    .help(format!("write `{variable}` as one of {known}"));
    Some(about_workload(model, deployment, workload, finding))
}

/// A source that is not what the policy expects.
fn unexpected(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
) -> Option<Finding> {
    let service = workload.mapped.service()?;
    let expected = expected(model, service, deployment)?;
    let contract = &model.policy.contract;
    let variable = contract.shown_name(Role::Source);
    let (is, should) = match (expected.value, workload.is_kv_sourced()) {
        (ExpectedSource::Kv, false) => ("a file", &*contract.kv),
        (ExpectedSource::File, true) => {
            ("the store", contract.others.first().map_or("", |word| word))
        }
        _ => return None,
    };
    // What is badly written is told as that, and of what no file tells nothing is known.
    if !workload.says_its_source() {
        return None;
    }
    if let Some(finding) = not_known(model, deployment, workload) {
        return Some(finding);
    }
    let message = format!(
        "workload `{}` of `{}` loads its configuration from {is}, not as the policy expects",
        workload.workload.name,
        deployment.name()
    );
    let finding = Finding::new(RuleId::SourceDrift, message, source_label(model, workload))
        .label(Label::new(expected.span, "the policy expects this"))
        .help(format!(
            "set `{variable}` to `{should}`, or mend `expected_source` in the policy"
        ));
    let finding = keep_variable(finding, workload, variable);
    Some(about_workload(model, deployment, workload, finding))
}

/// Deployments that disagree about a service: one finding for each that reads a file although the policy
/// does not say so.
fn between_deployments(model: &Model, service: usize, findings: &mut Vec<Finding>) {
    let name = model.service_name(service);
    let variable = model.policy.contract.shown_name(Role::Source);
    let workloads = |deployment: &'_ Deployment| -> Vec<usize> {
        deployment
            .services
            .get(service)
            .map(|own| own.workloads.clone())
            .unwrap_or_default()
    };
    let from_store: Vec<(&Deployment, &ResolvedWorkload)> = model
        .deployments
        .iter()
        .flat_map(|deployment| {
            workloads(deployment)
                .into_iter()
                .map(move |position| (deployment, &deployment.workloads[position]))
        })
        .filter(|(_, workload)| workload.is_kv_sourced())
        .collect();
    for deployment in &model.deployments {
        // Workloads that run one service beside each other are compared by themselves.
        let here = from_store
            .iter()
            .any(|(other, _)| other.name() == deployment.name());
        if here || expected(model, service, deployment).is_some() {
            continue;
        }
        let Some((other, store)) = from_store.first() else {
            return;
        };
        for position in workloads(deployment) {
            let workload = &deployment.workloads[position];
            // What is badly written is told as that, and of what no file tells nothing is known.
            if !workload.says_its_source() {
                continue;
            }
            if let Some(finding) = not_known(model, deployment, workload) {
                findings.push(finding);
                continue;
            }
            let message = format!(
                "service `{name}` loads its configuration from a file in `{}` and from the store in `{}`",
                deployment.name(),
                other.name()
            );
            let mut finding =
                Finding::new(RuleId::SourceDrift, message, source_label(model, workload))
                    .label(source_label(model, store));
            let mut beside = deployment.workloads.iter();
            let beside = beside.find(|beside| beside.is_kv_sourced());
            let as_beside = match beside {
                Some(beside) => {
                    let beside_name = &beside.workload.name;
                    let mut label = source_label(model, beside);
                    label.text = format!("workload `{beside_name}` sets it here");
                    finding = finding.label(label);
                    format!(", as workload `{beside_name}` does")
                }
                None => String::new(),
            };
            let finding = finding
                .help(format!(
                    "set `{variable}` to `{}`{as_beside}{}; or say that a file is meant, {}",
                    model.policy.contract.kv,
                    also_lacking(model, workload),
                    state_file(model, name, deployment.name())
                ))
                .compared_with(other.name());
            let finding = keep_variable(finding, workload, variable);
            findings.push(about_workload(model, deployment, workload, finding));
        }
    }
}

/// What a workload lacks besides its source to be a client of the store, for a help.
fn also_lacking(model: &Model, workload: &ResolvedWorkload) -> String {
    let contract = &model.policy.contract;
    let mode = contract.name(Role::Mode);
    let text = mode.and_then(|mode| workload.variable(mode)?.text());
    let known = text.and_then(|mode| contract.mode(mode.trim()));
    let backend = workload.backend.unwrap_or(Backend::Datasvc);
    let of_mode = known.map_or_else(Vec::new, |known| contract.needed_by_mode(known));
    let needed = contract.needed(backend).into_iter().chain(of_mode);
    let is_set = |name: &str| {
        let variable = workload.variable(name);
        variable.is_some_and(|variable| !variable.is_blank())
    };
    let lacking: Vec<String> = mode
        .into_iter()
        .chain(needed)
        .filter(|name| !is_set(name))
        .map(|name| format!("`{name}`"))
        .collect();
    match (lacking.is_empty(), known.is_some()) {
        (true, _) => String::new(),
        (false, true) => format!(", and {}, which it lacks, too", lacking.join(", ")),
        (false, false) => format!(
            ", and {}, which it lacks, too, with what its mode needs",
            lacking.join(", ")
        ),
    }
}

/// A workload that sets no source itself, where something may set it that no file tells.
fn not_known(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
) -> Option<Finding> {
    let variable = model.policy.contract.shown_name(Role::Source);
    let untold = workload.workload.untold.first()?;
    if workload.variable(variable).is_some() || workload.is_kv_sourced() {
        return None;
    }
    let message = format!(
        "{}; whether workload `{}` has `{variable}` is not known",
        untold.message, workload.workload.name
    );
    let finding = Finding::new(
        RuleId::UnsupportedConstruct,
        message,
        Label::masked(untold.span, "this may set it"),
    )
    .subject(variable)
    .help(format!(
        "set `{variable}` in the workload itself, so that it can be judged"
    ));
    Some(about_workload(model, deployment, workload, finding))
}

/// A workload that tells where the store is, and does not say that it loads its configuration from there.
fn dropped(model: &Model, deployment: &Deployment, workload: &ResolvedWorkload) -> Option<Finding> {
    let contract = &model.policy.contract;
    let service = workload.mapped.service()?;
    let is_half_set = matches!(workload.source, SourceState::Unset { half_set: true });
    if !is_half_set || expected(model, service, deployment).is_some() {
        return None;
    }
    // Where other workloads of the service use the store, that is told.
    if model
        .kv_sourced()
        .any(|(_, other)| other.mapped.service() == Some(service))
    {
        return None;
    }
    let variable = contract.shown_name(Role::Source);
    let set: Vec<(&str, Span)> = [Role::Address, Role::Mode]
        .into_iter()
        .filter_map(|role| {
            let name = contract.name(role)?;
            let set = workload.variable(name).filter(|set| !set.is_blank())?;
            Some((name, set.name_span))
        })
        .collect();
    let names: Vec<String> = set.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = format!(
        "workload `{}` of `{}` sets {} for a client of the store, but not `{variable}`: the client does not start, or loads its configuration from a file",
        workload.workload.name,
        deployment.name(),
        names.join(" and ")
    );
    let mut finding = Finding::new(RuleId::SourceDrift, message, source_label(model, workload));
    for (_, span) in set {
        finding = finding.label(Label::new(span, "set for a client of the store"));
    }
    let mut help = format!("set `{variable}` to `{}`", contract.kv);
    if let Some(file) = contract.others.first() {
        help.push_str(&format!(", or to `{file}` if a file is meant"));
    }
    finding = finding.help(help);
    let finding = keep_variable(finding, workload, variable);
    Some(about_workload(model, deployment, workload, finding))
}

/// A workload that does not use the store beside one of the same service that does, although it is set up for
/// it. One that is not set up for it may read a file on purpose.
fn between_instances(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
) -> Option<Finding> {
    let contract = &model.policy.contract;
    let service = workload.mapped.service()?;
    if expected(model, service, deployment).is_some() {
        return None;
    }
    let is_set_up = match workload.source {
        SourceState::Unset { half_set } => {
            let service = contract.shown_name(Role::Service);
            half_set || workload.variable(service).is_some()
        }
        // Variables of the store alone may come from a file that several workloads share.
        SourceState::Other { .. } => sets_what_its_mode_needs(model, workload),
        // What is badly written is told as that.
        SourceState::Unknown { .. } | SourceState::Untold { .. } | SourceState::Kv { .. } => false,
    };
    if !is_set_up {
        return None;
    }
    let sibling = deployment
        .workloads
        .iter()
        .find(|other| other.is_kv_sourced() && other.mapped.service() == Some(service))?;
    let (name, of) = (&workload.workload.name, deployment.name());
    let service = model.service_name(service);
    let message = format!(
        "workload `{name}` of `{of}` loads the configuration of service `{service}` from a file, and `{}` beside it from the store",
        sibling.workload.name
    );
    let finding = Finding::new(RuleId::SourceDrift, message, source_label(model, workload))
        .label(source_label(model, sibling))
        .label(workload_label(workload))
        .help(format!(
            "set `{}` to `{}` (and what its mode needs); or accept it, at the end of the policy: `[[allow]]`, and on lines of their own `rule = \"source-drift\"`, `service = \"{service}\"`, `deployment = \"{of}\"` and `reason = \"…\"`",
            contract.shown_name(Role::Source), contract.kv
        ));
    let variable = contract.shown_name(Role::Source);
    let finding = keep_variable(finding, workload, variable);
    Some(about_workload(model, deployment, workload, finding))
}

/// Whether a workload sets all that a client in its security mode needs.
fn sets_what_its_mode_needs(model: &Model, workload: &ResolvedWorkload) -> bool {
    let contract = &model.policy.contract;
    let mode = contract
        .name(Role::Mode)
        .and_then(|name| workload.variable(name)?.text());
    let Some(known) = mode.and_then(|mode| contract.mode(mode.trim())) else {
        return false;
    };
    let is_set = |name: &str| {
        let variable = workload.variable(name);
        variable.is_some_and(|variable| !variable.is_blank())
    };
    let backend = workload.backend.unwrap_or(Backend::Datasvc);
    let mut needed = contract
        .needed(backend)
        .into_iter()
        .chain(contract.needed_by_mode(known));
    needed.all(is_set)
}

/// What the policy expects of a service in a deployment: what is said of the service holds before what is said
/// of the deployment.
pub(super) fn expected(
    model: &Model,
    service: usize,
    deployment: &Deployment,
) -> Option<Spanned<ExpectedSource>> {
    model.expected_source(service, deployment).cloned()
}

/// Where a workload says where its configuration comes from, or where it should.
fn source_label(model: &Model, workload: &ResolvedWorkload) -> Label {
    match &workload.source {
        SourceState::Unset { .. } => {
            let variable = model.policy.contract.shown_name(Role::Source);
            match workload.variable(variable) {
                Some(empty) => Label::new(empty.shown_span(), "is empty"),
                None => taken_label(workload, variable).unwrap_or_else(|| {
                    // What stands there may be a secret.
                    Label::masked(
                        workload.workload.environment_span,
                        "nothing says that it comes from the store",
                    )
                }),
            }
        }
        SourceState::Kv { span, .. } => Label::new(*span, "from the store"),
        SourceState::Other { span, .. }
        | SourceState::Unknown { span }
        | SourceState::Untold { span } => Label::new(*span, "not from the store"),
    }
}
