//! Source lines with everything masked that is neither a name nor what a finding is about.

use std::ops::Range;

use crate::source::{Source, offset_u32};

/// Lines of a source, masked, and where ranges of the source lie in them.
pub(super) struct Masked {
    /// The lines.
    pub(super) text: String,
    /// The number of the first line, from 1.
    pub(super) first_line: usize,
    /// The ranges asked for, in the order they were given.
    pub(super) ranges: Vec<Range<usize>>,
}

/// What stands for a value; what it hides must not be told by its length.
const MASK: char = '…';

/// How many lines around a range are shown, if they lie between two.
const CONTEXT: usize = 2;

/// The longest run of brackets and the like that is taken for structure.
const STRUCTURE: usize = 8;

/// Masks the lines that `ranges` lie in. A range is shown if its flag says so, and masked otherwise. Lines
/// between two that are far from both are left empty.
///
/// What is masked before the last range of a line keeps its length, so that columns stay right; what is
/// masked from there on is one sign.
pub(super) fn mask(source: &Source, ranges: &[(Range<usize>, bool)]) -> Masked {
    let lines: Vec<Range<usize>> = ranges
        .iter()
        .map(|(range, _)| lines_of(source, range))
        .collect();
    let first = lines.iter().map(|lines| lines.start).min().unwrap_or(0);
    let last = lines.iter().map(|lines| lines.end).max().unwrap_or(0);
    let mut out = String::new();
    let mut boundaries: Vec<(usize, usize)> = Vec::new();
    for line in first..=last {
        let near = lines
            .iter()
            .any(|lines| lines.start <= line + CONTEXT && line <= lines.end + CONTEXT);
        if near {
            mask_line(source, line, ranges, &mut out, &mut boundaries);
        }
        out.push('\n');
    }
    let place = |offset: usize| {
        let position = boundaries.partition_point(|(original, _)| *original < offset);
        boundaries
            .get(position)
            .map_or(out.len().saturating_sub(1), |(_, masked)| *masked)
    };
    let ranges = ranges
        .iter()
        .map(|(range, _)| place(range.start)..place(range.end))
        .collect();
    Masked {
        text: out,
        first_line: first + 1,
        ranges,
    }
}

/// The first and the last line of a range.
pub(super) fn lines_of(source: &Source, range: &Range<usize>) -> Range<usize> {
    let line_of = |offset: usize| source.line_of(offset_u32(offset));
    line_of(range.start)..line_of(range.end.max(range.start + 1) - 1)
}

fn mask_line(
    source: &Source,
    line: usize,
    ranges: &[(Range<usize>, bool)],
    out: &mut String,
    boundaries: &mut Vec<(usize, usize)>,
) {
    let line = source.line_range(line);
    let text = &source.text()[line.clone()];
    let concerned: Vec<&(Range<usize>, bool)> = ranges
        .iter()
        .filter(|(range, _)| range.start <= line.end && line.start <= range.end)
        .collect();
    // A range that is masked itself has no length to keep.
    let exact_until = concerned
        .iter()
        .map(|(range, shown)| if *shown { range.end } else { range.start })
        .map(|offset| offset.min(line.end))
        .max()
        .unwrap_or(line.start);
    let names = source.painted().names.cover(&line);
    let labelled = |offset: usize| {
        concerned
            .iter()
            .any(|(range, shown)| *shown && range.contains(&offset))
    };
    let structure = structure(source, &line, &names);
    let mut masking = false;
    for (index, character) in text.char_indices() {
        let offset = line.start + index;
        boundaries.push((offset, out.len()));
        let shown = character == ' '
            || structure.get(index).copied().unwrap_or(false)
            || names.get(index).copied().unwrap_or(false)
            || labelled(offset);
        if shown {
            masking = false;
            out.push(character);
        } else if offset < exact_until {
            masking = false;
            out.push('*');
        } else if !masking {
            masking = true;
            out.push(MASK);
        }
    }
    boundaries.push((line.end, out.len()));
}

/// Which bytes of a line are the brackets, quotes and commas between names and values. A comment is none of
/// them, nor is what no reader could read: it may be a secret made of nothing but signs.
fn structure(source: &Source, line: &Range<usize>, names: &[bool]) -> Vec<bool> {
    let text = &source.text().as_bytes()[line.clone()];
    let mut structure = vec![false; text.len()];
    let painted = source.painted();
    if !painted.names.touch(line) && !painted.values.touch(line) {
        // A bracket on a line of its own.
        let bare = text.trim_ascii();
        let bracket = bare.len() <= 2 && bare.iter().all(|byte| b"{}[](),".contains(byte));
        structure.fill(bracket);
        return structure;
    }
    let values = painted.values.cover(line);
    let is_name = |index: usize| names.get(index).copied().unwrap_or(false);
    let between =
        |index: usize| !text[index].is_ascii_whitespace() && !is_name(index) && !values[index];
    let mut start = 0;
    while start < text.len() {
        if !between(start) {
            structure[start] = text[start].is_ascii_whitespace() && !values[start];
            start += 1;
            continue;
        }
        let length = (start..text.len())
            .position(|index| !between(index))
            .unwrap_or(text.len() - start);
        let word = &text[start..start + length];
        if word.starts_with(b"#") || word.starts_with(b";") || word.starts_with(b"//") {
            break;
        }
        let known = word
            .iter()
            .all(|byte| b"{}[]():,=\"'-<|>`&+".contains(byte));
        // The dot between the parts of a TOML key.
        let dot = word == b"." && start > 0 && is_name(start - 1) && is_name(start + 1);
        if dot || known && length <= STRUCTURE {
            structure[start..start + length].fill(true);
        }
        start += length;
    }
    structure
}

#[cfg(test)]
mod tests;
