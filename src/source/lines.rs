//! Where the lines and characters of a text begin.

use std::ops::Range;

use super::bytes::{count_few, position};

/// How far apart the bytes are of which it is noted what comes before them: so that a place in many megabytes
/// is found without a walk through them.
const STRIDE: usize = 128;

/// Finds lines and columns.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    /// For each [`STRIDE`]th byte of the text.
    before: Vec<Before>,
}

/// What comes before a byte.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    line_breaks: u32,
    characters: u32,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let mut before = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut sum = Before::default();
        for block in text.as_bytes().chunks(STRIDE) {
            before.push(sum);
            sum.line_breaks += line_breaks_in(block);
            sum.characters += characters_in(block);
        }
        before.push(sum);
        Self { before }
    }

    /// The line that a byte is in, from 0.
    pub(super) fn line_of(&self, text: &str, offset: usize) -> usize {
        let (before, rest) = self.up_to(text, offset);
        (before.line_breaks + line_breaks_in(rest)) as usize
    }

    /// How many characters begin before a byte.
    pub(super) fn characters_before(&self, text: &str, offset: usize) -> usize {
        let (before, rest) = self.up_to(text, offset);
        (before.characters + characters_in(rest)) as usize
    }

    /// The bytes of a line, what ends it excluded; empty past the end.
    pub(super) fn range_of(&self, text: &str, line: usize) -> Range<usize> {
        let Some(start) = self.start_of(text, line) else {
            return text.len()..text.len();
        };
        let rest = &text.as_bytes()[start..];
        let content = &rest[..position(rest, b'\n').unwrap_or(rest.len())];
        let last = content.iter().rposition(|byte| *byte != b'\r');
        start..start + last.map_or(0, |last| last + 1)
    }

    /// Where a line begins; `None` past the end.
    fn start_of(&self, text: &str, line: usize) -> Option<usize> {
        if line == 0 {
            return Some(0);
        }
        let is_before = |before: &Before| (before.line_breaks as usize) < line;
        let block = self.before.partition_point(is_before).checked_sub(1)?;
        let missing = line - self.before[block].line_breaks as usize;
        let from = block * STRIDE;
        let rest = text.as_bytes().get(from..)?.iter().enumerate();
        let mut breaks = rest.filter(|(_, byte)| **byte == b'\n');
        breaks.nth(missing - 1).map(|(at, _)| from + at + 1)
    }

    /// What is noted before a byte, and the bytes between the two.
    fn up_to<'t>(&self, text: &'t str, offset: usize) -> (Before, &'t [u8]) {
        let offset = offset.min(text.len());
        let block = offset / STRIDE;
        let before = self.before.get(block).copied().unwrap_or_default();
        (before, &text.as_bytes()[block * STRIDE..offset])
    }
}

fn line_breaks_in(bytes: &[u8]) -> u32 {
    count_few(bytes, |byte| byte == b'\n')
}

/// How many characters begin in some bytes.
fn characters_in(bytes: &[u8]) -> u32 {
    count_few(bytes, |byte| (byte & 0xc0) != 0x80)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Lines;

    proptest! {
        #[test]
        fn lines_and_columns_are_those_that_counting_gives(
            parts in prop::collection::vec("[a-é]{0,9}(\n|\r\n|\r|)", 0..400),
        ) {
            let text = parts.concat();
            let lines = Lines::new(&text);
            let mut starts = vec![0];
            starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
            for (number, start) in starts.iter().enumerate() {
                let end = starts.get(number + 1).copied().unwrap_or(text.len());
                let content = text[*start..end].trim_end_matches(['\n', '\r']);
                prop_assert_eq!(lines.range_of(&text, number), *start..*start + content.len());
                for at in *start..end {
                    prop_assert_eq!(lines.line_of(&text, at), number);
                }
            }
            prop_assert_eq!(lines.range_of(&text, starts.len()), text.len()..text.len());
            for (count, (at, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(lines.characters_before(&text, at), count);
            }
            prop_assert_eq!(lines.characters_before(&text, text.len()), text.chars().count());
        }
    }
}
