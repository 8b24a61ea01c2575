//! Text that was made from other texts, and which of their bytes each of its bytes comes from.

use std::ops::Range;

use super::{Span, offset_u32};

/// Where a run of bytes comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The bytes of the file.
    pub(crate) span: Span,
    /// Whether the run stands there byte for byte, so that each byte has a place of its own.
    pub(crate) verbatim: bool,
}

impl Place {
    /// All of a span stands for all of the run.
    pub(crate) fn whole(span: Span) -> Self {
        Self {
            span,
            verbatim: false,
        }
    }

    /// The run stands at the span as it is.
    pub(crate) fn verbatim(span: Span) -> Self {
        Self {
            span,
            verbatim: true,
        }
    }

    /// The place of what begins `skipped` bytes into the run.
    pub(crate) fn after(self, skipped: usize) -> Self {
        if !self.verbatim {
            return self;
        }
        let start = self.span.start.saturating_add(offset_u32(skipped));
        Self {
            span: Span {
                start: start.min(self.span.end),
                ..self.span
            },
            verbatim: true,
        }
    }

    /// The span of a range of the run.
    pub(crate) fn span(self, range: Range<usize>) -> Span {
        if !self.verbatim {
            return self.span;
        }
        let at = |offset: usize| {
            self.span
                .start
                .saturating_add(offset_u32(offset))
                .min(self.span.end)
        };
        Span {
            source: self.span.source,
            start: at(range.start),
            end: at(range.end),
        }
    }
}

/// What the bytes from `at` up to the next mark are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: u32,
    /// Where a template has them, or the action that printed them.
    pub(crate) template: Option<Place>,
    /// Where a values file has them.
    pub(crate) value: Option<Place>,
}

/// What a range of made text stands for in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traced {
    /// The place to edit.
    pub(crate) primary: Span,
    /// The other file that has a part in it: the template where a values file is the primary place.
    pub(crate) other: Option<Span>,
}

/// The marks of a made text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trace<'a> {
    pub(crate) text: &'a str,
    pub(crate) marks: &'a [Mark],
}

impl Trace<'_> {
    /// The mark that a byte is under.
    pub(crate) fn index(self, offset: usize) -> Option<usize> {
        let after = self
            .marks
            .partition_point(|mark| mark.at as usize <= offset);
        after.checked_sub(1)
    }

    /// The marks that the first and the last byte of a range are under.
    fn bounds(self, range: &Range<usize>) -> Option<(usize, usize)> {
        let first = self.index(range.start)?;
        let end = range.end.max(range.start + 1);
        let later = self.marks.get(first + 1..).unwrap_or_default();
        // Most ranges are under one mark.
        let more = match later.first() {
            Some(next) if (next.at as usize) < end => {
                later.partition_point(|mark| (mark.at as usize) < end)
            }
            _ => 0,
        };
        Some((first, first + more))
    }

    /// Where the template has a range of the text.
    pub(crate) fn template(self, range: Range<usize>) -> Option<Span> {
        let bounds = self.bounds(&range)?;
        self.template_under(bounds, &range)
    }

    fn template_under(self, (first, last): (usize, usize), range: &Range<usize>) -> Option<Span> {
        let of = |index: usize| {
            let mark = self.marks.get(index)?;
            let next = self.marks.get(index + 1);
            let end = next.map_or(self.text.len(), |next| next.at as usize);
            let at = mark.at as usize;
            let place = mark.template.or(mark.value)?;
            Some(place.span(range.start.max(at) - at..range.end.min(end).max(at) - at))
        };
        // What has no place is passed over: the first that has one tells.
        let start = (first..=last).find_map(of)?;
        if first == last {
            return Some(start);
        }
        match of(last) {
            Some(end) if end.source == start.source && end.end >= start.start => {
                Some(start.to(end))
            }
            _ => Some(start),
        }
    }

    /// The one place in a values file that gives all of a range, but for quotes around it.
    fn value(self, range: Range<usize>) -> Option<Span> {
        let written = self.text.get(range.clone())?;
        let inner = written.trim_matches(['"', '\'']);
        let range = if inner.is_empty() || inner.len() == written.len() {
            range
        } else {
            let lead = written.len() - written.trim_start_matches(['"', '\'']).len();
            range.start + lead..range.start + lead + inner.len()
        };
        let (first, last) = self.bounds(&range)?;
        let mark = self.marks.get(first)?;
        let place = mark.value?;
        let at = mark.at as usize;
        if first == last {
            let end = range.end.max(range.start);
            return Some(place.span(range.start.max(at) - at..end.max(at) - at));
        }
        // A value of several lines is marked line by line.
        let marks = self.marks.get(first..=last)?;
        let all = marks.iter().all(|mark| {
            mark.value
                .is_some_and(|value| value.span.source == place.span.source)
        });
        let end_mark = self.marks.get(last)?;
        let end_at = end_mark.at as usize;
        let start = place.span(range.start.max(at) - at..range.start.max(at) - at);
        let end = end_mark.value?.span(0..range.end.max(end_at) - end_at);
        (all && end.end >= start.start).then(|| start.to(end))
    }

    /// Where a range of the text is to be edited.
    pub(crate) fn trace(self, range: Range<usize>) -> Option<Traced> {
        let (first, last) = self.bounds(&range)?;
        let template = self.template_under((first, last), &range);
        let marks = self.marks.get(first..=last)?;
        let has_value = marks.iter().any(|mark| mark.value.is_some());
        let value = has_value.then(|| self.value(range)).flatten();
        match (template, value) {
            (Some(template), Some(value)) if template != value => Some(Traced {
                primary: value,
                other: Some(template),
            }),
            (Some(primary), _) | (None, Some(primary)) => Some(Traced {
                primary,
                other: None,
            }),
            (None, None) => None,
        }
    }
}
