//! Which bytes of a text are names and which are values, to be asked for any line in no time.

use std::ops::{Range, RangeInclusive};

use super::{Token, TokenKind};

/// Disjoint runs of bytes, in order.
#[derive(Debug, Clone, Default)]
pub struct Runs(Vec<(u32, u32)>);

impl Runs {
    fn new(mut runs: Vec<(u32, u32)>) -> Self {
        #[expect(
            clippy::stable_sort_primitive,
            reason = "they are nearly in order, which only this one profits from"
        )]
        runs.sort();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
        for (start, end) in runs {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        Self(merged)
    }

    /// Of each byte of a range, whether it is in one of them.
    pub fn cover(&self, range: &Range<usize>) -> Vec<bool> {
        let mut covered = vec![false; range.len()];
        let next = self
            .0
            .partition_point(|(_, end)| *end as usize <= range.start);
        let touching = self.0[next..].iter();
        for (start, end) in touching.take_while(|(start, _)| (*start as usize) < range.end) {
            let start = (*start as usize).max(range.start) - range.start;
            let end = (*end as usize).min(range.end) - range.start;
            covered[start..end.max(start)].fill(true);
        }
        covered
    }

    /// The last of them that begins in a part of the text, both ends included.
    pub fn last_beginning_in(&self, part: &RangeInclusive<usize>) -> Option<Range<usize>> {
        let next = self
            .0
            .partition_point(|(start, _)| *start as usize <= *part.end());
        let (start, end) = self.0.get(next.checked_sub(1)?)?;
        let run = *start as usize..*end as usize;
        part.contains(&run.start).then_some(run)
    }

    /// Whether a byte of a range is in one of them.
    pub fn touch(&self, range: &Range<usize>) -> bool {
        let next = self
            .0
            .partition_point(|(start, _)| (*start as usize) < range.end);
        next.checked_sub(1)
            .and_then(|last| self.0.get(last))
            .is_some_and(|(_, end)| range.start < *end as usize)
    }
}

/// What the readers found a text to consist of.
#[derive(Debug, Clone, Default)]
pub struct Painted {
    /// Names, which may be shown.
    pub names: Runs,
    /// Values, which may not.
    pub values: Runs,
}

impl Painted {
    pub(super) fn new(tokens: impl ExactSizeIterator<Item = Token>) -> Self {
        let mut names = Vec::with_capacity(tokens.len());
        let mut values = Vec::with_capacity(tokens.len());
        let mut containers = Vec::new();
        for token in tokens {
            let of_its_kind = match token.kind {
                TokenKind::Key => &mut names,
                TokenKind::Scalar => &mut values,
                TokenKind::Container => &mut containers,
            };
            of_its_kind.push((token.span.start, token.span.end));
        }
        // Of what was read as a document of its own the inner tokens count.
        containers.sort_unstable();
        values.retain(|range| containers.binary_search(range).is_err());
        Self {
            names: Runs::new(names),
            values: Runs::new(values),
        }
    }
}
