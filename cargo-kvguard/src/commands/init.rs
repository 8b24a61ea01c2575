//! `cargo kvguard init`

use std::fs::OpenOptions;
use std::io::Write;

use kvguard::check::POLICY_FILE;

use super::Outcome;
use crate::cli::Init;
use crate::exit_code::CLEAN;
use crate::fleet::Error;
use crate::output::print;

/// The policy to begin with: every table that a first check needs, with comments that say what to fill in.
const POLICY: &str = include_str!("init.toml");

/// Writes a policy, unless there is one.
pub fn run(arguments: &Init) -> Outcome {
    let path = arguments.directory.join(POLICY_FILE);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|error| Error::NotWritten(path.clone(), error))?;
    file.write_all(POLICY.as_bytes())
        .map_err(|error| Error::NotWritten(path.clone(), error))?;
    print(&format!(
        "wrote {}; fill in its paths, then run `cargo kvguard check`\n",
        path.display()
    ));
    Ok(CLEAN)
}
