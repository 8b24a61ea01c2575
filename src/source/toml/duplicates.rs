//! Keys that are there twice.
//!
//! The parser tells where the second one is, but neither where the first is nor the second one's value.
//! So each second one is given a name of its own and the text parsed once more: its neighbour of the
//! old name is then the first.

use std::ops::Range;

/// A text with other names for some keys.
#[derive(Debug, Default)]
pub(super) struct Renamed {
    text: String,
    prefix: String,
    keys: Vec<RenamedKey>,
}

#[derive(Debug)]
struct RenamedKey {
    old: Range<usize>,
    new: Range<usize>,
}

impl Renamed {
    pub(super) fn new(original: &str, mut ranges: Vec<Range<usize>>) -> Self {
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut prefix = "duplicate-".to_owned();
        while original.contains(&prefix) {
            prefix.push('-');
        }
        let mut text = String::new();
        let mut keys: Vec<RenamedKey> = Vec::new();
        let mut copied = 0;
        for old in ranges {
            if old.start < copied {
                continue;
            }
            text.push_str(original.get(copied..old.start).unwrap_or_default());
            let start = text.len();
            text.push_str(&format!("{prefix}{}", keys.len()));
            copied = old.end;
            let new = start..text.len();
            keys.push(RenamedKey { old, new });
        }
        text.push_str(original.get(copied..).unwrap_or_default());
        Self { text, prefix, keys }
    }

    /// The text with the other names.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The original range of a renamed key.
    pub(super) fn original_key(&self, name: &str) -> Option<Range<usize>> {
        if self.keys.is_empty() {
            return None;
        }
        let number: usize = name.strip_prefix(&self.prefix)?.parse().ok()?;
        self.keys.get(number).map(|key| key.old.clone())
    }

    /// The original ranges of all renamed keys.
    pub(super) fn originals(&self) -> impl Iterator<Item = Range<usize>> {
        self.keys.iter().map(|key| key.old.clone())
    }

    /// Where in the original text a range of the changed one is.
    pub(super) fn original_range(&self, range: Range<usize>) -> Range<usize> {
        self.original_offset(range.start, false)..self.original_offset(range.end, true)
    }

    fn original_offset(&self, offset: usize, is_end: bool) -> usize {
        let before = self.keys.partition_point(|key| key.new.end <= offset);
        let base = before
            .checked_sub(1)
            .and_then(|last| self.keys.get(last))
            .map_or((0, 0), |key| (key.new.end, key.old.end));
        match self.keys.get(before) {
            Some(key) if key.new.start < offset => {
                if is_end {
                    key.old.end
                } else {
                    key.old.start
                }
            }
            _ => base.1 + (offset - base.0),
        }
    }
}
