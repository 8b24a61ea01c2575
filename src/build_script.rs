//! The guard in a `build.rs`: drift fails the build of the crate it concerns.
//!
//! ```no_run
//! // In the `main` of build.rs:
//! kvguard::build_script::Guard::new().run();
//! ```
//!
//! # Which findings fail the build
//!
//! The policy, `kvguard.toml`, is looked for upwards from the crate's directory; `KVGUARD_ROOT` names another
//! directory. A crate that was packaged (vendored, or from a registry) looks no further than its package.
//!
//! A crate belongs to a service if the policy names its directory, or one above it, among the service's
//! `sources`, or else if its package or its directory is called like the service. Such a crate fails on what is
//! found of its service, and on what concerns no service in particular, such as a file that does not parse. Of
//! the rest one line tells. A crate that belongs to no service is a gate: it fails on every finding.
//!
//! # What the environment decides
//!
//! | `KVGUARD` | |
//! |---|---|
//! | not set, or empty | the policy's `[build]` says how high a finding's level may be: `ci` where `CI` is set (and neither empty nor `false`), else `local` |
//! | `off` | nothing is checked |
//! | `warn` | findings are only warnings |
//! | `deny` | findings have their full level whatever `[build]` says, and those that the policy itself sets to `warn` are errors |
//! | `require` | as `deny`, and whatever is not checked is an error even with [`Guard::optional`] |
//!
//! What could not be checked, such as a file that is not there, is an error at each of these but `off`.
//!
//! # What a build shows
//!
//! A finding takes at most six lines. The first names its rule, service, deployment and place, `file:line:column`; then come what is
//! wrong, related places, and what to do, with the text to paste where that is short. The lines themselves are in the report,
//! `$OUT_DIR/kvguard-report.txt`, whose path is named at the end.
//!
//! # One gate crate
//!
//! Give the workspace one gate: a small crate that belongs to no service, whose build script runs the guard, and which CI builds.
//! The crates of services then fail on what is theirs, and only the gate on what is found of all. Two gates would tell everything
//! twice.
//!
//! # What is left for macros and tests
//!
//! `$OUT_DIR/kvguard-registry.json` holds all descriptors, also where nothing is checked.
//!
//! # Other runners than cargo
//!
//! Cargo reads `cargo::error=`; others take it for something else and let the build pass. So unless it is
//! certain that cargo runs the script, it prints its report to standard error and exits with 1.

mod concern;
mod environment;
mod expansion;
mod output;
mod own;
mod partial_tree;
mod place;
mod suites;
#[cfg(test)]
mod tests;
mod trial;
mod verdict;

use std::io::Write;
use std::path::{Path, PathBuf};

use environment::Environment;
use output::Output;
use verdict::Verdict;

pub use expansion::{Declared, Examined};
pub use suites::{Access, Coverage, Granted, Read};
pub use trial::{Rule, Supplied, Template, Trial, Trials, Variable};

/// The registry's file in `OUT_DIR`.
pub const REGISTRY_FILE: &str = "kvguard-registry.json";

/// The file in `OUT_DIR` with all that was found, with its lines; it is there only if something was.
pub const REPORT_FILE: &str = "kvguard-report.txt";

/// A file in `OUT_DIR` that is written whenever the guard has run, so that its time is that of the last run.
pub const LAST_RUN_FILE: &str = "kvguard-last-run";

/// The guard of one crate.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    services: Vec<String>,
    deployments: Vec<String>,
    policy: Option<PathBuf>,
    is_optional: bool,
}

impl Guard {
    /// A guard that finds the policy and the crate's service by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a service that the crate belongs to, instead of the one it is taken for. May be called several
    /// times.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.services.push(name.into());
        self
    }

    /// Names a deployment whose findings count; those of others are told in one line. May be called several
    /// times.
    #[must_use]
    pub fn deployment(mut self, name: impl Into<String>) -> Self {
        self.deployments.push(name.into());
        self
    }

    /// Names the policy, relative to the crate's directory. Its own directory is the root, unless
    /// `KVGUARD_ROOT` names another.
    #[must_use]
    pub fn policy(mut self, path: impl Into<PathBuf>) -> Self {
        self.policy = Some(path.into());
        self
    }

    /// Lets the crate build where the policy, or files that it names, do not exist: in an image that holds a few directories, or as a
    /// vendored dependency. One warning says what is not checked.
    ///
    /// Without the policy, the registry or a file of secret patterns nothing is checked. Else the deployments whose files are all there
    /// are, and the others are left out:
    ///
    /// - A finding of a deployment that is checked is that of the whole tree. What would only be found by comparing it with one that
    ///   is left out, such as a service that loads its configuration from the store only there, is not found.
    /// - A grant in a table that the two may share is taken for one that the other needs: it is no orphan, and no help says to replace
    ///   it.
    /// - Of a deployment that is left out only files that do not parse are told. No exception in the policy that it may need is called
    ///   unused.
    /// - A template or a mounted file that does not exist is a finding, as in the whole tree.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Checks, tells cargo what was found and what to watch, and writes the registry.
    ///
    /// Returns if the build may go on, or cargo is told to fail it; ends the process with 1 if a runner other
    /// than cargo is to fail it.
    pub fn run(&self) {
        let environment = Environment::of_process();
        let mut verdict = Verdict::of(self, &environment);
        if let Some(directory) = &environment.out_dir
            && let Err(error) = write_if_changed(&directory.join(REGISTRY_FILE), &verdict.registry)
        {
            verdict.error(format!(
                "could not check: `{REGISTRY_FILE}` cannot be written to `OUT_DIR`: {error}"
            ));
        }
        if let Some(directory) = &environment.out_dir
            && let Err(error) = std::fs::write(directory.join(LAST_RUN_FILE), "")
        {
            verdict.error(format!(
                "could not check: `{LAST_RUN_FILE}` cannot be written to `OUT_DIR`: {error}"
            ));
        }
        if let Some(directory) = &environment.out_dir
            && let Err(error) = write_or_remove(&directory.join(REPORT_FILE), &verdict.report)
        {
            verdict.error(format!(
                "`{REPORT_FILE}` cannot be written to `OUT_DIR`: {error}"
            ));
        }
        let output = Output::of(&verdict, &environment);
        let mut stdout = std::io::stdout().lock();
        let told = stdout
            .write_all(output.stdout.as_bytes())
            .and_then(|()| stdout.flush());
        // Where standard error is gone the exit code still tells.
        let _ = std::io::stderr().lock().write_all(output.stderr.as_bytes());
        if told.is_err() || output.exit_code != 0 {
            std::process::exit(1);
        }
    }
}

/// An empty text leaves no file, so that none is left of an earlier run.
fn write_or_remove(path: &Path, text: &str) -> std::io::Result<()> {
    if !text.is_empty() {
        return std::fs::write(path, text);
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file that is written again looks changed to whatever watches it.
fn write_if_changed(path: &Path, text: &str) -> std::io::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the script's own output, no input of the check"
    )]
    let written = std::fs::read(path);
    if written.is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    std::fs::write(path, text)
}
