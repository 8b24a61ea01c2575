//! A text with changes, which remembers what it was.

use std::ops::Range;
use std::sync::Arc;

use kvguard::emit::edited::Change;

/// A text that is changed several times. The changes are told as if they had been made at once.
#[derive(Debug, Clone)]
pub struct Pieces {
    old: Arc<str>,
    now: Vec<Piece>,
    /// What was replaced and may not be shown.
    hidden: Vec<Range<usize>>,
}

#[derive(Debug, Clone)]
enum Piece {
    /// Bytes of the old text.
    Kept(Range<usize>),
    New(String),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Kept(range) => range.len(),
            Self::New(text) => text.len(),
        }
    }

    /// What it is before a position in it, and from there on.
    fn split(self, at: usize) -> [Self; 2] {
        match self {
            Self::Kept(range) => {
                let middle = range.start + at;
                [
                    Self::Kept(range.start..middle),
                    Self::Kept(middle..range.end),
                ]
            }
            Self::New(mut text) => {
                let behind = text.split_off(at);
                [Self::New(text), Self::New(behind)]
            }
        }
    }
}

impl Pieces {
    pub fn new(old: Arc<str>) -> Self {
        Self {
            now: vec![Piece::Kept(0..old.len())],
            old,
            hidden: Vec::new(),
        }
    }

    /// The text before any change.
    pub fn old(&self) -> &Arc<str> {
        &self.old
    }

    /// The text as it is now.
    pub fn text(&self) -> String {
        let texts = self.now.iter().map(|piece| match piece {
            Piece::Kept(range) => &self.old[range.clone()],
            Piece::New(text) => text,
        });
        texts.collect()
    }

    /// Replaces a range of the text as it is now.
    pub fn change(&mut self, change: &Change) {
        let Range { start, end } = change.range;
        let mut pieces = Vec::with_capacity(self.now.len() + 2);
        let mut written = Some(Piece::New(change.replacement.clone()));
        let mut from = 0;
        for piece in self.now.drain(..) {
            let to = from + piece.len();
            let cut = |at: usize| at.clamp(from, to) - from;
            let [before, rest] = piece.split(cut(start));
            let [dropped, behind] = rest.split(cut(end) - cut(start));
            pieces.push(before);
            if start <= to {
                pieces.extend(written.take());
            }
            if let (Piece::Kept(range), false) = (dropped, change.shown) {
                self.hidden.push(range);
            }
            pieces.push(behind);
            from = to;
        }
        pieces.extend(written);
        pieces.retain(|piece| piece.len() > 0);
        self.now = pieces;
    }

    /// What was changed, as changes of the old text in the order of their places.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let (mut at, mut replacement) = (0, String::new());
        let end = Piece::Kept(self.old.len()..self.old.len());
        for piece in self.now.iter().chain([&end]) {
            let kept = match piece {
                Piece::New(text) => {
                    replacement.push_str(text);
                    continue;
                }
                Piece::Kept(range) => range,
            };
            let range = at..kept.start;
            at = kept.end;
            if range.is_empty() && replacement.is_empty() {
                continue;
            }
            let is_hidden =
                |hidden: &Range<usize>| hidden.start < range.end && range.start < hidden.end;
            changes.push(Change {
                shown: !self.hidden.iter().any(is_hidden),
                range,
                replacement: std::mem::take(&mut replacement),
            });
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Pieces};

    fn change(range: std::ops::Range<usize>, replacement: &str, shown: bool) -> Change {
        Change {
            range,
            replacement: replacement.to_owned(),
            shown,
        }
    }

    #[test]
    fn changes_of_several_rounds_are_told_as_changes_of_the_old_text() {
        let mut pieces = Pieces::new("one two three".into());
        assert_eq!(pieces.changes(), []);
        pieces.change(&change(4..7, "2", true));
        assert_eq!(pieces.text(), "one 2 three");
        pieces.change(&change(0..0, "zero ", true));
        assert_eq!(pieces.text(), "zero one 2 three");
        // It is as long as what is new, and goes beyond it.
        pieces.change(&change(9..11, "2, 3 or", false));
        assert_eq!(pieces.text(), "zero one 2, 3 orthree");
        pieces.change(&change(21..21, "!", true));
        assert_eq!(pieces.text(), "zero one 2, 3 orthree!");
        assert_eq!(
            pieces.changes(),
            [
                change(0..0, "zero ", true),
                change(4..8, "2, 3 or", false),
                change(13..13, "!", true),
            ]
        );
        assert_eq!(&**pieces.old(), "one two three");
    }

    #[test]
    fn what_is_inserted_in_an_empty_text_is_a_change() {
        let mut pieces = Pieces::new("".into());
        pieces.change(&change(0..0, "all", true));
        assert_eq!(pieces.text(), "all");
        assert_eq!(pieces.changes(), [change(0..0, "all", true)]);
    }
}
