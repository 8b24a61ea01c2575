//! Source lines with everything masked that is neither a name nor what a finding is about.

use std::ops::Range;

use crate::source::{Source, TokenKind};

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

/// Masks the lines that `ranges` lie in. A range is shown if its flag says so, and masked otherwise.
///
/// What is masked before the last range of a line keeps its length, so that columns stay right; what is
/// masked from there on is one sign.
pub(super) fn mask(source: &Source, ranges: &[(Range<usize>, bool)]) -> Masked {
    let text = source.text();
    let line_of = |offset: usize| source.line_of(crate::source::offset_u32(offset));
    let first = ranges
        .iter()
        .map(|(range, _)| line_of(range.start))
        .min()
        .unwrap_or(0);
    let last = ranges
        .iter()
        .map(|(range, _)| line_of(range.end.max(range.start + 1) - 1))
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    let mut boundaries: Vec<(usize, usize)> = Vec::new();
    for line in first..=last {
        let line_range = source.line_range(line);
        let concerned: Vec<&(Range<usize>, bool)> = ranges
            .iter()
            .filter(|(range, _)| range.start <= line_range.end && line_range.start <= range.end)
            .collect();
        let shown = Shown::of_line(source, &line_range, &concerned);
        // A range that is masked itself has no length to keep.
        let exact_until = concerned
            .iter()
            .map(|(range, shown)| if *shown { range.end } else { range.start })
            .map(|offset| offset.min(line_range.end))
            .max()
            .unwrap_or(line_range.start);
        let mut masking = false;
        for (index, character) in text[line_range.clone()].char_indices() {
            let offset = line_range.start + index;
            boundaries.push((offset, out.len()));
            if shown.is(offset, character) {
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
        boundaries.push((line_range.end, out.len()));
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

/// What of a line may be shown.
struct Shown {
    names: Vec<Range<usize>>,
    values: Vec<Range<usize>>,
    labels: Vec<Range<usize>>,
    /// Whether a reader has told names and values of this text apart.
    read: bool,
}

impl Shown {
    fn of_line(source: &Source, line: &Range<usize>, concerned: &[&(Range<usize>, bool)]) -> Self {
        let mut shown = Self {
            names: Vec::new(),
            values: Vec::new(),
            labels: concerned
                .iter()
                .filter(|(_, shown)| *shown)
                .map(|(range, _)| range.clone())
                .collect(),
            read: !source.tokens().is_empty(),
        };
        for token in source.tokens() {
            let range = token.span.start as usize..token.span.end as usize;
            if range.start < line.end && line.start < range.end {
                match token.kind {
                    TokenKind::Key => shown.names.push(range),
                    TokenKind::Scalar => shown.values.push(range),
                    TokenKind::Container => {
                        // Its inner tokens count; the scalar it was read as first does not.
                        shown.values.retain(|value| *value != range);
                    }
                }
            }
        }
        shown
    }

    fn is(&self, offset: usize, character: char) -> bool {
        let within = |ranges: &[Range<usize>]| ranges.iter().any(|range| range.contains(&offset));
        let structure =
            self.read && (character.is_ascii_punctuation() || character.is_whitespace());
        within(&self.labels)
            || within(&self.names)
            || structure && !within(&self.values)
            || character == ' '
    }
}
