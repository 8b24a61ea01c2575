//! Runs the conformance suite against a data service.
//!
//! The suite, with its network client, is a program of `kvguard-runtime` that is built only here, so that no other task waits for it.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::Failure;
use crate::run::cargo;

/// Builds the program and runs it; its exit code.
pub fn run(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    // Files are named from where the task is called.
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let status = cargo()
        .current_dir(here)
        .args(["run", "--quiet", "--package", "kvguard-runtime"])
        .args(["--bin", "kvguard-conformance"])
        .args(["--no-default-features", "--features", "conformance", "--"])
        .args(arguments)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map(ExitCode::from)
        .ok_or_else(|| format!("it ended without an exit code: {status}"))
}
