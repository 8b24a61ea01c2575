//! One file for each command.

#[cfg(feature = "git")]
mod against;
pub mod baseline;
mod check;
mod common;
mod completions;
#[cfg(feature = "live")]
pub mod diff;
mod explain;
pub mod fix;
mod init;
mod inputs;
mod list;
mod matrix;
#[cfg(feature = "live")]
pub mod release_check;
mod render;
#[cfg(feature = "live")]
pub mod seed;
#[cfg(feature = "live")]
pub mod validate;
#[cfg(feature = "live")]
pub mod watchdog;
mod why;

use std::process::ExitCode;

#[cfg(feature = "live")]
pub use check::write;

use crate::cli::{Arguments, Command};
use crate::exit_code::COULD_NOT_CHECK;
use crate::fleet::Error;
use crate::output::print_error;

/// Runs a command.
pub fn run(name: &'static str, arguments: Arguments) -> ExitCode {
    let colour = arguments.color;
    let result = match arguments.command {
        Command::Check(arguments) => check::run(&arguments, colour),
        Command::Baseline(arguments) => baseline::run(&arguments),
        Command::Fix(arguments) => fix::run(&arguments, colour),
        Command::List(arguments) => list::run(&arguments),
        Command::Matrix(arguments) => matrix::run(&arguments),
        Command::Why(arguments) => why::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Inputs(arguments) => inputs::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        #[cfg(feature = "live")]
        Command::ReleaseCheck(arguments) => release_check::run(&arguments, colour),
        #[cfg(feature = "live")]
        Command::Seed(arguments) => seed::run(&arguments, colour),
        #[cfg(feature = "live")]
        Command::Validate(arguments) => validate::run(&arguments, colour),
        #[cfg(feature = "live")]
        Command::Watchdog(arguments) => watchdog::run(&arguments, colour),
        #[cfg(feature = "live")]
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Completions(arguments) => completions::run(name, &arguments),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            print_error(&format!("error: {error}\n"));
            ExitCode::from(COULD_NOT_CHECK)
        }
    }
}

/// A command's exit code, or why it could do nothing.
pub type Outcome = Result<u8, Error>;
