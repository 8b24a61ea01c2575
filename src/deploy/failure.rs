//! What could not be checked, and which deployments that is about.

use crate::finding::add_sorted;
use crate::inputs::{InputError, InputErrorKind};
use crate::source::Span;

/// What kept something from being checked: a file that is missing or cannot be read, a pattern that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong and what to do about it, in one line.
    pub message: String,
    /// The place that asks for what is not there.
    pub span: Option<Span>,
    /// The file or directory that does not exist, or the pattern that matches nothing, where that is what is wrong; relative to the
    /// root.
    pub missing: Option<String>,
    /// The deployments that it keeps from being checked, sorted; where none is named, it keeps all of them.
    pub deployments: Vec<String>,
}

impl Failure {
    /// A failure that is not about a missing file, and of no deployment in particular yet.
    pub fn new(message: impl Into<String>, span: Option<Span>) -> Self {
        Self {
            message: message.into(),
            span,
            missing: None,
            deployments: Vec::new(),
        }
    }

    /// Something that could not be read, told in the error's words.
    pub fn unread(error: &InputError, span: Option<Span>) -> Self {
        Self::new(error.to_string(), span).because_of(error)
    }

    /// Says what kept it from being read: where that does not exist, the failure is about a missing file.
    #[must_use]
    pub fn because_of(mut self, error: &InputError) -> Self {
        if error.kind == InputErrorKind::Missing {
            self.missing = Some(error.path.clone());
        }
        self
    }

    /// Says which file does not exist, or which pattern matches nothing.
    #[must_use]
    pub fn missing(mut self, path: impl Into<String>) -> Self {
        self.missing = Some(path.into());
        self
    }

    /// Says that it keeps one deployment from being checked.
    #[must_use]
    pub fn of_deployment(mut self, name: &str) -> Self {
        add_sorted(&mut self.deployments, name.to_owned());
        self
    }
}
