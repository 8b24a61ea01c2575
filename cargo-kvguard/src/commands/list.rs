//! `cargo kvguard list`

use super::Outcome;
use crate::cli::List;

/// .
pub fn run(_arguments: &List) -> Outcome {
    Ok(2)
}
