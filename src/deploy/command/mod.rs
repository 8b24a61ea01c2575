//! What the command of a workload does to its environment before the workload's program starts.
//!
//! `env`, `sh -c` and the like change variables: they set some and take others away. Each kind of deployment hands over the
//! words of its command; [`apply`] follows them, so that a workload's environment is the one that its program sees.

mod apply;
mod env;
mod expansion;
mod letters;
mod program;
mod script;
mod shell;
mod split;
mod starters;
#[cfg(test)]
mod tests;
mod tokens;
mod unreadable;
mod users;
mod variables;

use super::Taken;
use crate::source::{Problem, Span};

pub use apply::{MAX_BYTES, apply};
pub use letters::{Letter, Letters};
pub use program::starts_another;

/// A part of a workload's command, as its kind of deployment writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// One word. [`UNTOLD`] stands for each part that no file tells.
    Word {
        /// The word.
        text: String,
        /// Where it is written.
        span: Span,
    },
    /// A line that is split into words at its blanks, but for those in quotes, as compose splits it.
    Line {
        /// The line.
        text: String,
        /// Where it is written.
        span: Span,
    },
    /// A word of which each character has its place already.
    Placed(Letters),
}

/// Stands for a part of an argument that no file tells.
pub const UNTOLD: char = '\u{FFFC}';

/// What a command leaves of what is known of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// The variables that it takes away.
    pub taken: Taken,
    /// What in it sets variables that no file tells: a file that a shell reads.
    pub untold: Vec<Problem>,
    /// Whether it takes away what was set before it, so that nothing of that is left to be told.
    pub clears: bool,
    /// Where a quote begins that nothing closes, so that a shell refuses the script and the program never starts.
    pub open_quote: Option<Span>,
}
