//! What a workload's environment makes its client do.

use std::borrow::Cow;
use std::collections::BTreeSet;

use kvguard_contract::syntax::{MAX_SERVERS, servers};
use kvguard_contract::{Backend, Contract, Fault, FaultKind, Found, Reading, Role, Source, Value};

use super::{Lacking, Placeholder, Refused, ResolvedWorkload};
use crate::access::placeholder;
use crate::deploy::{Failure, Known, Workload};
use crate::source::{Problem, Span};

/// Where a workload loads its configuration from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// It does not say: from a file.
    Unset {
        /// Whether it tells where the store is all the same.
        half_set: bool,
    },
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
        /// Whether it is written as the contract has it.
        exact: bool,
    },
    /// From something that the contract does not know.
    Unknown {
        /// Where it says so.
        span: Span,
    },
    /// No file tells: something gives it that is not in the files, or the workload's command computes it.
    Untold {
        /// Where it is set.
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

/// What an environment says.
pub(super) struct Environment {
    pub(super) source: SourceState,
    pub(super) backend: Option<Backend>,
    pub(super) mode: Mode,
    pub(super) lacking: Vec<Lacking>,
    pub(super) refused: Vec<Refused>,
}

/// Reads a workload's environment. Whether it names the right service is not asked here: the name decides which one it runs.
pub(super) fn read(
    workload: &Workload,
    deployment: &str,
    contract: &Contract,
    failures: &mut Vec<Failure>,
) -> Environment {
    let reading = contract.read(None, |name| {
        let variable = workload.environment.get(name)?;
        Some(match variable.text() {
            Some(text) => Value::Text(Cow::Borrowed(text)),
            None => Value::Untold,
        })
    });
    let mut untold = |role: Role| {
        let name = contract.shown_name(role);
        let variable = workload.environment.get(name);
        // A rule of its own tells that.
        if variable.is_some_and(|variable| variable.value == Known::Computed) {
            return;
        }
        let message = format!(
            "deployment `{deployment}`: the files do not tell what `{name}` of workload `{}` is; give the variables it is made of in `[environment]`",
            workload.name
        );
        let span = variable.map(|variable| variable.name_span);
        failures.push(Failure::new(message, span));
    };
    if reading.source == Source::Untold {
        untold(Role::Source);
    }
    if reading.mode == Found::Untold {
        untold(Role::Mode);
    }
    let place = |name: &str| workload.place_of(name);
    Environment {
        source: source(
            &reading,
            workload,
            place(contract.shown_name(Role::Source)),
            contract,
        ),
        mode: match reading.mode {
            Found::Known(mode) => Mode::Known {
                name: mode.word.to_string(),
                span: place(contract.shown_name(Role::Mode)),
            },
            Found::Unknown => Mode::Unknown {
                span: place(contract.shown_name(Role::Mode)),
            },
            Found::Unset | Found::Untold => Mode::Unset,
        },
        backend: reading.backend,
        lacking: lacking(&reading, &place),
        refused: refused(&reading, &place),
    }
}

fn source(
    reading: &Reading<'_, '_>,
    workload: &Workload,
    span: Span,
    contract: &Contract,
) -> SourceState {
    let exact = reading.fault(Role::Source).is_none();
    match reading.source {
        // The file that could not be read may say it.
        Source::Unset if workload.is_unread => SourceState::Untold { span },
        // What fills the environment in that no file tells may say it.
        Source::Unset => SourceState::Unset {
            half_set: !exact
                && (workload.untold.is_empty()
                    || workload
                        .environment
                        .contains(contract.shown_name(Role::Source))),
        },
        Source::Untold => SourceState::Untold { span },
        Source::Kv => SourceState::Kv { span, exact },
        Source::File => SourceState::Other { span, exact },
        Source::Unknown => SourceState::Unknown { span },
    }
}

/// What is needed and not said. The source is judged by itself, and so is the mode.
fn lacking(reading: &Reading<'_, '_>, place: &impl Fn(&str) -> Span) -> Vec<Lacking> {
    faults(reading, &[Role::Source, Role::Mode])
        .filter(|fault| fault.kind.is_lacking())
        .map(|fault| Lacking {
            name: fault.name.to_owned(),
            empty_at: (fault.kind == FaultKind::Empty).then(|| place(fault.name)),
        })
        .collect()
}

/// What is said and wrong.
fn refused(reading: &Reading<'_, '_>, place: &impl Fn(&str) -> Span) -> Vec<Refused> {
    faults(reading, &[Role::Source])
        .filter(|fault| !fault.kind.is_lacking())
        .map(|fault| Refused {
            name: fault.name.to_owned(),
            role: fault.role,
            span: place(fault.name),
            why: fault.kind.to_string(),
            help: help(fault),
        })
        .collect()
}

fn help(fault: &Fault<'_>) -> String {
    let name = fault.name;
    match &fault.kind {
        FaultKind::Blanks => format!(
            "take the blanks around the value of `{name}` away; for clients that ignore them: values = \"trimmed\" under `[contract]` in the policy"
        ),
        FaultKind::NoneOf(words) => format!("set `{name}` to one of `{}`", words.join("`, `")),
        _ => format!("mend the value of `{name}`"),
    }
}

fn faults<'r>(
    reading: &'r Reading<'_, '_>,
    without: &'r [Role],
) -> impl Iterator<Item = &'r Fault<'r>> {
    let faults = reading.faults.iter();
    faults.filter(|fault| fault.role.is_none_or(|role| !without.contains(&role)))
}

/// Whether a client reads the variable of a role: those that belong to other modes are left over from somewhere.
fn is_read(role: Role, mode: &Mode, backend: Option<Backend>, contract: &Contract) -> bool {
    let Mode::Known { name, .. } = mode else {
        return true;
    };
    let (Some(means), Some(backend)) = (contract.mode(name).and_then(|mode| mode.means), backend)
    else {
        return true;
    };
    match role {
        Role::Source | Role::Service | Role::Key | Role::Address | Role::Mode => true,
        Role::Bucket => backend == Backend::Nats,
        Role::WorkloadSocket => means == kvguard_contract::Mode::Spiffe,
        other => means.required().contains(&other) || means.optional(backend).contains(&other),
    }
}

/// The variables of the contract that a client of the store reads and that hold a placeholder.
pub(super) fn placeholders(
    workload: &Workload,
    mode: &Mode,
    backend: Option<Backend>,
    contract: &Contract,
) -> Vec<Placeholder> {
    let of_mode = match mode {
        Mode::Known { name, .. } => contract.mode(name).map(|mode| &mode.required),
        Mode::Unset | Mode::Unknown { .. } => None,
    };
    let listed = contract
        .required
        .iter()
        .chain(of_mode.into_iter().flat_map(|names| names.iter()));
    let read = Role::ALL
        .into_iter()
        .filter(|role| is_read(*role, mode, backend, contract));
    let named = read.filter_map(|role| contract.name(role));
    let names: BTreeSet<&str> = named.chain(listed.map(|name| &**name)).collect();
    let found = names.into_iter().filter_map(|name| {
        let variable = workload.environment.get(name)?;
        let text = variable.text()?;
        Some(Placeholder {
            name: name.to_owned(),
            text: placeholder::shown(&text[placeholder::find_in_value(text)?]),
            span: variable.shown_span(),
        })
    });
    found.collect()
}

/// Leaves out what something fills in that no file tells, and notes that instead; of what a file may hold that could not be read, a
/// failure tells.
pub(super) fn without_untold(
    workload: &Workload,
    mode: &Mode,
    mut lacking: Vec<Lacking>,
    contract: &Contract,
    unsupported: &mut Vec<Problem>,
) -> Vec<Lacking> {
    if workload.is_unread {
        lacking.retain(|lacking| lacking.empty_at.is_some());
    }
    if workload.untold.is_empty() {
        return lacking;
    }
    let mut names: Vec<String> = Vec::new();
    let mode_variable = contract.shown_name(Role::Mode);
    if *mode == Mode::Unset && !workload.environment.contains(mode_variable) {
        names.push(format!("`{mode_variable}`"));
    }
    lacking.retain(|lacking| {
        if lacking.empty_at.is_none() {
            names.push(format!("`{}`", lacking.name));
        }
        lacking.empty_at.is_some()
    });
    if !names.is_empty() {
        for untold in &workload.untold {
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

/// The problem of a client that calls more servers than kvguard compares with the store.
pub(super) fn too_many_servers(
    workload: &ResolvedWorkload,
    contract: &Contract,
) -> Option<Problem> {
    let (text, variable) = workload.said(contract, Role::Address)?;
    if !workload.is_kv_sourced() || !servers(text).is_cut_off {
        return None;
    }
    let message = format!(
        "`{}` of workload `{}` names more than {MAX_SERVERS} servers, and kvguard compares only so many with the store",
        contract.shown_name(Role::Address),
        workload.workload.name
    );
    Some(Problem::new(variable.shown_span(), message))
}
