//! A KV-sourced workload that lacks a variable its security mode needs, or whose mode is unknown.
//!
//! ## Why
//!
//! The client is built from the environment. With one variable missing or empty it is not built at all,
//! and the service goes on with its file in silence.
//!
//! ## Example
//!
//! `CONFIG_SOURCE=kv` and `KV_SEC_MODE=mtls`, but no `KV_CA_FILE`.
//!
//! ## What to do
//!
//! Set the variables that the message names. If your clients need others, say so in the policy:
//! `[contract]` and `[contract.mode.<name>]`.

use super::super::common::{about_workload, workload_label};
use crate::finding::{Finding, Label};
use crate::resolve::{Mode, Model};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let contract = &model.policy.contract;
    for (deployment, workload) in model.kv_sourced() {
        let name = &workload.workload.name;
        // What stands there may be a secret.
        let at_environment = |text: &str| Label::masked(workload.workload.environment_span, text);
        let known = contract
            .modes
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("`, `");
        let mode_finding = match &workload.mode {
            Mode::Known { .. } => None,
            Mode::Unset => {
                let blank = workload
                    .variable(&contract.mode_variable)
                    .map(|variable| variable.name_span);
                let label = match blank {
                    Some(span) => Label::new(span, "is empty"),
                    None => at_environment("belongs here"),
                };
                Some((format!("lacks `{}`", contract.mode_variable), label))
            }
            Mode::Unknown { span } => Some((
                "has a security mode that no client knows".to_owned(),
                Label::new(*span, format!("known are `{known}`")),
            )),
        };
        if let Some((what, label)) = mode_finding {
            let message = format!(
                "workload `{name}` of `{}` {what}: its client falls back to files in silence",
                deployment.name()
            );
            let finding = Finding::new(RuleId::IncompleteKvEnvironment, message, label)
                .label(workload_label(workload))
                .help(format!(
                    "set `{}` to one of `{known}`",
                    contract.mode_variable
                ));
            findings.push(about_workload(model, deployment, workload, finding));
        }
        let Some(first) = workload.lacking.first() else {
            continue;
        };
        let names: Vec<&str> = workload
            .lacking
            .iter()
            .map(|lacking| lacking.name.as_str())
            .collect();
        let message = format!(
            "workload `{name}` of `{}` lacks `{}`: its client falls back to files in silence",
            deployment.name(),
            names.join("`, `")
        );
        let empty = workload.lacking.iter().filter_map(|lacking| {
            Some(Label::new(
                lacking.empty_at?,
                format!("`{}` is empty", lacking.name),
            ))
        });
        let mut labels = empty.chain(std::iter::once(at_environment("belongs here")));
        let primary = labels.next().unwrap_or_else(|| workload_label(workload));
        let mut finding = Finding::new(RuleId::IncompleteKvEnvironment, message, primary)
            .label(workload_label(workload));
        if let Mode::Known { name: mode, span } = &workload.mode
            && !contract.required.contains(&first.name)
        {
            finding = finding.label(Label::new(*span, format!("mode `{mode}` needs it")));
        }
        finding = finding.help(format!("set `{}`", names.join("`, `")));
        findings.push(about_workload(model, deployment, workload, finding));
    }
}
