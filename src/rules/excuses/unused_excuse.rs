//! An exception in the policy, or a comment `kvguard: allow` in a file, that excuses nothing.
//!
//! ## Why
//!
//! It was needed once. Left standing, it will silently excuse the next drift of its kind. A service that is said
//! to be carried by another is asked for no grant and no workload of its own: if its carrier reads a file
//! everywhere, or is deployed nowhere, nobody reads its key.
//!
//! ## Example
//!
//! `[[service.mapper.not_in]] deployment = "compose"`, although compose runs `mapper` from the store; an
//! `[[external_identity]]` of every deployment that one of them grants nothing; a name under `[[shared_key]]`
//! that shares no key with the others; a comment above a line in which its rule finds nothing.
//!
//! ## What to do
//!
//! Take it away, or narrow it to what it is needed for.

use std::collections::BTreeMap;

use super::super::common::{policy_key, table_label};
use crate::access::AccessTable;
use crate::finding::{Finding, Label};
use crate::inputs::matches;
use crate::key::{Shape, Work};
use crate::policy::ServicePolicy;
use crate::registry::Descriptor;
use crate::resolve::{Deployment, Model};
use crate::rules::RuleId;
use crate::source::Span;
use crate::suggest::nearest;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (name, policy) in &model.policy.services {
        if let Some(position) = model.service_position(name) {
            unused_of_service(model, name, position, policy, findings);
        } else {
            let known = model
                .services
                .iter()
                .map(|descriptor| descriptor.name.value.as_str());
            let hint = nearest(name, known)
                .map(|meant| format!("; did you mean `{meant}`?"))
                .unwrap_or_default();
            let message = format!(
                "the policy speaks of service `{name}`, which the registry does not declare{hint}"
            );
            let mut finding = unused_but(
                policy.span,
                message,
                "mend the name, or take the table away",
            );
            finding.primary.text = "no such service".to_owned();
            findings.push(finding);
        }
    }
    shared_keys(model, findings);
    external_identities(model, findings);
    for deployment in &model.deployments {
        outside_objects(deployment, findings);
    }
    secrets(model, findings);
}

/// Whether nothing that uses an object can be in what could not be read.
fn is_read_whole(deployment: &Deployment) -> bool {
    !deployment.may_have_lost_workloads() && !deployment.is_partial
}

/// Objects that are said to come from elsewhere, and that a file has or nobody refers to.
fn outside_objects(deployment: &Deployment, findings: &mut Vec<Finding>) {
    if !is_read_whole(deployment) {
        return;
    }
    let workloads = deployment.workloads.iter();
    let dangling: Vec<_> = workloads
        .flat_map(|workload| &workload.workload.dangling)
        .collect();
    for outside in &deployment.policy.outside_objects {
        if !dangling.iter().any(|dangling| outside.is(dangling)) {
            let message = format!(
                "no workload of `{}` refers to a {} `{}` that comes from elsewhere",
                deployment.name(),
                outside.kind.name(),
                outside.name.value
            );
            let object = format!("{} {}", outside.kind.name(), outside.name.value);
            let object = match &outside.namespace {
                Some(namespace) => format!("{object} in {namespace}"),
                None => object,
            };
            let finding = unused(outside.name.span, message).subject(object);
            findings.push(finding.deployment(deployment.name()));
        }
    }
}

/// Secrets whose keys are stated, and nobody takes anything from them or the files tell them.
fn secrets(model: &Model, findings: &mut Vec<Finding>) {
    let whole = model.deployments.iter();
    for deployment in whole.filter(|deployment| is_read_whole(deployment)) {
        for secret in &deployment.unused_secrets {
            let message = format!(
                "Secret `{}` need not be stated: no workload of `{}` takes variables from it, or the files list its keys",
                secret.value,
                deployment.name()
            );
            let finding = unused(secret.span, message).subject(format!("Secret {}", secret.value));
            findings.push(finding.deployment(deployment.name()));
        }
    }
}

/// Services that are said to share a key, and do not.
fn shared_keys(model: &Model, findings: &mut Vec<Finding>) {
    let mut work = Work::default();
    for shared in &model.policy.shared_keys {
        let known = shared.services.iter().filter_map(|name| {
            let position = model.service_position(name)?;
            Some((name, Keys::of(model, &model.services[position])))
        });
        let known: BTreeMap<&String, Keys<'_>> = known.collect();
        let mut shares = |name: &String| {
            known.get(name).is_some_and(|own| {
                let mut others = known.iter().filter(|(other, _)| **other != name);
                others.any(|(_, other)| own.share(other, &mut work))
            })
        };
        let idle: Vec<&String> = shared
            .services
            .iter()
            .filter(|name| !shares(name))
            .collect();
        // What is not known is no pass.
        if work.is_too_much() {
            let message = "these services and those before them have too many keys that look alike: whether they share one is not known";
            let help = "give the key templates first or last parts of their own";
            findings.push(unused_but(shared.span, message.to_owned(), help));
            return;
        }
        if idle.len() == shared.services.len() {
            findings.push(unused(
                shared.span,
                "none of these services share a key".to_owned(),
            ));
            continue;
        }
        for name in idle {
            let message = format!(
                "service `{name}` shares no key with the other services that are named here"
            );
            let help = format!("take `\"{name}\"` out of `services`");
            findings.push(unused_but(shared.span, message, help).service(name));
        }
    }
}

/// The keys that a service writes to.
struct Keys<'m> {
    own: &'m str,
    shape: Shape,
    of_template: Option<String>,
}

impl<'m> Keys<'m> {
    fn of(model: &Model, service: &'m Descriptor) -> Self {
        let own = service.key.text().value.as_str();
        Self {
            own,
            shape: Shape::new(own),
            of_template: model.policy.template_key_of(service),
        }
    }

    /// Whether both are services of one key, or one of them writes its template to the other's.
    /// Once that takes too much work, which is for the caller to see, the answer means nothing.
    fn share(&self, other: &Self, work: &mut Work) -> bool {
        work.add(1);
        if work.is_too_much() {
            return true;
        }
        let is_of_template = |of: &Self, key: &str| of.of_template.as_deref() == Some(key);
        self.own == other.own
            || self.shape.may_be(&other.shape, work)
            || is_of_template(self, other.own)
            || is_of_template(other, self.own)
    }
}

/// Identities that are granted nothing in a deployment that they are said of.
fn external_identities(model: &Model, findings: &mut Vec<Finding>) {
    for external in &model.policy.external_identities {
        let granted = model.deployments.iter().filter(|deployment| {
            external
                .deployment
                .as_deref()
                .is_none_or(|name| name == deployment.name())
        });
        let tables: Vec<(&Deployment, &AccessTable)> = granted
            .clone()
            .filter_map(|deployment| Some((deployment, deployment.table.table()?)))
            .collect();
        let is_used = |table: &AccessTable| {
            let mut grants = table.grants.iter();
            grants.any(|grant| matches(&external.identity.value, &grant.identity.value))
        };
        let without: Vec<&(&Deployment, &AccessTable)> =
            tables.iter().filter(|(_, table)| !is_used(table)).collect();
        if without.is_empty() {
            continue;
        }
        // The table of a deployment that is left out may grant it something.
        let is_unread = |deployment: &Deployment| {
            deployment.is_left_out() && deployment.table.table().is_none()
        };
        let are_all_read = !granted.clone().any(is_unread);
        let identity = &external.identity.value;
        let is_granted_nowhere = without.len() == tables.len();
        let mut finding = if is_granted_nowhere && are_all_read {
            let message = format!("no grant is for the external identity `{identity}`");
            unused(external.identity.span, message)
        } else {
            let names: Vec<&str> = without
                .iter()
                .map(|(deployment, _)| deployment.name())
                .collect();
            let others = if is_granted_nowhere {
                "may grant"
            } else {
                "grant"
            };
            let message = format!(
                "no grant of `{}` is for the external identity `{identity}`, which other deployments {others} something",
                names.join("`, `")
            );
            let help = "grant it there, too; or name the deployments that do: a `[[external_identity]]` with `deployment = \"…\"` for each";
            unused_but(external.identity.span, message, help)
        };
        for (deployment, table) in &without {
            finding = finding.label(table_label(table));
            if !is_granted_nowhere || !are_all_read {
                finding = finding.deployment(deployment.name());
            }
        }
        if let Some(deployment) = &external.deployment {
            finding = finding.deployment(deployment);
        }
        findings.push(finding);
    }
}

fn unused_of_service(
    model: &Model,
    name: &str,
    position: usize,
    policy: &ServicePolicy,
    findings: &mut Vec<Finding>,
) {
    let runs_in = |deployment: &Deployment| {
        deployment
            .services
            .get(position)
            .is_some_and(|service| deployment.serves_from_store(service))
    };
    for entry in &policy.not_in {
        let running = model.deployments.iter().find(|deployment| {
            (entry.value == "*" || entry.value == deployment.name()) && runs_in(deployment)
        });
        if let Some(deployment) = running {
            let message = format!(
                "the policy says that `{}` does without service `{name}`, which runs there from the store",
                deployment.name()
            );
            findings.push(unused(entry.span, message).service(name));
        }
    }
    if let Some(carrier) = &policy.carried_by {
        if model.service_position(&carrier.value).is_none() {
            let message = format!(
                "service `{name}` is carried by `{}`, which the registry does not declare",
                carrier.value
            );
            findings.push(unused(carrier.span, message).service(name));
        } else if let Some(why) = cannot_carry(model, &carrier.value) {
            let message = format!(
                "service `{name}` is carried by `{}`, which {why}",
                carrier.value
            );
            let help = format!(
                "run `{0}` from the store; or take the table away and say where `{name}` is not run: [[service.{1}.not_in]] in the policy",
                carrier.value,
                policy_key(name)
            );
            findings.push(unused_but(carrier.span, message, help).service(name));
        }
        if let Some(deployment) = model
            .deployments
            .iter()
            .find(|deployment| runs_in(deployment))
        {
            let message = format!(
                "service `{name}` is carried by `{}`, and runs by itself in `{}`",
                carrier.value,
                deployment.name()
            );
            findings.push(unused(carrier.span, message).service(name));
        }
    }
    for supplied in &policy.supplied_by {
        let critical = &model.services[position].critical_fields;
        if !critical
            .iter()
            .any(|field| field.value == supplied.field.value)
        {
            let message = format!(
                "`{}` is no critical field of service `{name}`",
                supplied.field.value
            );
            findings.push(unused(supplied.field.span, message).service(name));
        }
    }
}

/// Why a service reads no key on another's behalf, in any deployment; `None` if it does, or if that is not known.
fn cannot_carry(model: &Model, carrier: &str) -> Option<&'static str> {
    let position = model.service_position(carrier)?;
    let running = model
        .deployments
        .iter()
        .filter_map(|deployment| Some((deployment, deployment.services.get(position)?)));
    if running
        .clone()
        .any(|(deployment, service)| deployment.runs_from_store(service))
    {
        return None;
    }
    let mut workloads = running.flat_map(|(deployment, service)| {
        let own = service.workloads.iter();
        own.map(|position| &deployment.workloads[*position])
    });
    // What is badly written is told as that, and of what no file tells nothing is known.
    if workloads
        .clone()
        .any(|workload| !workload.says_its_source())
    {
        return None;
    }
    // A deployment that is left out may run it from the store.
    let mut deployments = model.deployments.iter();
    if deployments.any(Deployment::is_left_out) {
        return None;
    }
    if workloads.next().is_some() {
        return Some("reads a file in every deployment");
    }
    let mut deployments = model.deployments.iter();
    let may_be_lost = deployments.any(Deployment::may_have_lost_workloads);
    (!may_be_lost).then_some("no deployment runs")
}

fn unused(span: Span, message: String) -> Finding {
    unused_but(span, message, "take it away")
}

/// An excuse for which there is something better to do than to take it away.
fn unused_but(span: Span, message: String, help: impl Into<String>) -> Finding {
    Finding::new(
        RuleId::UnusedExcuse,
        message,
        Label::new(span, "excuses nothing"),
    )
    .help(help)
}
