//! `cargo kvguard`: cargo passes the subcommand's name as the first argument.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments
        .get(1)
        .is_some_and(|argument| argument == "kvguard")
    {
        arguments.remove(1);
    }
    cargo_kvguard::run("cargo kvguard", arguments)
}
