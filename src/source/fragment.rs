//! A text to be read, wherever it sits.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

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
}

#[derive(Debug, Clone, Copy)]
struct Line {
    inner: u32,
    outer: u32,
    outer_end: u32,
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
    /// scalar's. `None` if the node is no scalar.
    pub fn of_scalar(sources: &mut Sources, node: &Node) -> Option<Self> {
        let text: Arc<str> = Arc::from(&*node.as_scalar()?.text);
        let outer = sources.text(node.span);
        let map = if let Some(offset) = verbatim_offset(outer, &text) {
            OffsetMap::Shifted(node.span.start + offset_u32(offset))
        } else if let Some(lines) = literal_lines(outer, node.span.start, &text) {
            OffsetMap::Lines(lines)
        } else {
            OffsetMap::Whole(node.span)
        };
        if !matches!(map, OffsetMap::Whole(_)) {
            sources.note_token(node.span, TokenKind::Container);
        }
        Some(Self {
            text,
            source: node.span.source,
            map,
        })
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
        };
        Span {
            source: self.source,
            start,
            end,
        }
    }

    /// Why the source that this fragment is the whole of is no text, if it is not.
    pub(super) fn defect<'a>(&self, sources: &'a Sources) -> Option<&'a Problem> {
        let source = sources.get(self.source);
        Arc::ptr_eq(&self.text, source.text())
            .then(|| source.defect())
            .flatten()
    }
}

fn line_at(lines: &[Line], inner: u32) -> Option<&Line> {
    let after = lines.partition_point(|line| line.inner <= inner);
    lines.get(after.saturating_sub(1))
}

/// The line break inside may be shorter than the one outside, or be missing there, so a place past
/// the line's text is the end of that text.
fn outer_offset(lines: &[Line], inner: u32) -> u32 {
    line_at(lines, inner).map_or(0, |line| {
        let outer = line.outer.saturating_add(inner.saturating_sub(line.inner));
        outer.min(line.outer_end)
    })
}

fn outer_offset_after(lines: &[Line], last: u32) -> u32 {
    line_at(lines, last).map_or(0, |line| {
        let outer = line.outer.saturating_add(last.saturating_sub(line.inner));
        outer.saturating_add(1).min(line.outer_end)
    })
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
/// stand there unchanged but for its indentation, and for variables `$(NAME)` that were replaced.
fn literal_lines(outer: &str, base: u32, text: &str) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    let mut line_offset = 0;
    let mut outer_offset = 0;
    let mut outer_lines = outer.split_inclusive('\n').peekable();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let mut inner_offset = line_offset;
        let found = loop {
            // A token begins after its leading blank lines, and ends before those at its end.
            let is_after_or_before = outer_lines
                .peek()
                .is_none_or(|outer_line| outer_offset == 0 && !outer_line.trim().is_empty());
            if content.is_empty() && is_after_or_before {
                break (outer_offset, outer_offset);
            }
            let outer_line = outer_lines.next()?;
            let start = outer_offset;
            outer_offset += outer_line.len();
            let outer_content = outer_line.trim_end_matches(['\n', '\r']);
            if let Some(indent) = outer_content.strip_suffix(content)
                && indent.bytes().all(|byte| byte == b' ')
            {
                break (start + indent.len(), start + outer_content.len());
            }
            if let Some(replaced) = Replaced::new(outer_content, content) {
                let place = |offset: usize| base.saturating_add(offset_u32(start + offset));
                lines.push(Line {
                    inner: offset_u32(inner_offset),
                    outer: place(replaced.indent),
                    outer_end: place(replaced.outer_end),
                });
                inner_offset += replaced.inner_end;
                break (start + replaced.outer_end, start + outer_content.len());
            }
        };
        let (outer_start, outer_end) = found;
        lines.push(Line {
            inner: offset_u32(inner_offset),
            outer: base.saturating_add(offset_u32(outer_start)),
            outer_end: base.saturating_add(offset_u32(outer_end)),
        });
        line_offset += line.len();
    }
    (!lines.is_empty()).then_some(lines)
}

/// A line in which the values of variables were put where `$(NAME)` is written.
struct Replaced {
    /// Where the line's text begins outside.
    indent: usize,
    /// Where what follows the last variable begins, outside and inside.
    outer_end: usize,
    inner_end: usize,
}

impl Replaced {
    /// `None` if what differs does not begin with `$(` and end with `)` outside.
    fn new(outer: &str, inner: &str) -> Option<Self> {
        let indentation = |text: &str| text.len() - text.trim_start_matches(' ').len();
        let indent = indentation(outer).checked_sub(indentation(inner))?;
        let written = outer.get(indent..)?;
        let pairs = written.char_indices().zip(inner.chars());
        let before = pairs
            .take_while(|((_, one), other)| one == other)
            .map(|((offset, one), _)| offset + one.len_utf8())
            .last()
            .unwrap_or(0);
        let rest = (written.get(before..)?, inner.get(before..)?);
        let backwards = rest.0.chars().rev().zip(rest.1.chars().rev());
        let after: usize = backwards
            .take_while(|(one, other)| one == other)
            .map(|(one, _)| one.len_utf8())
            .sum();
        let differing = rest.0.get(..rest.0.len() - after)?;
        (differing.starts_with("$(") && differing.ends_with(')')).then(|| Self {
            indent,
            outer_end: outer.len() - after,
            inner_end: inner.len() - after,
        })
    }
}
