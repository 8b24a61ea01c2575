//! What many rules say in the same words.

use std::collections::BTreeMap;

use crate::access::{AccessTable, Grant};
use crate::finding::{Finding, Label};
use crate::policy::{ExpectedSource, StorePolicy};
use crate::registry::{Descriptor, Spanned};
use crate::resolve::{Deployment, Model, Presence, ResolvedWorkload, Store};
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

/// Marks a finding about a grant that is missing as a consequence, where the access table does not parse to its end.
pub(super) fn unless_cut_off(
    finding: Finding,
    deployment: &Deployment,
    table: &AccessTable,
) -> Finding {
    let mut problems = deployment.malformed.iter();
    let is_cut_off = problems.any(|problem| {
        let (at, list) = (problem.span, table.span);
        at.source == list.source && (list.start..=list.end).contains(&at.start)
    });
    if is_cut_off {
        finding.follows_from(RuleId::MalformedFile)
    } else {
        finding
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

/// Whether the policy expects a service to read its file in a deployment, so that it needs no grant there.
pub(super) fn reads_its_file(model: &Model, service: usize, deployment: &Deployment) -> bool {
    let expected = model.expected_source(service, deployment);
    expected.is_some_and(|expected| expected.value == ExpectedSource::File)
}

/// Whether another deployment has this very grant in its table, as two that share a file do, and somebody presents it there, or may.
pub(super) fn is_presented_elsewhere(model: &Model, here: &Deployment, grant: &Grant) -> bool {
    if here.presence == Presence::CheckedWithSharedTable {
        return true;
    }
    let others = model
        .deployments
        .iter()
        .filter(|other| other.name() != here.name());
    others
        .filter_map(|other| Some((other, other.table.table()?)))
        .any(|(other, table)| {
            let is_same = |own: &Grant| {
                own.identity.span == grant.identity.span
                    && own.identity.value == grant.identity.value
            };
            let may_be_presented = other.may_have_lost_workloads()
                || other.may_have_lost_identities()
                || other.has_undecided_identities();
            let mut grants = table.grants.iter().zip(&other.presentable);
            grants.any(|(own, is_presented)| (*is_presented || may_be_presented) && is_same(own))
        })
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

/// Makes another place the first one, such as the line that removes a variable.
pub(super) fn at_first(mut finding: Finding, label: Label) -> Finding {
    let next = std::mem::replace(&mut finding.primary, label);
    finding.related.insert(0, next);
    finding
}

/// Where something takes a variable away from a workload, if something does.
pub(super) fn taken_label(workload: &ResolvedWorkload, variable: &str) -> Option<Label> {
    let taken = &workload.workload.taken;
    let span = taken.place(variable)?;
    let what = if taken.by_command(variable).is_some() {
        "is taken away here"
    } else if taken.is_left_to_host(variable) {
        "stands here without a value, so that only the host can set it"
    } else if taken.is_replaced(variable) {
        "is lost here: `!override` drops what earlier files set"
    } else {
        "is removed here"
    };
    Some(Label::new(span, format!("`{variable}` {what}")))
}

/// Says what to do about the place that takes a variable away from a workload, if something does.
pub(super) fn keep_variable(
    finding: Finding,
    workload: &ResolvedWorkload,
    variable: &str,
) -> Finding {
    let taken = &workload.workload.taken;
    if taken.place(variable).is_none() {
        finding
    } else if taken.by_command(variable).is_some() {
        finding.help(format!(
            "let the workload's command keep `{variable}`, or set it in the command behind the place that takes it away"
        ))
    } else if taken.is_left_to_host(variable) {
        finding.help(format!(
            "give `{variable}` a value where it stands without one"
        ))
    } else if taken.is_replaced(variable) {
        finding.help(format!(
            "set `{variable}` below the `!override`, too, or take the `!override` away"
        ))
    } else {
        finding.help(format!("delete what removes `{variable}`"))
    }
}

/// Offers to say in the policy that deployments do without a service: for all of them at once where several have the same finding.
pub(super) fn offer_not_in(model: &Model, words: &str, found: Vec<Finding>) -> Vec<Finding> {
    let what = |finding: &Finding| {
        (
            finding.services.clone(),
            finding.level,
            finding.primary.span,
        )
    };
    let mut deployments: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for finding in &found {
        let names = deployments.entry(what(finding)).or_default();
        names.extend(finding.deployments.clone());
    }
    let offered = found.into_iter().map(|finding| {
        let names = deployments.get(&what(&finding));
        match (finding.services.as_slice(), names) {
            ([service], Some(names)) => {
                let how = state_not_in(model, service, names);
                finding.help(format!("{words}, {how}"))
            }
            _ => finding,
        }
    });
    offered.collect()
}

/// The help that says how to state in the policy that deployments do without a service.
pub(super) fn state_not_in<S: AsRef<str>>(
    model: &Model,
    service: &str,
    deployments: &[S],
) -> String {
    let policy = model.policy.service(service);
    let has_others = policy.is_some_and(|policy| !policy.not_in.is_empty());
    let names: Vec<String> = deployments
        .iter()
        .map(|name| quoted(name.as_ref()))
        .collect();
    let names = match names.as_slice() {
        [name] => name.clone(),
        names => format!("[{}]", names.join(", ")),
    };
    let lines = format!("`deployment = {names}` and `reason = \"…\"`");
    state_in_list(service, "not_in", has_others, &lines)
}

/// What to type in the policy to say that a service reads a file in a deployment, and where.
pub(super) fn state_file(model: &Model, service: &str, deployment: &str) -> String {
    let policy = model.policy.service(service);
    let has_others = policy.is_some_and(|policy| !policy.expected_sources.is_empty());
    let lines =
        format!("`source = \"file\"`, `deployment = \"{deployment}\"` and `reason = \"…\"`");
    state_in_list(service, "expected_source", has_others, &lines)
}

/// What to type in the policy to say that something supplies a field of a service, and where.
pub(super) fn state_supplied(model: &Model, service: &str, field: &str) -> String {
    let policy = model.policy.service(service);
    let has_others = policy.is_some_and(|policy| !policy.supplied_by.is_empty());
    let lines = format!("`field = {}` and `reason = \"…\"`", quoted(field));
    state_in_list(service, "supplied_by", has_others, &lines)
}

/// What to type in the policy to say what a service's log has where the service uses the store, and where.
pub(super) fn state_log(model: &Model, service: &str) -> String {
    let key = policy_key(service);
    let has_table = model
        .policy
        .service(service)
        .is_some_and(|own| own.log.is_some());
    if has_table {
        format!("in `required` of the service's `log` in the policy, `[service.{key}.log]`")
    } else {
        format!(
            "at the end of the policy: `[service.{key}.log]`, and on a line of its own `required = [\"…\"]`"
        )
    }
}

/// What to type in the policy to say that a field is no secret, and where.
pub(super) fn state_no_secret(model: &Model, field: &str) -> String {
    let lines = format!("`field = {}` and `reason = \"…\"`", quoted(field));
    if model.policy.secrets.ignored.is_empty() {
        format!("at the end of the policy: `[[secrets.ignore]]`, and on lines of their own {lines}")
    } else {
        format!(
            "as one more entry of `secrets.ignore` in the policy, written like the others there: {lines}"
        )
    }
}

/// An entry of a list of a service. A list that is written there already cannot be continued elsewhere.
fn state_in_list(service: &str, list: &str, has_others: bool, lines: &str) -> String {
    if has_others {
        format!(
            "as one more entry of the service's `{list}` in the policy, written like the others there: {lines}"
        )
    } else {
        let service = policy_key(service);
        format!(
            "at the end of the policy: `[[service.{service}.{list}]]`, and on lines of their own {lines}"
        )
    }
}

/// The help that says how to add an alias of a service to the policy.
pub(super) fn state_alias(model: &Model, service: &str, alias: &str) -> String {
    let alias = quoted(alias);
    let policy = model.policy.service(service);
    if policy.is_some_and(|policy| !policy.aliases.is_empty()) {
        return format!("add `{alias}` to the `aliases` that the service has in the policy");
    }
    let line = format!("aliases = [{alias}]");
    format!("say so {}", state_of_service(model, service, &line))
}

/// What to type in the policy to set something of a service, and where. A table that is there already cannot be begun again.
pub(super) fn state_of_service(model: &Model, service: &str, line: &str) -> String {
    let key = policy_key(service);
    match model.policy.service(service) {
        Some(_) => format!(
            "directly below `[service.{key}]` in the policy, which goes to its end if it is not there yet: `{line}`"
        ),
        None => format!(
            "at the end of the policy: `[service.{key}]`, and on a line of its own `{line}`"
        ),
    }
}

/// A list that the policy may state of a store.
pub(super) struct StoreList<'a> {
    /// The list's name.
    pub(super) name: &'a str,
    /// What of it is stated.
    pub(super) stated: fn(&StorePolicy) -> &Vec<Spanned<String>>,
    /// What it lacks.
    pub(super) items: Vec<&'a str>,
}

impl StoreList<'_> {
    /// Offers to say what the list lacks, where that is so: the whole list, as one that is there already cannot be continued.
    pub(super) fn offer(
        &self,
        finding: Finding,
        deployment: &Deployment,
        store: &Store,
        if_so: &str,
    ) -> Finding {
        let (how, label) = self.how_to_state(deployment, store);
        let finding = finding.help(format!("{if_so}, say so, {how}"));
        match label {
            Some(label) => finding.label(label),
            None => finding,
        }
    }

    /// Where in the policy to write the whole list, and what is there already.
    pub(super) fn how_to_state(
        &self,
        deployment: &Deployment,
        store: &Store,
    ) -> (String, Option<Label>) {
        let policy = store.policy.as_ref();
        let stated = policy.map_or(&[][..], |policy| (self.stated)(policy));
        let others = stated.iter().map(|item| item.value.as_str());
        let mut all: Vec<&str> = Vec::new();
        for item in others.chain(self.items.iter().copied()) {
            if !all.contains(&item) {
                all.push(item);
            }
        }
        let all: Vec<String> = all.into_iter().map(quoted).collect();
        let line = format!("`{} = [{}]`", self.name, all.join(", "));
        let of = deployment.name();
        match (stated.first(), policy) {
            (Some(first), _) => (
                format!("in place of the list that the policy has: {line}"),
                Some(Label::new(first.span, "the list in the policy")),
            ),
            (None, Some(policy)) => (
                format!("directly below the store's `[[deployment.store]]` in the policy: {line}"),
                Some(Label::new(policy.span, "the store in the policy")),
            ),
            (None, None) => (
                format!(
                    "at the end of deployment `{of}` in the policy: `[[deployment.store]]`, and on a line of its own {line}"
                ),
                None,
            ),
        }
    }
}

/// A name as a key of the policy: bare where TOML allows it, else in quotes.
pub(super) fn policy_key(name: &str) -> String {
    let is_bare =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A text of the policy.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '"' | '\\' => format!("\\{character}"),
        control if control.is_control() => format!("\\u{:04X}", u32::from(control)),
        other => other.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::policy_key;

    #[test]
    fn a_name_is_a_bare_key_of_the_policy_only_where_toml_allows_it() {
        for (name, key) in [
            ("api", "api"),
            ("api_2-b", "api_2-b"),
            ("", "\"\""),
            ("api.2", "\"api.2\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a\nb", "\"a\\u000Ab\""),
            ("größe", "\"größe\""),
        ] {
            assert_eq!(policy_key(name), key, "{name:?}");
        }
    }
}
