//! `cargo kvguard`: the guard in CI and at the desk.
//!
//! The engine is the crate `kvguard`; here are only arguments, commands and what they print. A command is a
//! file under `commands/` and a line in `cli::Command`.

mod answer;
mod cli;
mod commands;
mod exit_code;
mod files;
mod fleet;
mod formats;
#[cfg(feature = "git")]
mod git;
#[cfg(feature = "live")]
mod live;
mod output;
#[cfg(feature = "live")]
mod snapshot;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

/// Runs the command that the arguments name. `name` is what usage messages call it.
pub fn run(name: &'static str, arguments: Vec<OsString>) -> ExitCode {
    let command = cli::Arguments::command().bin_name(name);
    let parsed = command
        .try_get_matches_from(arguments)
        .and_then(|matches| cli::Arguments::from_arg_matches(&matches));
    match parsed {
        Ok(arguments) => commands::run(name, arguments),
        Err(error) => {
            // Where the terminal is gone there is nobody to tell.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() {
                exit_code::COULD_NOT_CHECK
            } else {
                exit_code::CLEAN
            })
        }
    }
}
