//! `cargo kvguard completions`

use clap::CommandFactory;

use super::Outcome;
use crate::cli::{Arguments, Completions};
use crate::exit_code::CLEAN;
use crate::output::print;

/// Prints a completion script. Shells complete `cargo kvguard` through the binary `cargo-kvguard`.
#[expect(clippy::unnecessary_wraps, reason = "every command returns the same")]
pub fn run(name: &str, arguments: &Completions) -> Outcome {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut command,
        name.replace(' ', "-"),
        &mut script,
    );
    print(&String::from_utf8_lossy(&script));
    Ok(CLEAN)
}
