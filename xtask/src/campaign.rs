//! `cargo xtask campaign`: judges the patches of every mutant and of fleets outside of the repository, and every combination of drifts that
//! `cargo kvguard fix` mends.

use std::path::PathBuf;

use clap::Args;

use crate::Failure;
use crate::run::{cargo, succeed};

/// What to judge beside the mutants.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A fleet outside of the repository; with `=FILE` behind it, the fleet's policy, which is else its `kvguard.toml`
    #[arg(long = "fleet", value_name = "DIR[=POLICY]")]
    fleets: Vec<String>,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    for fleet in &arguments.fleets {
        // A test that is given nothing to judge would pass.
        let paths = fleet.split('=').map(PathBuf::from);
        for path in paths {
            if !path.exists() {
                return Err(format!("{} is not there", path.display()));
            }
        }
    }
    let absolute = |fleet: &String| -> Result<String, Failure> {
        let paths = fleet.split('=').map(|path| {
            let path = std::path::absolute(path).map_err(|error| error.to_string())?;
            Ok(path.display().to_string())
        });
        Ok(paths.collect::<Result<Vec<String>, Failure>>()?.join("="))
    };
    let fleets: Result<Vec<String>, Failure> = arguments.fleets.iter().map(absolute).collect();
    succeed(
        cargo()
            .args(["test", "--package", "kvguard", "--all-features"])
            .args(["--test", "campaign", "--test", "mends"])
            .env("KVGUARD_MENDS_EVERY", "1")
            .env("KVGUARD_MENDS_FLEETS", fleets?.join(":")),
    )?;
    succeed(
        cargo()
            .args(["test", "--package", "cargo-kvguard"])
            .args(["--test", "fix_campaign"])
            .env("KVGUARD_MENDS_EVERY", "1"),
    )
}
