//! Gathers which bytes of a text come from where.

use std::ops::Range;
use std::sync::Arc;

use super::provenance::{Place, Text};
use crate::source::{Mark, offset_u32};

/// Marks of a text that is made, in the order of its bytes.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<Mark>);

impl Marks {
    /// None yet, with room for so many.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Says where what begins at a byte comes from.
    pub(crate) fn add(&mut self, at: usize, template: Option<Place>, value: Option<Place>) {
        let at = offset_u32(at);
        let mark = Mark {
            at,
            template,
            value,
        };
        if let Some(last) = self.0.last_mut() {
            if last.at == at {
                *last = mark;
                return;
            }
            let is_exact = |place: Option<Place>| place.is_some_and(|place| place.verbatim);
            let is_same = last.template == template && last.value == value;
            if is_same && !is_exact(template) && !is_exact(value) {
                return;
            }
        }
        self.0.push(mark);
    }

    /// Says that a part of another text begins at a byte; what of it has no place in a template gets the
    /// action's.
    pub(crate) fn add_part(
        &mut self,
        at: usize,
        text: &Text,
        range: Range<usize>,
        action: Option<Place>,
    ) {
        if range.is_empty() {
            return;
        }
        let marks = text.marks();
        let first = text.as_trace().index(range.start).unwrap_or(0);
        let covering = marks.get(first..).unwrap_or_default();
        if covering
            .first()
            .is_none_or(|mark| mark.at as usize > range.start)
        {
            self.add(at, action, None);
        }
        for mark in covering {
            let from = mark.at as usize;
            if from >= range.end {
                break;
            }
            let skipped = range.start.saturating_sub(from);
            let template = mark.template.map(|place| place.after(skipped)).or(action);
            let value = mark.value.map(|place| place.after(skipped));
            self.add(at + from.saturating_sub(range.start), template, value);
        }
    }

    /// Says that what begins at a byte stands for a range of another text, though not byte for byte.
    pub(crate) fn add_whole(&mut self, at: usize, of: &Text, range: Range<usize>) {
        let traced = of.trace(range);
        let template = traced.map(|traced| Place::whole(traced.other.unwrap_or(traced.primary)));
        let value = traced
            .filter(|traced| traced.other.is_some())
            .map(|traced| Place::whole(traced.primary));
        self.add(at, template, value);
    }

    /// The marks.
    pub(crate) fn into_vec(self) -> Vec<Mark> {
        self.0
    }

    /// The marks, to be shared; `None` if no byte has a place.
    pub(crate) fn finish(self) -> Option<Arc<[Mark]>> {
        let has_place = |mark: &Mark| mark.template.is_some() || mark.value.is_some();
        self.0.iter().any(has_place).then(|| Arc::from(self.0))
    }
}
