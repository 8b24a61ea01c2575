//! `kvguard`: the same command where cargo is not at hand.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_kvguard::run("kvguard", std::env::args_os().collect())
}
