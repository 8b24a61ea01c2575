//! `cargo kvguard init`

use super::Outcome;
use crate::cli::Init;

/// .
pub fn run(_arguments: &Init) -> Outcome {
    Ok(2)
}
