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
struct Removal {
    /// Where.
    span: Span,
    by: RemovedBy,
}

/// What takes a variable away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RemovedBy {
    /// Something that does nothing else.
    #[cfg(any(feature = "compose", feature = "kubernetes", feature = "systemd"))]
    Removal,
    /// Its name without a value, so that only the host may give it one.
    NameAlone,
    /// Other variables, which take the place of all that were there.
    Others,
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
        self.is_removed_by(name, RemovedBy::NameAlone)
    }

    /// Whether others take the place of a variable, so that it may be set beside them.
    pub fn is_replaced(&self, name: &str) -> bool {
        self.is_removed_by(name, RemovedBy::Others)
    }

    fn is_removed_by(&self, name: &str, by: RemovedBy) -> bool {
        let by_file = self.removed.get(name);
        self.by_command(name).is_none() && by_file.is_some_and(|removal| removal.by == by)
    }

    /// Notes that a file takes a variable away.
    #[cfg(any(feature = "compose", feature = "kubernetes", feature = "systemd"))]
    pub(super) fn remove(&mut self, name: impl Into<String>, span: Span) {
        self.insert(name.into(), span, RemovedBy::Removal);
    }

    /// Notes that a file names a variable without a value.
    #[cfg(feature = "compose")]
    pub(super) fn leave_to_host(&mut self, name: impl Into<String>, span: Span) {
        self.insert(name.into(), span, RemovedBy::NameAlone);
    }

    /// Notes that a file puts other variables in the place of one.
    #[cfg(feature = "compose")]
    pub(super) fn replace(&mut self, name: impl Into<String>, span: Span) {
        self.insert(name.into(), span, RemovedBy::Others);
    }

    #[cfg(any(feature = "compose", feature = "kubernetes", feature = "systemd"))]
    fn insert(&mut self, name: String, span: Span, by: RemovedBy) {
        self.removed.insert(name, Removal { span, by });
    }

    /// Adds what the command takes away.
    pub(super) fn with_command(self, of_command: Self) -> Self {
        Self {
            removed: self.removed,
            ..of_command
        }
    }
}
