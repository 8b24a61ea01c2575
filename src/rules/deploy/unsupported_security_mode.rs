//! A deployment that sets a security mode which the service's client does not implement.
//!
//! ## Why
//!
//! The client meets a mode it has never heard of, is not built, and the service falls back to its file.
//!
//! ## Example
//!
//! `KV_SEC_MODE=spiffe` on a service whose client, by the policy, knows `mtls` only.
//!
//! ## What to do
//!
//! Run the service in a mode that its client has, or teach the client the mode and say so in the policy:
//! `modes` under `[service.<name>]`. An empty list says that the client ignores the store altogether; then
//! the workload should not ask for it.

use kvguard_contract::Role;

use super::super::common::{about_workload, workload_label};
use crate::finding::{Finding, Label};
use crate::resolve::{Mode, Model};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let service = workload.mapped.service();
        let Some(modes) = service.and_then(|service| model.service_policy(service)?.modes.as_ref())
        else {
            continue;
        };
        let Mode::Known { name: mode, span } = &workload.mode else {
            continue;
        };
        if modes.value.contains(mode) {
            continue;
        }
        let (has, help) = if modes.value.is_empty() {
            let variable = model.policy.contract.shown_name(Role::Source);
            (
                "none".to_owned(),
                format!(
                    "take `{variable}` away, or teach its client `{mode}` and add it to `modes` in the policy"
                ),
            )
        } else {
            let known = format!("`{}`", modes.value.join("`, `"));
            (
                format!("only {known}"),
                format!(
                    "run it in {known}, or teach its client `{mode}` and add it to `modes` in the policy"
                ),
            )
        };
        let message = format!(
            "workload `{}` of `{}` is set to security mode `{mode}`; its client implements {has}",
            workload.workload.name,
            deployment.name()
        );
        let finding = Finding::new(
            RuleId::UnsupportedSecurityMode,
            message,
            Label::new(*span, "set here"),
        )
        .subject(mode)
        .label(workload_label(workload))
        .label(Label::new(modes.span, "what the client implements"))
        .help(help);
        findings.push(about_workload(model, deployment, workload, finding));
    }
}
