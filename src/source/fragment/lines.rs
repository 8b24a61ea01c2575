//! The lines of a scalar's text, and where each stands in the source.

use crate::source::bytes::{line_breaks, position};
use crate::source::offset_u32;

#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) inner: u32,
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
    pub(super) fn start(&self, inner: u32) -> u32 {
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
    pub(super) fn end(&self, last: u32) -> u32 {
        let offset = last.saturating_sub(self.inner).saturating_add(1);
        let outer = match self.changed {
            Some(changed) if offset > changed.before => self.counted_from_end(offset, changed),
            _ => self.outer.saturating_add(offset),
        };
        outer.min(self.outer_end)
    }

    /// What was replaced in it, outside.
    pub(super) fn changed_span(&self) -> Option<(u32, u32)> {
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

fn line_at(lines: &[Line], inner: u32) -> Option<&Line> {
    let after = lines.partition_point(|line| line.inner <= inner);
    lines.get(after.saturating_sub(1))
}

/// The line break inside may be shorter than the one outside, or be missing there, so a place past
/// the line's text is the end of that text.
pub(super) fn outer_offset(lines: &[Line], inner: u32) -> u32 {
    line_at(lines, inner).map_or(0, |line| line.start(inner))
}

pub(super) fn outer_offset_after(lines: &[Line], last: u32) -> u32 {
    line_at(lines, last).map_or(0, |line| line.end(last))
}

/// For each line of a literal block scalar's text, where it lies in the outer text: each line must
/// stand there unchanged but for its indentation.
pub(super) fn literal_lines(outer: &str, base: u32, text: &str) -> Option<Vec<Line>> {
    // Each line is pushed below, unless the text does not stand there.
    let mut lines = Vec::with_capacity(line_breaks(text.as_bytes()).min(MAX_ROOM) + 1);
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
pub(super) fn changed_lines(outer: &str, base: u32, text: &str) -> Option<Vec<Line>> {
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

/// The lines of a text with their line breaks.
pub(super) fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let line = first_line(rest);
        rest = &rest[line.len()..];
        (!line.is_empty()).then_some(line)
    })
}

/// The first line with its line break; empty if there is none.
fn first_line(text: &str) -> &str {
    let end = position(text.as_bytes(), b'\n');
    &text[..end.map_or(text.len(), |end| end + 1)]
}

/// A line without what ends it.
fn without_break(line: &str) -> &str {
    let is_content = |byte: &u8| !matches!(byte, b'\n' | b'\r');
    let last = line.as_bytes().iter().rposition(is_content);
    &line[..last.map_or(0, |last| last + 1)]
}
