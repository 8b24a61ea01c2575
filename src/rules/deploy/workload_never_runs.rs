//! A store or a service whose workloads are written down and never run.
//!
//! ## Why
//!
//! The workload is there, with all that it needs, and no process is ever started: scaled to nothing for an evening, turned into a
//! hook that runs only when the release is removed, or refused by systemd. Nobody serves, and every file looks right.
//!
//! It is an error of the store, and of a service that is meant to load its configuration from the store: by `expected_source`,
//! because another deployment does so, or because the access table grants it something. Of other services it is as serious as
//! `undeployed-service`. Nothing is said where another workload of the service runs, where a `ScaledObject` or a Rollout says how
//! many pods there are, of suspended jobs, and where `not_in` says that the deployment does without the service.
//!
//! ## Example
//!
//! `deploy: {replicas: 0}` in a compose file; `replicas: 0` in a Deployment; `helm.sh/hook: pre-delete`; a unit without
//! `ExecStart=`, or with two of them and no `Type=oneshot`; `sh -c` with a script in which a quote is open, so that the shell
//! refuses it.
//!
//! ## What to do
//!
//! Do what the message says; or state that the deployment does without the service: `[[service.sync.not_in]]`.

use super::super::common::{state_not_in, workload_label};
use super::source_drift::expected;
use crate::access::Access;
use crate::deploy::Idle;
use crate::finding::{Finding, Label};
use crate::policy::ExpectedSource;
use crate::resolve::{Deployment, Model, ResolvedWorkload, ServiceInDeployment, Store};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        // Another workload may be in a document that could not be read, which is told by itself.
        if deployment.may_have_lost_workloads() {
            continue;
        }
        for store in &deployment.stores {
            if let Some((workload, idle)) = idle(deployment, &store.workloads) {
                let what = format!("the store, workload `{}`", workload.workload.name);
                let finding = finding(deployment, workload, idle, &what);
                findings.push(with_clients(model, deployment, store, finding));
            }
        }
        for (position, service) in deployment.services.iter().enumerate() {
            let name = model.service_name(position);
            let is_store = |store: &Store| store.workloads == service.workloads;
            let is_told = deployment.stores.iter().any(is_store);
            if service.not_in.is_some() || model.is_carried(name) || is_told {
                continue;
            }
            let Some((workload, idle)) = idle(deployment, &service.workloads) else {
                continue;
            };
            let what = format!("workload `{}`", workload.workload.name);
            let mut finding = finding(deployment, workload, idle, &what)
                .service(name)
                .help(format!(
                    "if `{}` does without it, say so, {}",
                    deployment.name(),
                    state_not_in(model, name, &[deployment.name()])
                ));
            if !is_meant_for_store(model, deployment, position, service) {
                finding = finding.as_serious_as(RuleId::UndeployedService);
            }
            findings.push(finding);
        }
    }
}

/// The first of some workloads, and why it never runs, if none of them does.
fn idle<'d>(
    deployment: &'d Deployment,
    positions: &[usize],
) -> Option<(&'d ResolvedWorkload, &'d Idle)> {
    let workloads = positions
        .iter()
        .map(|position| &deployment.workloads[*position]);
    let idle: Option<Vec<_>> = workloads
        .map(|workload| Some((workload, workload.workload.idle.as_ref()?)))
        .collect();
    idle?.into_iter().next()
}

/// A finding about a store is about whoever calls it, too.
fn with_clients(
    model: &Model,
    deployment: &Deployment,
    store: &Store,
    mut finding: Finding,
) -> Finding {
    let clients = deployment.workloads.iter().filter(|workload| {
        let own = deployment.store_of(model.service_of(workload));
        workload.is_kv_sourced() && own.is_some_and(|own| own.workloads == store.workloads)
    });
    for client in clients {
        finding = finding.workload(&client.workload.name);
    }
    finding
}

/// Whether something says that a service loads its configuration from the store in this deployment.
fn is_meant_for_store(
    model: &Model,
    deployment: &Deployment,
    position: usize,
    service: &ServiceInDeployment,
) -> bool {
    if let Some(expected) = expected(model, position, deployment) {
        return expected.value == ExpectedSource::Kv;
    }
    let mut others = model.deployments.iter();
    let runs_elsewhere = others.any(|other| {
        let service = other.services.get(position);
        service.is_some_and(|service| other.serves_from_store(service))
    });
    runs_elsewhere || matches!(service.access, Access::Granted { .. })
}

fn finding(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    idle: &Idle,
    what: &str,
) -> Finding {
    let message = format!("{what} of `{}` {}", deployment.name(), idle.why);
    Finding::new(
        RuleId::WorkloadNeverRuns,
        message,
        // A command may hold a secret.
        Label::masked(idle.span, "so that it never runs"),
    )
    .cause(format!("{:?}", idle.span), format!("{what} {}", idle.why))
    .label(workload_label(workload))
    .deployment(deployment.name())
    .workload(&workload.workload.name)
    .subject(&workload.workload.name)
    .help(&idle.help)
}
