//! Which values templates print, and where.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mark, Span};

/// How many places are told of one.
const MAX_TOLD: usize = 4;

/// The places of values, and those of the actions that print them, in one rendering of a chart.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    /// By the value's place.
    actions: BTreeMap<Span, BTreeSet<Span>>,
    /// By the action's place.
    values: BTreeMap<Span, BTreeSet<Span>>,
}

impl Printed {
    /// Notes the values that a rendered text holds.
    pub(crate) fn note(&mut self, marks: &[Mark]) {
        for mark in marks {
            if let (Some(action), Some(value)) = (mark.template, mark.value) {
                self.actions
                    .entry(value.span)
                    .or_default()
                    .insert(action.span);
                let values = self.values.entry(action.span).or_default();
                values.insert(value.span);
            }
        }
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

/// What is noted of a place, of those in it, and of the one that it begins in.
fn within(noted: &BTreeMap<Span, BTreeSet<Span>>, span: Span) -> Vec<Span> {
    let first = Span {
        end: span.start,
        ..span
    };
    let end = span.end.max(span.start.saturating_add(1));
    let is_within = |key: &Span| key.source == span.source && key.start < end;
    let around = noted.range(..first).next_back();
    let around = around.filter(|(key, _)| key.source == span.source && key.end > span.start);
    let found: BTreeSet<Span> = around
        .into_iter()
        .chain(noted.range(first..).take_while(|(key, _)| is_within(key)))
        .flat_map(|(_, others)| others)
        .copied()
        .take(MAX_TOLD)
        .collect();
    found.into_iter().collect()
}
