//! What keeps a finding out of the report: an `[[allow]]` of the policy, a comment in the file itself, or the baseline.
//!
//! They are asked in this order; `docs/allow.md` describes it for users.

pub mod baseline;
mod comment;
mod entry;

use crate::deploy::Failure;
use crate::finding::Finding;
use crate::inputs::Inputs;
use crate::policy::date::Date;
use crate::source::Span;

pub use baseline::Baseline;
pub(crate) use comment::{Comment, Comments};
pub(crate) use entry::Entries;

/// A finding that is kept out of the report.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// The finding.
    pub finding: Finding,
    /// What allows it.
    pub by: AllowedBy,
}

/// What allows a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedBy {
    /// Which kind of it.
    pub kind: AllowedKind,
    /// The entry or the comment.
    pub span: Span,
    /// Why, in the words of whoever allowed it.
    pub reason: String,
    /// The last day it holds.
    pub until: Option<Date>,
}

/// The ways in which a finding is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AllowedKind {
    /// By an `[[allow]]` of the policy.
    Entry,
    /// By a comment in the file.
    Comment,
    /// By the baseline.
    Baseline,
}

impl AllowedKind {
    /// Every kind, in the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::Entry, Self::Comment, Self::Baseline];

    /// What a report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entry => "`[[allow]]`",
            Self::Comment => "comment",
            Self::Baseline => "baseline",
        }
    }
}

/// What is allowed outside of the policy.
#[derive(Debug, Clone, Default)]
pub struct Allowances {
    pub(crate) comments: Comments,
    /// The baseline, if there is one.
    pub baseline: Option<Baseline>,
}

impl Allowances {
    /// Reads the baseline, and the comments of all files that were read. What cannot be understood is a failure: it is meant to allow
    /// something.
    pub(crate) fn read(inputs: &mut Inputs, failures: &mut Vec<Failure>) -> Self {
        let baseline = baseline::read(inputs, failures);
        Self {
            comments: Comments::of(inputs.sources(), failures),
            baseline,
        }
    }
}
