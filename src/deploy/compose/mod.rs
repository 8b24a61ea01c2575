//! Compose projects, read as Docker Compose v2 (compose-go) reads them.
//!
//! The files are interpolated, resolved (`include`, `extends`) and merged into one model; each service of
//! it becomes a workload. Neither the host's environment nor a `.env` file that nobody names is read.

mod convert;
mod dangling;
mod extends;
mod include;
pub mod interpolate;
mod load;
mod map;
mod merge;
mod network;
mod paths;
mod resets;
mod scalar;
mod service;
mod shape;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;

use super::{Failure, Workloads};
use crate::inputs::{InputError, Inputs};
use crate::registry::Spanned;
use crate::source::{Printed, Problem, Span};

/// How a compose project is run.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The compose files relative to the root, merged in this order. The directory of the first one is
    /// the project directory.
    pub files: &'a [Spanned<String>],
    /// The environment files for `${…}`, like `--env-file`; `.env` is read only if it is named here.
    pub interpolation_files: &'a [Spanned<String>],
    /// Variables for `${…}`, which win over those of the files.
    pub variables: &'a BTreeMap<String, String>,
    /// The profiles that are on: services without a profile and those with one of these. `None`: all.
    pub profiles: Option<&'a [String]>,
}

/// Reads a project: its workloads with what is wrong in its files, and the files that cannot be read.
pub fn read(inputs: &mut Inputs, options: &Options<'_>) -> (Workloads, Vec<Failure>) {
    let mut loader = load::Loader::new(inputs);
    let project = loader.project(options);
    let (workloads, other_hosts) = service::workloads(&mut loader, project, options.profiles);
    let removed = loader.cleared.services;
    let printed = Printed::new(&loader.printings, BTreeMap::new());
    let problems = loader.problems;
    let sorted = |mut problems: Vec<Problem>| {
        // An alias or an extended file shows the same place several times.
        problems.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
        problems.dedup();
        problems
    };
    let workloads = Workloads {
        workloads,
        other_hosts,
        removed,
        printed,
        malformed: sorted(problems.malformed),
        invalid: sorted(problems.invalid),
        unsupported: sorted(problems.unsupported),
        ..Workloads::default()
    };
    let mut failures: Vec<Failure> = Vec::new();
    for failure in problems.failures {
        if !failures.contains(&failure) {
            failures.push(failure);
        }
    }
    (workloads, failures)
}

/// What is wrong with a project.
#[derive(Debug, Default)]
struct Problems {
    malformed: Vec<Problem>,
    invalid: Vec<Problem>,
    unsupported: Vec<Problem>,
    failures: Vec<Failure>,
    exhausted: bool,
}

impl Problems {
    fn invalid(&mut self, span: Span, message: impl Into<String>) {
        self.invalid.push(Problem::new(span, message));
    }

    fn unsupported(&mut self, span: Span, message: impl Into<String>) {
        self.unsupported.push(Problem::new(span, message));
    }

    fn fail(&mut self, error: &InputError, span: Option<Span>) {
        self.failures.push(Failure::unread(error, span));
    }

    /// Something depends on a variable that only the host can tell.
    fn undecided(&mut self, span: Span, what: &str) {
        let message = format!(
            "{what} depends on a required variable that nothing supplies; set it in `[environment]`"
        );
        self.unsupported(span, message);
    }

    /// The budget is spent; said once.
    fn exhausted(&mut self, span: Span) {
        if !std::mem::replace(&mut self.exhausted, true) {
            let message =
                "the project's aliases, variables, `extends` and `include` expand to too much";
            self.unsupported(span, message);
        }
    }
}

/// A name as a message can repeat it.
fn shown(name: &str) -> String {
    crate::source::shown_name(name)
}
