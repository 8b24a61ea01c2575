//! A KV-sourced workload that lacks a variable its security mode needs, whose mode is unknown, or that sets a variable to what
//! its client refuses.
//!
//! ## Why
//!
//! The client is built from the environment. With one variable missing, empty or wrong it is not built at all: `kvguard-runtime`
//! refuses to start then, by the same definition as this rule, and other clients go on with their file in silence.
//!
//! ## Example
//!
//! `CONFIG_SOURCE=kv` and `KV_SEC_MODE=mtls`, but no `KV_CA_FILE`; `KV_ADDRESS=http://store:50057`; a blank behind `mtls`.
//!
//! ## What to do
//!
//! Set the variables that the message names, each to what its label says. If your clients need others, say so in the policy:
//! `[contract]` and `[contract.mode.<name>]`. If they ignore blanks around values and the case of modes:
//! `values = "trimmed"` under `[contract]`.

use kvguard_contract::Role;

use super::super::common::{about_workload, keep_variable, taken_label, workload_label};
use crate::deploy::Variable;
use crate::finding::{Finding, Label};
use crate::key;
use crate::policy::DeploymentKind;
use crate::resolve::{Deployment, Lacking, Mapped, Mode, Model, Refused, ResolvedWorkload};
use crate::rules::RuleId;
use crate::source::Problem;
use crate::suggest::nearest;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let absent = without_mode(model, deployment, workload)
            .into_iter()
            .chain(lacking(model, deployment, workload));
        let absent = absent.map(|finding| unless_lost(finding, deployment));
        let refused = workload
            .refused
            .iter()
            .filter(|refused| !is_no_key(workload, refused))
            .map(|refused| self::refused(deployment, workload, refused));
        let found = absent.chain(refused);
        findings.extend(found.map(|finding| about_workload(model, deployment, workload, finding)));
    }
}

/// Marks a finding as a consequence where a file of a compose project does not parse: what is missing may be in what was not read of it.
fn unless_lost(finding: Finding, deployment: &Deployment) -> Finding {
    let is_of_compose = deployment.policy.kind() == DeploymentKind::Compose;
    let table = deployment.table.table().map(|table| table.span.source);
    // Where something stands twice, all of the file is read.
    let is_cut_off =
        |problem: &Problem| problem.related.is_none() && table != Some(problem.span.source);
    let is_cut_off = is_of_compose && deployment.malformed.iter().any(is_cut_off);
    if is_cut_off && finding.follows_from.is_none() {
        finding.follows_from(RuleId::MalformedFile)
    } else {
        finding
    }
}

/// Whether a key is told by rule overridden-key, which it is where the workload's service is known.
fn is_no_key(workload: &ResolvedWorkload, refused: &Refused) -> bool {
    let variable = workload.variable(&refused.name);
    let is_key = |text: &str| key::validate(text.trim()).is_ok();
    refused.role == Some(Role::Key)
        && matches!(workload.mapped, Mapped::To(_))
        && !variable.and_then(Variable::text).is_some_and(is_key)
}

/// A workload that does not say its security mode.
fn without_mode(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
) -> Option<Finding> {
    let contract = &model.policy.contract;
    let variable = contract.shown_name(Role::Mode);
    let set = workload.variable(variable);
    // What no file tells may fill it in: rule unsupported-construct says so. A file that could not be read may do so, too.
    let may_be_filled_in = !workload.workload.untold.is_empty() || workload.workload.is_unread;
    if workload.mode != Mode::Unset || may_be_filled_in && set.is_none() {
        return None;
    }
    let label = match set {
        // Rule untold-value says so.
        Some(variable) if variable.text().is_none() => return None,
        Some(variable) => Label::new(variable.shown_span(), "is empty"),
        None => taken_label(workload, variable)
            .unwrap_or_else(|| at_environment(workload, "belongs here")),
    };
    let message = format!(
        "workload `{}` of `{}` lacks `{variable}`, without which its client does not know how to log in to the store",
        workload.workload.name,
        deployment.name()
    );
    let known = contract.fitting_words(workload.backend).join("`, `");
    let mut finding = Finding::new(RuleId::IncompleteKvEnvironment, message, label)
        .subject(variable)
        .label(workload_label(workload));
    // Setting a variable that a later place removes changes nothing.
    if workload.workload.taken.place(variable).is_none() {
        finding = finding.help(format!("set `{variable}` to one of `{known}`"));
    }
    let finding = point_out_misspelt(finding, model, workload, variable);
    Some(keep_variable(finding, workload, variable))
}

/// A workload that lacks other variables.
fn lacking(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
) -> impl Iterator<Item = Finding> {
    let of_mode = needed_by_mode(model, workload);
    let all = workload.lacking.clone();
    let (of_mode, others) = if is_in_wrong_mode(deployment, workload) {
        all.into_iter()
            .partition(|lacking| of_mode.contains(&lacking.name.as_str()))
    } else {
        (Vec::new(), all)
    };
    let others = lacking_of(model, deployment, workload, &others);
    let of_mode = lacking_of(model, deployment, workload, &of_mode);
    // They are not needed once the workload runs in the store's mode.
    let of_mode = of_mode.map(|finding| finding.follows_from(RuleId::SecurityModeMismatch));
    others.into_iter().chain(of_mode)
}

/// Whether a workload's security mode differs from its store's.
fn is_in_wrong_mode(deployment: &Deployment, workload: &ResolvedWorkload) -> bool {
    match (&workload.mode, &deployment.store_mode) {
        (Mode::Known { name, .. }, Some(of_store)) => of_store.value != *name,
        _ => false,
    }
}

/// What a workload's mode needs.
fn needed_by_mode<'m>(model: &'m Model, workload: &ResolvedWorkload) -> Vec<&'m str> {
    let contract = &model.policy.contract;
    let Mode::Known { name, .. } = &workload.mode else {
        return Vec::new();
    };
    let mode = contract.mode(name);
    mode.map_or_else(Vec::new, |mode| contract.needed_by_mode(mode))
}

/// A workload that lacks these variables, if there are any.
fn lacking_of(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    lacking: &[Lacking],
) -> Option<Finding> {
    let names = listed(lacking, |_| true)?;
    let message = format!(
        "workload `{}` of `{}` lacks {names}, without which its client does not reach the store",
        workload.workload.name,
        deployment.name()
    );
    let empty = lacking.iter().filter_map(|lacking| {
        Some(Label::new(
            lacking.empty_at?,
            format!("`{}` is empty", lacking.name),
        ))
    });
    let absent = |lacking: &&Lacking| lacking.empty_at.is_none();
    let taken = lacking.iter().filter(absent);
    let taken = taken.filter_map(|lacking| taken_label(workload, &lacking.name));
    let unset = listed(lacking, |lacking| {
        absent(&lacking) && taken_label(workload, &lacking.name).is_none()
    });
    let unset = unset.map(|names| {
        let verb = if names.contains(',') {
            "belong"
        } else {
            "belongs"
        };
        at_environment(workload, &format!("{names} {verb} here"))
    });
    let mut labels = empty.chain(taken).chain(unset);
    let primary = labels.next().unwrap_or_else(|| workload_label(workload));
    let mut finding = Finding::new(RuleId::IncompleteKvEnvironment, message, primary);
    for lacking in lacking {
        finding = finding.subject(&lacking.name);
    }
    for label in labels {
        finding = finding.label(label);
    }
    finding = finding.label(workload_label(workload));
    if let Mode::Known { name: mode, span } = &workload.mode {
        let needed = needed_by_mode(model, workload);
        let of_mode = |lacking: &Lacking| needed.contains(&lacking.name.as_str());
        if let Some(names) = listed(lacking, of_mode) {
            finding = finding.label(Label::new(*span, format!("mode `{mode}` needs {names}")));
        }
    }
    // Setting a variable that a later place removes changes nothing.
    let is_removed = |lacking: &Lacking| workload.workload.taken.place(&lacking.name).is_some();
    if let Some(names) = listed(lacking, |lacking| !is_removed(lacking)) {
        let how = as_others_do(deployment, lacking);
        finding = finding.help(format!("set {names}{how}"));
    }
    for lacking in lacking {
        finding = point_out_misspelt(finding, model, workload, &lacking.name);
        finding = keep_variable(finding, workload, &lacking.name);
    }
    Some(finding)
}

/// Names a workload of the deployment that sets all that another one lacks. What it sets may be secret.
fn as_others_do(deployment: &Deployment, lacking: &[Lacking]) -> String {
    let sets_all = |other: &&ResolvedWorkload| {
        lacking.iter().all(|lacking| {
            let variable = other.variable(&lacking.name);
            variable.is_some_and(|variable| !variable.is_blank())
        })
    };
    let mut others = deployment
        .workloads
        .iter()
        .filter(|other| other.is_kv_sourced());
    others.find(sets_all).map_or_else(String::new, |other| {
        format!(", as workload `{}` does", other.workload.name)
    })
}

/// Points at a variable whose name is probably a misspelling of the one that is lacking.
fn point_out_misspelt(
    finding: Finding,
    model: &Model,
    workload: &ResolvedWorkload,
    lacking: &str,
) -> Finding {
    let known = model.policy.contract.names();
    let environment = &workload.workload.environment;
    let others = environment.iter().filter(|(name, _)| !known.contains(name));
    let Some(misspelt) = nearest(lacking, others.map(|(name, _)| name)) else {
        return finding;
    };
    let finding = finding.help(format!(
        "if `{misspelt}` is a misspelling, rename it to `{lacking}`"
    ));
    match environment.get(misspelt) {
        Some(variable) => finding.label(Label::new(
            variable.name_span,
            format!("is `{lacking}` meant?"),
        )),
        None => finding,
    }
}

/// A variable that is set to what a client refuses.
fn refused(deployment: &Deployment, workload: &ResolvedWorkload, refused: &Refused) -> Finding {
    let message = format!(
        "`{}` of workload `{}` of `{}` {}",
        refused.name,
        workload.workload.name,
        deployment.name(),
        refused.why
    );
    // An address may hold a password, and what should be a key or a file's name may be the secret itself.
    let is_shown = matches!(
        refused.role,
        Some(Role::Mode | Role::Service | Role::TrustDomain | Role::ServerIdentity)
    );
    let text = "the client refuses this";
    let label = if is_shown {
        Label::new(refused.span, text)
    } else {
        Label::masked(refused.span, text)
    };
    Finding::new(RuleId::IncompleteKvEnvironment, message, label)
        .subject(&refused.name)
        .label(workload_label(workload))
        .help(&refused.help)
}

/// What stands in the environment may be a secret.
fn at_environment(workload: &ResolvedWorkload, text: &str) -> Label {
    Label::masked(workload.workload.environment_span, text)
}

/// The names of some of the variables; `None` if there are none.
fn listed(lacking: &[Lacking], is_meant: impl Fn(&Lacking) -> bool) -> Option<String> {
    let names: Vec<String> = lacking
        .iter()
        .filter(|lacking| is_meant(lacking))
        .map(|lacking| format!("`{}`", lacking.name))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}
