//! The project's own tasks: `cargo xtask demo | test | ci | bench | campaign | conformance | generate | package`. One file for each.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a task reads and writes files, runs programs and prints"
)]

mod bench;
mod campaign;
mod ci;
mod conformance;
mod demo;
mod generate;
mod measure;
mod package;
mod run;
mod steps;
mod test;
mod tools;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the project; each does all it needs.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Show the guard passing on the example fleet, then failing a build once a grant is removed
    Demo,
    /// Install what tests need, and run them all
    Test,
    /// All that must hold before a change is merged: format, Clippy, docs, generated files, tests
    Ci,
    /// Measure, and fail where a limit is missed
    ///
    /// Measures cold builds, checks of the example fleet, of generated fleets and of a real one, the macros, and
    /// what other tools need to render the same overlays and charts.
    ///
    /// A check is a whole process; its time is the median of its runs, the processor time their average. A real
    /// fleet's overlays and charts that are broken are mended in copies; each mend is printed.
    Bench(bench::Arguments),
    /// Apply the patch of every finding of every mutant, and of fleets outside of the repository, and check again
    ///
    /// `cargo xtask test` does the same with some of the mutants. This takes some ten minutes.
    Campaign(campaign::Arguments),
    /// Run the conformance suite against a data service, and print for each check whether it holds
    ///
    /// `cargo xtask conformance --help` tells the arguments and the exit codes.
    #[command(disable_help_flag = true)]
    Conformance {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Write the files that are made from the code
    Generate {
        /// Change nothing; fail if a file is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Build each package from what it would publish, with its readme and licence
    Package,
    /// Run a program and print its time and memory
    #[command(hide = true)]
    Measure {
        /// How often
        #[arg(long, default_value_t = 1)]
        runs: usize,
        /// The exit codes that are no failure
        #[arg(long, value_delimiter = ',', default_value = "0")]
        accept: Vec<i32>,
        /// The program and its arguments
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

/// What went wrong, for people.
type Failure = String;

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Demo => demo::run(),
        Task::Test => test::run(),
        Task::Ci => ci::run(),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Campaign(arguments) => campaign::run(&arguments),
        Task::Conformance { arguments } => match conformance::run(&arguments) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Task::Generate { check } => generate::run(check),
        Task::Package => package::run(),
        Task::Measure {
            runs,
            accept,
            command,
        } => measure::run(runs, &accept, &command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nerror: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The directory of the repository.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
