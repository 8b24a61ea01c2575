//! What a workload's environment makes its client do.

use super::Lacking;
use crate::deploy::{Failure, Variable, Workload};
use crate::policy::Contract;
use crate::source::{Problem, Span};

/// Where a workload loads its configuration from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// It does not say: from a file.
    Unset,
    /// From the store. `exact` tells whether it is written just as the contract has it: some clients take
    /// anything else for a file.
    Kv {
        /// Where it says so.
        span: Span,
        /// Whether it is written as the contract has it.
        exact: bool,
    },
    /// From something else that the contract knows.
    Other {
        /// Where it says so.
        span: Span,
    },
    /// From something that the contract does not know.
    Unknown {
        /// Where it says so.
        span: Span,
    },
}

/// A workload's security mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// None is set, or an empty one.
    Unset,
    /// One that the contract knows.
    Known {
        /// The mode.
        name: String,
        /// Where it is set.
        span: Span,
    },
    /// One that the contract does not know.
    Unknown {
        /// Where it is set.
        span: Span,
    },
}

/// Where a workload loads its configuration from.
pub(super) fn source_state(
    workload: &Workload,
    deployment: &str,
    contract: &Contract,
    failures: &mut Vec<Failure>,
) -> SourceState {
    let Some(variable) = workload.environment.get(&contract.source_variable) else {
        return SourceState::Unset;
    };
    let Some(text) = known(
        variable,
        &contract.source_variable,
        workload,
        deployment,
        failures,
    ) else {
        return SourceState::Unset;
    };
    let span = variable.shown_span();
    let value = text.trim();
    if value.is_empty() {
        SourceState::Unset
    } else if value.eq_ignore_ascii_case(&contract.source_value) {
        SourceState::Kv {
            span,
            exact: text == contract.source_value,
        }
    } else if contract
        .other_source_values
        .iter()
        .any(|other| value.eq_ignore_ascii_case(other))
    {
        SourceState::Other { span }
    } else {
        SourceState::Unknown { span }
    }
}

/// A workload's security mode.
pub(super) fn mode(
    workload: &Workload,
    deployment: &str,
    contract: &Contract,
    failures: &mut Vec<Failure>,
) -> Mode {
    let Some(variable) = workload.environment.get(&contract.mode_variable) else {
        return Mode::Unset;
    };
    let Some(text) = known(
        variable,
        &contract.mode_variable,
        workload,
        deployment,
        failures,
    ) else {
        return Mode::Unset;
    };
    let span = variable.shown_span();
    let name = text.trim();
    if name.is_empty() {
        return Mode::Unset;
    }
    match contract
        .modes
        .keys()
        .find(|mode| mode.eq_ignore_ascii_case(name))
    {
        Some(mode) => Mode::Known {
            name: mode.clone(),
            span,
        },
        None => Mode::Unknown { span },
    }
}

/// What the contract needs in a mode and the workload lacks.
pub(super) fn lacking(workload: &Workload, mode: &Mode, contract: &Contract) -> Vec<Lacking> {
    let of_mode = match mode {
        Mode::Known { name, .. } => contract
            .modes
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default(),
        Mode::Unset | Mode::Unknown { .. } => &[],
    };
    contract
        .required
        .iter()
        .chain(of_mode)
        .filter_map(|name| match workload.environment.get(name) {
            None => Some(Lacking {
                name: name.clone(),
                empty_at: None,
            }),
            Some(variable) if variable.is_blank() => Some(Lacking {
                name: name.clone(),
                empty_at: Some(variable.shown_span()),
            }),
            Some(_) => None,
        })
        .collect()
}

/// Leaves out what something fills in that no file tells, and notes that instead.
pub(super) fn without_untold(
    workload: &Workload,
    mode: &Mode,
    mut lacking: Vec<Lacking>,
    contract: &Contract,
    unsupported: &mut Vec<Problem>,
) -> Vec<Lacking> {
    if workload.untold().is_empty() {
        return lacking;
    }
    let mut names: Vec<String> = Vec::new();
    if *mode == Mode::Unset && !workload.environment.contains(&contract.mode_variable) {
        names.push(format!("`{}`", contract.mode_variable));
    }
    lacking.retain(|lacking| {
        if lacking.empty_at.is_none() {
            names.push(format!("`{}`", lacking.name));
        }
        lacking.empty_at.is_some()
    });
    if !names.is_empty() {
        for untold in workload.untold() {
            let message = format!(
                "{}; whether workload `{}` has {} is not known",
                untold.message,
                workload.name,
                names.join(", ")
            );
            unsupported.push(Problem::new(untold.span, message));
        }
    }
    lacking
}

/// The value of a variable that decides; a failure if only the host knows it.
fn known<'w>(
    variable: &'w Variable,
    name: &str,
    workload: &Workload,
    deployment: &str,
    failures: &mut Vec<Failure>,
) -> Option<&'w str> {
    let text = variable.text();
    if text.is_none() {
        failures.push(Failure {
            message: format!(
                "deployment `{deployment}`: the files do not tell what `{name}` of workload `{}` is; give the variables it is made of in `[environment]`",
                workload.name
            ),
            span: Some(variable.name_span),
        });
    }
    text
}
