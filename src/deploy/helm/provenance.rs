//! Strings that remember where their bytes come from.

use std::ops::Range;
use std::sync::Arc;

use super::marks::Marks;
use crate::source::{Mark, Span, Trace, offset_u32};
pub(crate) use crate::source::{Place, Traced};

/// A string and where its bytes come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    content: Arc<str>,
    marks: Option<Arc<[Mark]>>,
    /// Where values were printed that are empty, which no byte stands for.
    empty: Option<Arc<[Mark]>>,
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self {
            content: Arc::from(text),
            marks: None,
            empty: None,
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self {
            content: Arc::from(text),
            marks: None,
            empty: None,
        }
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.content
    }
}

impl Text {
    /// A text that a values file has at a place.
    pub(crate) fn of_value(text: impl Into<Arc<str>>, place: Place) -> Self {
        Self::with_mark(text, None, Some(place))
    }

    /// A text that a template, or a file that templates read, has at a place.
    pub(crate) fn of_template(text: impl Into<Arc<str>>, place: Place) -> Self {
        Self::with_mark(text, Some(place), None)
    }

    fn with_mark(text: impl Into<Arc<str>>, template: Option<Place>, value: Option<Place>) -> Self {
        Self {
            content: text.into(),
            marks: Some(Arc::from([Mark {
                at: 0,
                template,
                value,
            }])),
            empty: None,
        }
    }

    /// The same text, all of it from where `origin` begins.
    pub(crate) fn derived(text: String, origin: &Text) -> Self {
        let first = origin
            .marks
            .as_deref()
            .and_then(|marks| marks.first().copied());
        let single = origin
            .marks
            .as_deref()
            .is_some_and(|marks| marks.len() == 1);
        let blur = |place: Option<Place>| {
            place.map(|place| {
                let mut place = place.after(0);
                place.verbatim = false;
                if !single && place.span.end > place.span.start {
                    place.span.end = place.span.start;
                }
                place
            })
        };
        Self {
            content: Arc::from(text),
            marks: first.map(|mark| {
                Arc::from([Mark {
                    at: 0,
                    template: blur(mark.template),
                    value: blur(mark.value),
                }])
            }),
            empty: None,
        }
    }

    /// What its bytes are.
    pub(crate) fn marks(&self) -> &[Mark] {
        self.marks.as_deref().unwrap_or_default()
    }

    /// Where empty values were printed.
    pub(crate) fn empty_marks(&self) -> &[Mark] {
        self.empty.as_deref().unwrap_or_default()
    }

    /// The text alone.
    pub(crate) fn as_str(&self) -> &str {
        &self.content
    }

    /// The text alone, to be kept by others too.
    pub(crate) fn shared(&self) -> Arc<str> {
        self.content.clone()
    }

    /// Whether all of it is written in a template, so that it holds no value.
    pub(crate) fn is_literal(&self) -> bool {
        self.marks.as_deref().is_some_and(|marks| {
            marks.iter().all(|mark| {
                mark.value.is_none() && mark.template.is_some_and(|place| place.verbatim)
            })
        })
    }

    /// Where all of it comes from, if one value gives it.
    pub(crate) fn value_place(&self) -> Option<Place> {
        match self.marks.as_deref() {
            Some([mark]) => mark.value,
            _ => None,
        }
    }

    /// Where an empty value was printed in a range of the text, the range's end included.
    pub(crate) fn empty_value(&self, range: Range<usize>) -> Option<Traced> {
        let marks = self.empty.as_deref()?;
        let within = |mark: &&Mark| (range.start..=range.end).contains(&(mark.at as usize));
        let mark = marks.iter().find(within)?;
        Some(Traced {
            primary: mark.value?.span,
            other: mark.template.map(|place| place.span),
        })
    }

    /// A part of it. Empty if the range does not fit.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let Some(part) = self.content.get(range.clone()) else {
            return Self::default();
        };
        if self.marks.is_none() && self.empty.is_none() {
            return Self::from(part);
        }
        if let (Some([mark]), None) = (self.marks.as_deref(), &self.empty) {
            let skipped = range.start.saturating_sub(mark.at as usize);
            if mark.at as usize <= range.start && !part.is_empty() {
                let after = |place: Option<Place>| place.map(|place| place.after(skipped));
                return Self::with_mark(part, after(mark.template), after(mark.value));
            }
        }
        let mut builder = TextBuilder::default();
        builder.push_slice(self, range);
        builder.finish()
    }

    /// The same without every occurrence of a string.
    pub(crate) fn without(self, removed: &str) -> Self {
        if removed.is_empty() || !self.content.contains(removed) {
            return self;
        }
        let mut builder = TextBuilder::default();
        let mut from = 0;
        for (at, found) in self.content.match_indices(removed) {
            builder.push_slice(&self, from..at);
            from = at + found.len();
        }
        builder.push_slice(&self, from..self.content.len());
        builder.finish()
    }

    /// The marks, to trace ranges with.
    pub(crate) fn as_trace(&self) -> Trace<'_> {
        Trace {
            text: &self.content,
            marks: self.marks.as_deref().unwrap_or_default(),
        }
    }

    /// Where the template has a range of the text.
    pub(crate) fn template_span(&self, range: Range<usize>) -> Option<Span> {
        self.as_trace().template(range)
    }

    /// Where a range of the text is to be edited.
    pub(crate) fn trace(&self, range: Range<usize>) -> Option<Traced> {
        self.as_trace().trace(range)
    }
}

/// Builds a text from parts.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    content: String,
    marks: Marks,
    empty: Vec<Mark>,
}

impl TextBuilder {
    /// None yet, with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            content: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// The text so far.
    pub(crate) fn as_str(&self) -> &str {
        &self.content
    }

    /// Adds text of no known place.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.push(text, None, None);
    }

    /// Adds text that comes from a template's place, a value's, or both.
    pub(crate) fn push(&mut self, text: &str, template: Option<Place>, value: Option<Place>) {
        if !text.is_empty() {
            self.marks.add(self.content.len(), template, value);
            self.content.push_str(text);
        }
    }

    /// Adds a part of a text.
    pub(crate) fn push_slice(&mut self, text: &Text, range: Range<usize>) {
        self.push_printed(text, range, None);
    }

    /// Adds a part of a text that an action prints; what has no place in a template gets the action's.
    pub(crate) fn push_printed(&mut self, text: &Text, range: Range<usize>, action: Option<Place>) {
        let Some(part) = text.content.get(range.clone()) else {
            return;
        };
        self.keep_empty(text, &range, action);
        self.marks.add_part(self.content.len(), text, range, action);
        self.content.push_str(part);
    }

    /// Keeps where empty values were printed, and that this is one.
    fn keep_empty(&mut self, text: &Text, range: &Range<usize>, action: Option<Place>) {
        let at = offset_u32(self.content.len());
        if let (true, Some(value)) = (text.is_empty(), text.value_place()) {
            self.empty.push(Mark {
                at,
                template: action,
                value: Some(value),
            });
        }
        let start = offset_u32(range.start);
        let marks = text.empty_marks();
        let first = marks.partition_point(|mark| (mark.at as usize) < range.start);
        let within = |mark: &&Mark| mark.at as usize <= range.end;
        let kept = marks[first..].iter().take_while(within);
        self.empty.extend(kept.map(|mark| Mark {
            at: at + (mark.at - start),
            template: mark.template.or(action),
            ..*mark
        }));
    }

    /// The text.
    pub(crate) fn finish(self) -> Text {
        Text {
            content: Arc::from(self.content),
            marks: self.marks.finish(),
            empty: (!self.empty.is_empty()).then(|| Arc::from(self.empty)),
        }
    }
}
