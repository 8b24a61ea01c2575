//! A text to be read, wherever it sits.

mod lines;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

#[cfg(feature = "helm")]
use self::lines::split_lines;
use self::lines::{Line, changed_lines, literal_lines, outer_offset, outer_offset_after};
#[cfg(feature = "helm")]
use super::sources::LaterMarks;
use super::sources::offset_u32;
use super::{Node, Problem, SourceId, Sources, Span, TokenKind};

/// A text to be read, and how its bytes map to those of the source it sits in.
#[derive(Debug, Clone)]
pub struct Fragment {
    text: Arc<str>,
    source: SourceId,
    map: OffsetMap,
}

#[derive(Debug, Clone)]
enum OffsetMap {
    /// Inner byte `n` is outer byte `base + n`.
    Shifted(u32),
    /// For each inner line, where it begins inside and outside, and where its text ends outside.
    Lines(Vec<Line>),
    /// Nothing finer is known than the whole.
    Whole(Span),
    /// What was rendered from several files, each byte with its place; of what has none, the whole.
    #[cfg(feature = "helm")]
    Rendered(Arc<LaterMarks>, Span),
}

impl Fragment {
    /// A whole source.
    pub fn of_source(sources: &Sources, id: SourceId) -> Self {
        Self {
            text: sources.get(id).text().clone(),
            source: id,
            map: OffsetMap::Shifted(0),
        }
    }

    /// The text that a scalar stands for, so that a document in it can be read.
    ///
    /// Of a literal block scalar every line maps to the outer line, of a quoted or plain scalar without
    /// escapes every byte; of all others (folded, escaped, spread over lines) every span is the whole
    /// scalar's. Where values were put into the text after it was read, the lines that hold them still map:
    /// what is around a value exactly, the value itself to all that it replaced. `None` if the node is no
    /// scalar.
    pub fn of_scalar(sources: &mut Sources, node: &Node) -> Option<Self> {
        let fragment = Self::of_value(sources, node)?;
        if !fragment.is_inexact() {
            sources.note_token(node.span, TokenKind::Container);
        }
        Some(fragment)
    }

    /// The same, of a scalar that stays one value for whoever shows it: what no finding is about stays masked.
    pub(crate) fn of_value(sources: &mut Sources, node: &Node) -> Option<Self> {
        let scalar = node.as_scalar()?;
        let (text, map) = text_and_map(sources, node.span, &scalar.text);
        let fragment = Self {
            text,
            source: node.span.source,
            map,
        };
        fragment.note_inexact(sources);
        Some(fragment)
    }

    /// The same, for who only asks where its bytes lie: nothing is noted.
    #[cfg(feature = "helm")]
    pub(crate) fn of_text_unnoted(sources: &Sources, span: Span, text: Arc<str>) -> Self {
        let map = offset_map(sources, span, &text);
        Self {
            text,
            source: span.source,
            map,
        }
    }

    /// The text to be read.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Where a range of the text's bytes lies in the source.
    pub fn span(&self, range: Range<usize>) -> Span {
        let (start, end) = match &self.map {
            OffsetMap::Shifted(base) => (
                base.saturating_add(offset_u32(range.start)),
                base.saturating_add(offset_u32(range.end)),
            ),
            OffsetMap::Lines(lines) => {
                let start = outer_offset(lines, offset_u32(range.start));
                // The end belongs to the line of the last byte, not to the one after it.
                let end = if range.end > range.start {
                    outer_offset_after(lines, offset_u32(range.end - 1))
                } else {
                    start
                };
                (start, end)
            }
            OffsetMap::Whole(span) => return *span,
            #[cfg(feature = "helm")]
            OffsetMap::Rendered(marks, whole) => {
                let text = &*self.text;
                let traced = super::Trace { text, marks }.trace(range);
                return traced.map_or(*whole, |traced| traced.primary);
            }
        };
        Span {
            source: self.source,
            start,
            end,
        }
    }

    /// Each line of the text without its line break, and where it lies.
    #[cfg(feature = "helm")]
    pub(crate) fn lines(&self) -> impl Iterator<Item = (Range<usize>, Span)> {
        let lines = match &self.map {
            OffsetMap::Lines(lines) => lines.as_slice(),
            _ => &[],
        };
        let mut from = 0;
        let mut known = 0;
        split_lines(&self.text).map(move |line| {
            let content = line.strip_suffix('\n').unwrap_or(line);
            let range = from..from + content.len();
            from += line.len();
            // They come in their order, so each is near the one before.
            let start = offset_u32(range.start);
            let next = |known: usize| lines.get(known + 1);
            while next(known).is_some_and(|next| next.inner <= start) {
                known += 1;
            }
            let span = match lines.get(known) {
                Some(line) => self.span_in_line(line, &range),
                None => self.span(range.clone()),
            };
            (range, span)
        })
    }

    #[cfg(feature = "helm")]
    fn span_in_line(&self, line: &Line, range: &Range<usize>) -> Span {
        let start = line.start(offset_u32(range.start));
        let end = if range.is_empty() {
            start
        } else {
            line.end(offset_u32(range.end - 1))
        };
        Span {
            source: self.source,
            start,
            end,
        }
    }

    /// Notes the parts of it that stand in the source otherwise than in its text.
    fn note_inexact(&self, sources: &mut Sources) {
        match &self.map {
            OffsetMap::Shifted(_) => {}
            OffsetMap::Lines(lines) => {
                for (start, end) in lines.iter().filter_map(Line::changed_span) {
                    let source = self.source;
                    sources.note_inexact(Span { source, start, end });
                }
            }
            OffsetMap::Whole(span) => sources.note_inexact(*span),
            #[cfg(feature = "helm")]
            OffsetMap::Rendered(marks, _) => {
                for place in marks.iter().filter_map(|mark| mark.template) {
                    if !place.verbatim {
                        sources.note_inexact(place.span);
                    }
                }
            }
        }
    }

    /// Whether nothing finer than the whole is known of where its bytes lie.
    pub(super) fn is_inexact(&self) -> bool {
        matches!(self.map, OffsetMap::Whole(_))
    }

    /// Why the source that this fragment is the whole of is no text, if it is not.
    pub(super) fn defect<'a>(&self, sources: &'a Sources) -> Option<&'a Problem> {
        let source = sources.get(self.source);
        Arc::ptr_eq(&self.text, source.text())
            .then(|| source.defect())
            .flatten()
    }
}

/// A scalar's text, and how its bytes map to those of the source.
fn text_and_map(sources: &Sources, span: Span, text: &str) -> (Arc<str>, OffsetMap) {
    #[cfg(feature = "helm")]
    if let Some((text, marks)) = sources.rendering(span, text) {
        return (text, OffsetMap::Rendered(marks, span));
    }
    let text: Arc<str> = Arc::from(text);
    let map = offset_map(sources, span, &text);
    (text, map)
}

fn offset_map(sources: &Sources, span: Span, text: &Arc<str>) -> OffsetMap {
    let outer = sources.text(span);
    if let Some(offset) = verbatim_offset(outer, text) {
        OffsetMap::Shifted(span.start + offset_u32(offset))
    } else if let Some(lines) = literal_lines(outer, span.start, text) {
        OffsetMap::Lines(lines)
    } else if let Some(lines) = changed_lines(outer, span.start, text) {
        OffsetMap::Lines(lines)
    } else {
        OffsetMap::Whole(span)
    }
}

/// How a token may be enclosed that holds its text unchanged: YAML, JSON and TOML quotes, TOML's
/// multi-line ones with and without the line break that does not count, and Go's raw strings.
const QUOTES: [(&str, &str); 10] = [
    ("", ""),
    ("\"", "\""),
    ("'", "'"),
    ("`", "`"),
    ("\"\"\"\n", "\"\"\""),
    ("'''\n", "'''"),
    ("\"\"\"\r\n", "\"\"\""),
    ("'''\r\n", "'''"),
    ("\"\"\"", "\"\"\""),
    ("'''", "'''"),
];

/// Where a scalar's text begins in its token, if it stands there unchanged.
fn verbatim_offset(outer: &str, text: &str) -> Option<usize> {
    QUOTES
        .iter()
        .find(|(open, close)| {
            outer
                .strip_prefix(open)
                .and_then(|rest| rest.strip_suffix(close))
                == Some(text)
        })
        .map(|(open, _)| open.len())
}
