//! What many rules say in the same words.

use crate::access::{AccessTable, Grant};
use crate::finding::{Edit, Finding, Label};
use crate::registry::Descriptor;
use crate::resolve::{Deployment, Model, ResolvedWorkload};
use crate::rules::RuleId;

/// A finding about a workload, whose service it names, too.
pub(super) fn about_workload(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    finding: Finding,
) -> Finding {
    let finding = finding
        .deployment(deployment.name())
        .workload(&workload.workload.name);
    match model.service_of(workload) {
        Some(service) => finding.service(service),
        None => finding,
    }
}

/// A finding for each file problem, told once although several deployments read the file.
pub(super) fn file_problem(rule: RuleId, problem: &crate::source::Problem, what: &str) -> Finding {
    let message = format!("{what}{}", problem.message);
    let finding = Finding::new(rule, message.clone(), Label::masked(problem.span, "here"))
        .cause(format!("{:?} {}", problem.span, problem.message), message);
    match &problem.related {
        Some((span, text)) => finding.label(Label::masked(*span, text)),
        None => finding,
    }
}

/// Where a workload is named.
pub(super) fn workload_label(workload: &ResolvedWorkload) -> Label {
    Label::new(
        workload.workload.name_span,
        format!("workload `{}`", workload.workload.name),
    )
}

/// Where a workload is named, with what it presents.
pub(super) fn presents_label(workload: &ResolvedWorkload) -> Label {
    let name = &workload.workload.name;
    let text = match workload.identities().next() {
        Some(identity) => format!("workload `{name}` presents `{}`", identity.text),
        None => format!("workload `{name}`"),
    };
    Label::new(workload.workload.name_span, text)
}

/// Where a service is declared.
pub(super) fn descriptor_label(descriptor: &Descriptor) -> Label {
    Label::new(
        descriptor.name.span,
        format!("`{}` is declared here", descriptor.name.value),
    )
}

/// Where a grant is.
pub(super) fn grant_label(grant: &Grant, text: impl Into<String>) -> Label {
    Label::new(grant.identity.span, text)
}

/// Where an access table begins.
pub(super) fn table_label(table: &AccessTable) -> Label {
    Label::new(table.start(), "the access table")
}

/// What to add to a table so that it grants a role.
pub(super) fn add_grant(
    finding: Finding,
    table: &AccessTable,
    identity: &str,
    role: &str,
) -> Finding {
    let edit = Edit {
        span: table.end(),
        replacement: table.new_grant(identity, role),
    };
    finding.help_edit("add the grant to the access table", edit)
}

/// The name of a role by its position.
pub(super) fn role_name(model: &Model, role: usize) -> &str {
    model
        .policy
        .access
        .roles
        .get(role)
        .map_or("", String::as_str)
}

/// Whether the policy says that two services own one key together.
pub(super) fn share_a_key(model: &Model, one: &Descriptor, other: &Descriptor) -> bool {
    model.policy.shared_keys.iter().any(|shared| {
        shared.services.contains(&one.name.value) && shared.services.contains(&other.name.value)
    })
}

/// Says what to do with the command of a workload where that takes a variable away.
pub(super) fn keep_in_command(
    finding: Finding,
    workload: &ResolvedWorkload,
    variable: &str,
) -> Finding {
    match workload.workload.taken.place(variable) {
        Some(_) => finding.help(format!(
            "let the workload's command keep `{variable}`, or set it in the command behind the place that takes it away"
        )),
        None => finding,
    }
}

/// What to type in the policy to say that a deployment does without a service, and where. A list that is written
/// there already cannot be continued elsewhere.
pub(super) fn state_not_in(model: &Model, service: &str, deployment: &str) -> String {
    let policy = model.policy.service(service);
    if policy.is_some_and(|policy| !policy.not_in.is_empty()) {
        format!(
            "beside the service's other `not_in` in the policy: `deployment = \"{deployment}\"` and `reason = \"…\"`"
        )
    } else {
        format!(
            "at the end of the policy: `[[service.{}.not_in]]`, and on lines of their own `deployment = \"{deployment}\"` and `reason = \"…\"`",
            policy_key(service)
        )
    }
}

/// What to type in the policy to say that a service reads a file in a deployment, and where.
pub(super) fn state_file(model: &Model, service: &str, deployment: &str) -> String {
    let lines =
        format!("`source = \"file\"`, `deployment = \"{deployment}\"` and `reason = \"…\"`");
    let policy = model.policy.service(service);
    if policy.is_some_and(|policy| !policy.expected_sources.is_empty()) {
        format!("beside the service's other `expected_source` in the policy: {lines}")
    } else {
        format!(
            "at the end of the policy: `[[service.{}.expected_source]]`, and on lines of their own {lines}",
            policy_key(service)
        )
    }
}

/// A name as a key of the policy: bare where TOML allows it, else in quotes.
pub(super) fn policy_key(name: &str) -> String {
    let is_bare =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
