//! A text to be read, wherever it sits.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

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

#[derive(Debug, Clone, Copy)]
struct Line {
    inner: u32,
    outer: u32,
    outer_end: u32,
    /// Of a line that does not stand there unchanged: its length inside, and how many bytes at its
    /// beginning and its end are the same.
    changed: Option<Changed>,
}

#[derive(Debug, Clone, Copy)]
struct Changed {
    length: u32,
    before: u32,
    after: u32,
}

impl Line {
    /// Where something that begins at a byte of the text begins outside. What was put in stands for all
    /// that it replaced.
    fn start(&self, inner: u32) -> u32 {
        let offset = inner.saturating_sub(self.inner);
        let outer = match self.changed {
            Some(changed)
                if offset > changed.before
                    && offset < changed.length.saturating_sub(changed.after) =>
            {
                self.outer.saturating_add(changed.before)
            }
            Some(changed) if offset > changed.before => self.counted_from_end(offset, changed),
            _ => self.outer.saturating_add(offset),
        };
        outer.min(self.outer_end)
    }

    /// Where something ends outside whose last byte is this one.
    fn end(&self, last: u32) -> u32 {
        let offset = last.saturating_sub(self.inner).saturating_add(1);
        let outer = match self.changed {
            Some(changed) if offset > changed.before => self.counted_from_end(offset, changed),
            _ => self.outer.saturating_add(offset),
        };
        outer.min(self.outer_end)
    }

    /// What was replaced in it, outside.
    fn changed_span(&self) -> Option<(u32, u32)> {
        let changed = self.changed?;
        Some((
            self.outer.saturating_add(changed.before),
            self.outer_end.saturating_sub(changed.after),
        ))
    }

    fn counted_from_end(&self, offset: u32, changed: Changed) -> u32 {
        let left = changed.length.saturating_sub(offset).min(changed.after);
        self.outer_end.saturating_sub(left)
    }
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
        let scalar = node.as_scalar()?;
        #[cfg(feature = "helm")]
        if let Some((text, marks)) = sources.rendering(node.span, &scalar.text) {
            return Some(Self::rendered(sources, node.span, text, marks));
        }
        let text: Arc<str> = Arc::from(&*scalar.text);
        let map = offset_map(sources, node.span, &text);
        match &map {
            #[cfg(feature = "helm")]
            OffsetMap::Rendered(..) => {}
            OffsetMap::Whole(span) => sources.note_inexact(*span),
            OffsetMap::Lines(lines) => {
                for changed in lines.iter().filter_map(Line::changed_span) {
                    let (start, end) = changed;
                    sources.note_inexact(Span {
                        start,
                        end,
                        ..node.span
                    });
                }
                sources.note_token(node.span, TokenKind::Container);
            }
            OffsetMap::Shifted(_) => sources.note_token(node.span, TokenKind::Container),
        }
        Some(Self {
            text,
            source: node.span.source,
            map,
        })
    }

    /// The text of a scalar that was rendered.
    #[cfg(feature = "helm")]
    fn rendered(sources: &mut Sources, span: Span, text: Arc<str>, marks: Arc<LaterMarks>) -> Self {
        sources.note_token(span, TokenKind::Container);
        for place in marks.iter().filter_map(|mark| mark.template) {
            if !place.verbatim {
                sources.note_inexact(place.span);
            }
        }
        Self {
            text,
            source: span.source,
            map: OffsetMap::Rendered(marks, span),
        }
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

/// The lines of a text with their line breaks. Lines are short: this beats a search that is made for long ways
/// between two.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let line = first_line(rest);
        rest = &rest[line.len()..];
        (!line.is_empty()).then_some(line)
    })
}

/// The first line with its line break; empty if there is none.
fn first_line(text: &str) -> &str {
    let end = text.bytes().position(|byte| byte == b'\n');
    &text[..end.map_or(text.len(), |end| end + 1)]
}

/// A line without what ends it.
fn without_break(line: &str) -> &str {
    let is_content = |byte: &u8| !matches!(byte, b'\n' | b'\r');
    let last = line.as_bytes().iter().rposition(is_content);
    &line[..last.map_or(0, |last| last + 1)]
}

fn line_at(lines: &[Line], inner: u32) -> Option<&Line> {
    let after = lines.partition_point(|line| line.inner <= inner);
    lines.get(after.saturating_sub(1))
}

/// The line break inside may be shorter than the one outside, or be missing there, so a place past
/// the line's text is the end of that text.
fn outer_offset(lines: &[Line], inner: u32) -> u32 {
    line_at(lines, inner).map_or(0, |line| line.start(inner))
}

fn outer_offset_after(lines: &[Line], last: u32) -> u32 {
    line_at(lines, last).map_or(0, |line| line.end(last))
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

/// For each line of a literal block scalar's text, where it lies in the outer text: each line must
/// stand there unchanged but for its indentation.
fn literal_lines(outer: &str, base: u32, text: &str) -> Option<Vec<Line>> {
    let breaks = text.bytes().filter(|byte| *byte == b'\n');
    // Each line is pushed below, unless the text does not stand there.
    let mut lines = Vec::with_capacity(breaks.count().min(MAX_ROOM) + 1);
    let mut inner_offset = 0;
    let mut rest = outer;
    let mut indent = 0;
    for line in split_lines(text) {
        let content = without_break(line);
        let found = loop {
            let start = outer.len() - rest.len();
            // A token begins after its leading blank lines, and ends before those at its end.
            if content.is_empty() {
                let next = first_line(rest);
                if next.is_empty() || start == 0 && !next.trim().is_empty() {
                    break (start, start);
                }
            } else if let Some(after) = after_line(rest, indent, content) {
                rest = after;
                break (start + indent, start + indent + content.len());
            }
            let outer_line = first_line(rest);
            if outer_line.is_empty() {
                return None;
            }
            rest = &rest[outer_line.len()..];
            let outer_content = without_break(outer_line);
            if let Some(before) = outer_content.strip_suffix(content)
                && before.bytes().all(|byte| byte == b' ')
            {
                if !content.is_empty() {
                    indent = before.len();
                }
                break (start + before.len(), start + outer_content.len());
            }
        };
        let (outer_start, outer_end) = found;
        lines.push(Line {
            inner: offset_u32(inner_offset),
            outer: base.saturating_add(offset_u32(outer_start)),
            outer_end: base.saturating_add(offset_u32(outer_end)),
            changed: None,
        });
        inner_offset += line.len();
    }
    (!lines.is_empty()).then_some(lines)
}

/// For how many lines room is asked for at most before they are looked at.
const MAX_ROOM: usize = 4096;

/// What follows a line, if that is so many blanks and a content.
fn after_line<'t>(text: &'t str, indent: usize, content: &str) -> Option<&'t str> {
    let (blanks, rest) = text.split_at_checked(indent)?;
    let after = rest.strip_prefix(content)?.strip_prefix('\n')?;
    blanks.bytes().all(|byte| byte == b' ').then_some(after)
}

/// The same where values were put into some lines: as many lines, each with the indentation of the first,
/// or one line in quotes or none. At least one line must stand there unchanged, unless there is only one.
fn changed_lines(outer: &str, base: u32, text: &str) -> Option<Vec<Line>> {
    let inner_lines: Vec<&str> = text.trim_end_matches(['\n', '\r']).split('\n').collect();
    let inside = ["\"", "'"]
        .iter()
        .find_map(|quote| outer.strip_prefix(quote)?.strip_suffix(quote));
    let quoted = inside.is_some();
    let (outer, base) = match inside {
        // Escapes are no values that were put in.
        Some(inside) if inside.contains('\\') || inside.contains("''") => return None,
        Some(inside) => (inside, base.saturating_add(1)),
        None => (outer, base),
    };
    let outer_lines: Vec<&str> = outer.trim_end_matches(['\n', '\r']).split('\n').collect();
    if inner_lines.len() != outer_lines.len() || quoted && inner_lines.len() > 1 {
        return None;
    }
    // The token of a block scalar begins behind the indentation of its first line.
    let content = |line: &'_ str| line.trim_end_matches('\r').len();
    let indent_of = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let indent = inner_lines
        .iter()
        .zip(&outer_lines)
        .skip(1)
        .filter(|(inner, _)| !inner.trim().is_empty())
        .map(|(inner, outer)| indent_of(outer).checked_sub(indent_of(inner)))
        .min()
        .unwrap_or(Some(0))?;
    let mut lines = Vec::new();
    let (mut inner_offset, mut outer_offset) = (0, 0);
    let mut any_unchanged = inner_lines.len() == 1;
    for (number, (inner, outer)) in inner_lines.iter().zip(&outer_lines).enumerate() {
        let skipped = if number == 0 || outer.trim().is_empty() {
            0
        } else {
            indent
        };
        let inner_text = inner.get(..content(inner))?;
        let outer_text = outer.get(skipped..content(outer).max(skipped))?;
        let before = common_bytes(inner_text.chars(), outer_text.chars());
        let after = common_bytes(
            inner_text[before..].chars().rev(),
            outer_text[before..].chars().rev(),
        );
        let is_same = inner_text == outer_text;
        any_unchanged |= is_same;
        let start = base.saturating_add(offset_u32(outer_offset + skipped));
        lines.push(Line {
            inner: offset_u32(inner_offset),
            outer: start,
            outer_end: start.saturating_add(offset_u32(outer_text.len())),
            changed: (!is_same).then_some(Changed {
                length: offset_u32(inner_text.len()),
                before: offset_u32(before),
                after: offset_u32(after),
            }),
        });
        inner_offset += inner.len() + 1;
        outer_offset += outer.len() + 1;
    }
    any_unchanged.then_some(lines)
}

/// How many bytes two texts have in common, in whole characters.
fn common_bytes(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    one.zip(other)
        .take_while(|(one, other)| one == other)
        .map(|(one, _)| one.len_utf8())
        .sum()
}
