//! The lines of a file before and after changes, masked as in every report.

use std::ops::Range;

use super::mask::mask;
use crate::source::Source;

/// A change of a file, and whether what it replaces may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The bytes that are replaced; an empty range is a place to insert at.
    pub range: Range<usize>,
    /// What they are replaced by. It is shown.
    pub replacement: String,
    /// Whether the bytes that are replaced may be shown.
    pub shown: bool,
}

/// The lines of a file around its changes. What is neither a name nor changed is masked, and lines that are far from every change are
/// empty, so the two texts differ only by the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The number of the first line, from 1.
    pub first_line: usize,
    /// The lines as they are.
    pub before: String,
    /// The lines with the changes made.
    pub after: String,
}

/// Makes changes in the masked lines of a file. They are in the order of their ranges, of which no two overlap.
pub fn edited(source: &Source, changes: &[Change]) -> Edited {
    let ranges: Vec<(Range<usize>, bool)> = changes
        .iter()
        .map(|change| (change.range.clone(), change.shown))
        .collect();
    let masked = mask(source, &ranges);
    let (mut after, mut from) = (String::new(), 0);
    for (change, range) in changes.iter().zip(&masked.ranges) {
        after.push_str(&masked.text[from..range.start]);
        after.push_str(&change.replacement);
        from = range.end;
    }
    after.push_str(&masked.text[from..]);
    Edited {
        first_line: masked.first_line,
        before: masked.text,
        after,
    }
}
