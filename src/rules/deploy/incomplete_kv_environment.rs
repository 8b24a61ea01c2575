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
use crate::deploy::Variable;
use crate::finding::{Finding, Label};
use crate::resolve::{Lacking, Mode, Model};
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
            // Something fills it in that no file tells: rule unsupported-construct says so.
            Mode::Unset
                if !workload.workload.untold().is_empty()
                    && workload.variable(&contract.mode_variable).is_none() =>
            {
                None
            }
            Mode::Unset => {
                let blank = workload
                    .variable(&contract.mode_variable)
                    .map(Variable::shown_span);
                let label = match blank {
                    Some(span) => Label::new(span, "is empty"),
                    None => at_environment("belongs here"),
                };
                Some((format!("lacks `{}`", contract.mode_variable), label))
            }
            Mode::Unknown { span } => Some((
                "is set to a security mode that the contract does not know".to_owned(),
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
        let Some(names) = listed(&workload.lacking, |_| true) else {
            continue;
        };
        let message = format!(
            "workload `{name}` of `{}` lacks {names}: its client falls back to files in silence",
            deployment.name()
        );
        let empty = workload.lacking.iter().filter_map(|lacking| {
            Some(Label::new(
                lacking.empty_at?,
                format!("`{}` is empty", lacking.name),
            ))
        });
        let absent = listed(&workload.lacking, |lacking| lacking.empty_at.is_none());
        let absent = absent.map(|names| at_environment(&format!("{names} belongs here")));
        let mut labels = empty.chain(absent);
        let primary = labels.next().unwrap_or_else(|| workload_label(workload));
        let mut finding = Finding::new(RuleId::IncompleteKvEnvironment, message, primary);
        for label in labels {
            finding = finding.label(label);
        }
        finding = finding.label(workload_label(workload));
        let of_mode = |lacking: &Lacking| !contract.required.contains(&lacking.name);
        if let (Mode::Known { name: mode, span }, Some(names)) =
            (&workload.mode, listed(&workload.lacking, of_mode))
        {
            finding = finding.label(Label::new(*span, format!("mode `{mode}` needs {names}")));
        }
        finding = finding.help(format!("set {names}"));
        findings.push(about_workload(model, deployment, workload, finding));
    }
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
