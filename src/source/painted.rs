//! Which bytes of a text are names and which are values, to be asked for any byte in no time.

use std::collections::HashSet;

use super::{Token, TokenKind};

/// Disjoint runs of bytes, in order.
#[derive(Debug, Clone, Default)]
pub struct Runs(Vec<(u32, u32)>);

impl Runs {
    fn new(mut runs: Vec<(u32, u32)>) -> Self {
        runs.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
        for (start, end) in runs {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        Self(merged)
    }

    /// Whether a byte is in one of them.
    pub fn contain(&self, offset: u32) -> bool {
        let next = self.0.partition_point(|(start, _)| *start <= offset);
        next.checked_sub(1)
            .and_then(|last| self.0.get(last))
            .is_some_and(|(_, end)| offset < *end)
    }

    /// Whether a byte of a range is in one of them.
    pub fn touch(&self, range: std::ops::Range<u32>) -> bool {
        let next = self.0.partition_point(|(start, _)| *start < range.end);
        next.checked_sub(1)
            .and_then(|last| self.0.get(last))
            .is_some_and(|(_, end)| range.start < *end)
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
    pub(super) fn new(tokens: &[Token]) -> Self {
        let of = |kind| {
            tokens
                .iter()
                .filter(move |token| token.kind == kind)
                .map(|token| (token.span.start, token.span.end))
        };
        // Of what was read as a document of its own the inner tokens count.
        let containers: HashSet<(u32, u32)> = of(TokenKind::Container).collect();
        Self {
            names: Runs::new(of(TokenKind::Key).collect()),
            values: Runs::new(
                of(TokenKind::Scalar)
                    .filter(|range| !containers.contains(range))
                    .collect(),
            ),
        }
    }
}
