//! A ConfigMap or a Secret that a client of the store, or the store itself, needs to start, and that no file has.
//!
//! ## Why
//!
//! The kubelet makes no container whose ConfigMap, Secret or key is missing: the service waits for ever, and every check of what
//! the environment holds passes by. It happens when an object is renamed and a reference is left behind.
//!
//! The rule looks at `envFrom`, `configMapKeyRef`, `secretKeyRef` and volumes without `optional: true`, of KV-sourced workloads
//! and of the store, and of whoever gets a variable of the contract by one; in compose projects, at files of configs and secrets.
//! Secrets are often made by hand, so one that is missing is only warned of. Nothing is said of what something in the files may
//! make: a custom resource that names the object (a `Certificate`, an `ExternalSecret`), a command that does, a controller that
//! copies it from another namespace. Nor is a key missing where something may write it at run time: into an object without keys, or
//! into one whose annotations or type say so.
//!
//! An object that Helm makes only as another hook than of an installation, such as `test`, is not there for the workloads either.
//!
//! ## Example
//!
//! `ingest` gets `KV_ADDRESS` by a `configMapKeyRef` from `store-clientx`, and the ConfigMap is called `store-client`.
//!
//! ## What to do
//!
//! Name the object that there is, or add the one that is missing. If it comes from elsewhere, say so in the policy:
//! `[[deployment.outside_object]]` with `kind = "Secret"`, `name = "database-login"` and a `reason`.

use super::super::common::{about_workload, at_first, workload_label};
use crate::deploy::{Dangling, Use};
use crate::finding::{Finding, Label, Level};
use crate::policy::ExpectedSource;
use crate::resolve::{Deployment, Model, ResolvedWorkload, SourceState};
use crate::rules::RuleId;
use kvguard_contract::{Contract, Role};

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        for (position, workload) in deployment.workloads.iter().enumerate() {
            let is_store = deployment
                .stores
                .iter()
                .any(|store| store.workloads.contains(&position));
            let needs_store = is_store || workload.is_kv_sourced();
            let missed = workload.workload.dangling.iter().filter(|dangling| {
                (needs_store || may_need_store(model, deployment, workload, dangling))
                    && deployment.misses(dangling)
            });
            findings.extend(missed.map(|dangling| finding(model, deployment, workload, dangling)));
        }
    }
}

/// Whether a reference may be what makes a workload a client of the store.
fn may_need_store(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    dangling: &Dangling,
) -> bool {
    match &dangling.use_ {
        Use::Files => false,
        Use::Variable(name) => is_of_contract(&model.policy.contract, name),
        // It may hold the source.
        Use::Variables => {
            let service = model.service_of(workload);
            let stated = service
                .and_then(|service| {
                    model
                        .policy
                        .service(service)?
                        .expected_source(deployment.name())
                })
                .or(deployment.policy.expected_source.as_ref());
            service.is_some()
                && matches!(workload.source, SourceState::Unset { .. })
                && stated.is_none_or(|stated| stated.value == ExpectedSource::Kv)
        }
    }
}

fn is_of_contract(contract: &Contract, name: &str) -> bool {
    let mut roles = Role::ALL.into_iter();
    let of_modes = contract.modes.iter().flat_map(|mode| mode.required.iter());
    let mut listed = contract.required.iter().chain(of_modes);
    roles.any(|role| contract.name(role) == Some(name)) || listed.any(|listed| listed == name)
}

fn finding(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    dangling: &Dangling,
) -> Finding {
    let is_file = !dangling.kind.is_of_kubernetes();
    let (kind, name) = (dangling.kind.name(), &dangling.name);
    let mut removed = deployment.removed.iter();
    let removed = removed.find(|one| one.kind == kind && one.name == *name);
    let (what, lack) = match &dangling.key {
        Some(key) => (
            format!("the key `{key}` of {kind} `{name}`"),
            "is not there",
        ),
        None if is_file => (format!("the file of the {kind} `{name}`"), "is not there"),
        None if dangling.hook.is_some() => (
            format!("{kind} `{name}`"),
            "is a hook, and no part of what is installed",
        ),
        None if removed.is_some() => (format!("{kind} `{name}`"), "is removed"),
        None => (format!("{kind} `{name}`"), "is in no file"),
    };
    let near = dangling.near.as_ref().filter(|_| dangling.hook.is_none());
    let meant = near.map_or_else(String::new, |(near, _)| format!("; did you mean `{near}`?"));
    let of = format!(
        "workload `{}` of `{}`",
        workload.workload.name,
        deployment.name()
    );
    let need = match &dangling.use_ {
        Use::Variable(variable) => format!("from which {of} gets `{variable}`"),
        Use::Variables => format!("from which {of} gets variables"),
        Use::Files => format!("which {of} mounts"),
    };
    let mut finding = Finding::new(
        RuleId::DanglingReference,
        format!("{what}, {need}, {lack}{meant}"),
        Label::new(dangling.span, "it is not there"),
    )
    .subject(format!("{kind} {name}"))
    .cause(
        format!("{what} {meant}"),
        format!("{what}, without which {{who}} cannot start, {lack}{meant}"),
    )
    .label(workload_label(workload));
    if let Some((near, span)) = near {
        finding = finding.label(Label::new(*span, format!("`{near}` is there")));
    }
    if let Some(removed) = removed {
        finding = at_first(
            finding,
            Label::new(removed.span, format!("`{name}` is removed here")),
        )
        .help(format!("delete what removes `{name}`"));
    }
    if dangling.kind.is_secret() {
        finding = finding.at_level(Level::Warn);
    }
    if let Some(hook) = dangling.hook {
        let finding = finding
            .label(Label::new(hook, "Helm makes it only at these times"))
            .help("take the annotation `helm.sh/hook` away from it");
        return about_workload(model, deployment, workload, finding);
    }
    let finding = finding
        .help(match near {
            Some((near, _)) => format!("write `{near}` in its place, if that is meant"),
            None if is_file => "add the file to the project, or mend its path".to_owned(),
            None => format!("add {what} to the deployment's files, or take the reference away"),
        })
        .help(format!(
            "if it comes from elsewhere, say so in the policy, below the deployment `{}`: `[[deployment.outside_object]]`, and on lines of their own `kind = \"{kind}\"`, `name = \"{name}\"` and `reason = \"…\"`",
            deployment.name()
        ));
    about_workload(model, deployment, workload, finding)
}
