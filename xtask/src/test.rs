//! `cargo xtask test`: installs what tests need, and runs them all.

use crate::Failure;
use crate::run::{cargo, succeed};
use crate::steps::Steps;
use crate::tools;

/// Runs the task.
pub fn run() -> Result<(), Failure> {
    let mut steps = Steps::default();
    run_in(&mut steps)?;
    steps.print();
    Ok(())
}

/// Its steps, for a task that has more.
pub fn run_in(steps: &mut Steps) -> Result<(), Failure> {
    steps.step("Tools that tests need", tools::install)?;
    steps.step("Build the tests", || {
        succeed(cargo().args(["test", "--workspace", "--all-features", "--no-run"]))
    })?;
    steps.step("Tests", || {
        succeed(cargo().args(["test", "--workspace", "--all-features", "--no-fail-fast"]))
    })
}
