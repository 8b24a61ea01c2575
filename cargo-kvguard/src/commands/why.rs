//! `cargo kvguard why`

use super::Outcome;
use crate::cli::Why;

/// .
pub fn run(_arguments: &Why) -> Outcome {
    Ok(2)
}
