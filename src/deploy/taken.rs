//! The variables that something takes away from a workload's environment.

use std::collections::BTreeMap;

use crate::source::Span;

/// Variables that a workload does not have because something takes them away, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Those that its command takes away by their names.
    pub(super) names: BTreeMap<String, Span>,
    /// Where its command takes all away, if it does.
    all: Option<Span>,
    /// Those that a later file takes away: an overlay, an override, a drop-in.
    removed: BTreeMap<String, Removal>,
}

/// How a file takes a variable away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// Where.
    pub span: Span,
    /// Whether the name stands there without a value, so that only the host may give it one.
    pub is_left_to_host: bool,
}

impl Taken {
    /// A command that takes all away.
    pub(super) fn all_at(span: Span) -> Self {
        Self {
            all: Some(span),
            ..Self::default()
        }
    }

    /// Where a variable is taken away.
    pub fn place(&self, name: &str) -> Option<Span> {
        let by_file = || Some(self.removed.get(name)?.span);
        self.by_command(name).or_else(by_file)
    }

    /// Where the command takes a variable away.
    pub fn by_command(&self, name: &str) -> Option<Span> {
        self.names.get(name).copied().or(self.all)
    }

    /// Whether a variable stands at its place without a value, so that only the host may give it one.
    pub fn is_left_to_host(&self, name: &str) -> bool {
        let by_file = self.removed.get(name);
        self.by_command(name).is_none() && by_file.is_some_and(|removal| removal.is_left_to_host)
    }

    /// Notes that a file takes a variable away.
    #[cfg(any(feature = "compose", feature = "kubernetes", feature = "systemd"))]
    pub(super) fn remove(&mut self, name: impl Into<String>, span: Span) {
        let removal = Removal {
            span,
            is_left_to_host: false,
        };
        self.removed.insert(name.into(), removal);
    }

    /// Notes that a file names a variable without a value.
    #[cfg(feature = "compose")]
    pub(super) fn leave_to_host(&mut self, name: impl Into<String>, span: Span) {
        let removal = Removal {
            span,
            is_left_to_host: true,
        };
        self.removed.insert(name.into(), removal);
    }

    /// Adds what the command takes away.
    pub(super) fn with_command(self, of_command: Self) -> Self {
        Self {
            removed: self.removed,
            ..of_command
        }
    }
}
