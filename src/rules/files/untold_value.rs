//! Something that no file tells and that decides whether a client of the store works.
//!
//! ## Why
//!
//! The rules judge what the files say. Where a command computes a variable, or where another object than the files
//! hold decides, they have nothing to judge: the deployment may be right or wrong, and nothing else would say so.
//!
//! ## Example
//!
//! `command: ["sh", "-c", "export CONFIG_SOURCE=$(cat /run/source); exec mapper"]`: what `CONFIG_SOURCE` is, only a run tells.
//! Or `KV_ADDRESS: ${STORE:?set it}` in a compose project, while no file of the policy's `interpolation_files` sets `STORE`: the host
//! may set it, or the name is misspelt in one of the two places.
//!
//! ## What to do
//!
//! Write the value where it can be read, in `environment` or `env`, or state what the message asks for in the policy.
//! Where neither is possible, accept it with `[[allow]]`.

use super::super::common::{about_workload, workload_label};
use crate::deploy::Known;
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload, Untold};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        findings.extend(
            deployment
                .untold
                .iter()
                .map(|untold| of_deployment(model, deployment, untold)),
        );
        for workload in &deployment.workloads {
            findings.extend(computed(model, deployment, workload));
        }
    }
}

/// Something that the deployment as a whole does not tell.
fn of_deployment(model: &Model, deployment: &Deployment, untold: &Untold) -> Finding {
    let primary = Label::masked(untold.span, "no file tells");
    let finding = Finding::new(RuleId::UntoldValue, untold.message.clone(), primary)
        .deployment(deployment.name())
        .help(untold.help.clone());
    let is_concerned =
        |workload: &&ResolvedWorkload| untold.workloads.contains(&workload.workload.name);
    let workloads = deployment.workloads.iter().filter(is_concerned);
    workloads.fold(finding, |finding, workload| {
        about_workload(model, deployment, workload, finding)
    })
}

/// Variables of the contract that the command of a workload computes.
fn computed<'m>(
    model: &'m Model,
    deployment: &'m Deployment,
    workload: &'m ResolvedWorkload,
) -> impl Iterator<Item = Finding> + 'm {
    let is_client = workload.mapped.service().is_some() || workload.is_kv_sourced();
    let names = model.policy.contract.names();
    let names = names.into_iter().filter(move |_| is_client);
    names.filter_map(move |name| {
        let variable = workload.variable(name)?;
        if variable.value != Known::Computed {
            return None;
        }
        let message = format!(
            "the command of workload `{}` of `{}` sets `{name}` to something that no file tells, so that it is not judged",
            workload.workload.name,
            deployment.name()
        );
        let primary = Label::masked(variable.shown_span(), "only a run tells this");
        let finding = Finding::new(RuleId::UntoldValue, message, primary).subject(name)
            .label(workload_label(workload))
            .help(format!(
                "set `{name}` to a text, in every case and without `$(…)`, in the command or in the workload's environment"
            ));
        Some(about_workload(model, deployment, workload, finding))
    })
}
