//! Which values templates print, and where.

use std::collections::{BTreeMap, BTreeSet};

#[cfg(feature = "helm")]
use super::Mark;
use super::Span;

/// How many places are told of one.
const MAX_TOLD: usize = 4;

/// The places of values, and those of the actions that print them, in one rendering of a chart.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    /// Values with their actions, sorted.
    actions: Vec<(Span, Span)>,
    /// Actions with their values, sorted.
    values: Vec<(Span, Span)>,
    /// The parts of templates that loops ran, each with the list that its loop goes through.
    loops: BTreeMap<Span, Option<Span>>,
}

/// A loop that prints a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loop {
    /// The list that it goes through, if a values file has it.
    pub list: Option<Span>,
}

impl Printed {
    /// What texts print of which the actions and the values are known, in any order.
    #[cfg(any(feature = "compose", feature = "helm"))]
    pub(crate) fn new(printings: &[Printing], loops: BTreeMap<Span, Option<Span>>) -> Self {
        let flipped = printings.iter().map(|one| (one.action, one.value));
        Self {
            values: sorted(flipped.collect()),
            actions: sorted(
                printings
                    .iter()
                    .map(|one| (one.value, one.action))
                    .collect(),
            ),
            loops,
        }
    }

    /// The loop that prints what is written at a place; of several the innermost.
    pub fn looped(&self, place: Span) -> Option<Loop> {
        let around = self.loops.iter().filter(|(body, _)| body.contains(place));
        let innermost = around.min_by_key(|(body, _)| body.end - body.start)?;
        let list = *innermost.1;
        Some(Loop { list })
    }

    /// Where what is written at a place is printed.
    pub fn at(&self, value: Span) -> Vec<Span> {
        within(&self.actions, value)
    }

    /// The values that are printed at a place.
    pub fn values(&self, action: Span) -> Vec<Span> {
        within(&self.values, action)
    }
}

/// An action that prints a value.
#[cfg(any(feature = "compose", feature = "helm"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Printing {
    action: Span,
    value: Span,
}

#[cfg(any(feature = "compose", feature = "helm"))]
impl Printing {
    /// That a value is put in at a place.
    #[cfg(feature = "compose")]
    pub(crate) fn new(action: Span, value: Span) -> Self {
        Self { action, value }
    }

    /// Those in a rendered text, each once.
    #[cfg(feature = "helm")]
    pub(crate) fn all<'m>(marks: impl Iterator<Item = &'m Mark>) -> Vec<Self> {
        let printing = |mark: &Mark| {
            Some(Self {
                action: mark.template?.span,
                value: mark.value?.span,
            })
        };
        sorted(marks.filter_map(printing).collect())
    }
}

#[cfg(any(feature = "compose", feature = "helm"))]
fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}

/// What is noted of a place, of those in it, and of the one that it begins in.
fn within(noted: &[(Span, Span)], span: Span) -> Vec<Span> {
    let first = Span {
        end: span.start,
        ..span
    };
    let end = span.end.max(span.start.saturating_add(1));
    let is_within = |key: &Span| key.source == span.source && key.start < end;
    let (before, from) = noted.split_at(noted.partition_point(|(key, _)| *key < first));
    let last = before.last().map(|(key, _)| *key);
    let around = match last.filter(|key| key.source == span.source && key.end > span.start) {
        Some(last) => &before[before.partition_point(|(key, _)| *key < last)..],
        None => &[],
    };
    let found: BTreeSet<Span> = around
        .iter()
        .chain(from.iter().take_while(|(key, _)| is_within(key)))
        .map(|(_, other)| *other)
        .take(MAX_TOLD)
        .collect();
    found.into_iter().collect()
}
