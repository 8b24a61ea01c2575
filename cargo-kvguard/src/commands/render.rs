//! `cargo kvguard render`

use super::Outcome;
use crate::cli::Render;

/// .
pub fn run(_arguments: &Render) -> Outcome {
    Ok(2)
}
