//! Text of which each character knows where it is written.

use std::ops::Range;

use crate::source::Span;

/// A character, or a part of a text that no file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// The character; `None`: any text.
    pub character: Option<char>,
    /// Where it is written.
    pub span: Span,
}

/// A text with the places of its characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letters {
    /// The characters.
    pub letters: Vec<Letter>,
    /// Where the text begins and, if it is empty, where it would be.
    pub start: Span,
}

impl Letters {
    /// The text, if all of it is known.
    pub fn text(&self) -> Option<String> {
        self.letters.iter().map(|letter| letter.character).collect()
    }

    /// The characters; `None` stands for what is not known.
    pub(super) fn characters(&self) -> impl Iterator<Item = Option<char>> {
        self.letters.iter().map(|letter| letter.character)
    }

    /// Where all of it is written.
    pub fn span(&self) -> Span {
        let mut spans = self.letters.iter().map(|letter| letter.span);
        let first = spans.next().unwrap_or(self.start);
        spans.fold(first, Span::to)
    }

    /// A part of it.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        let letters: Vec<Letter> = self.letters.get(range.clone()).unwrap_or_default().to_vec();
        let start = match (
            letters.first(),
            self.letters.get(range.start.wrapping_sub(1)),
        ) {
            (Some(first), _) => empty_at_start(first.span),
            (None, Some(before)) => empty_at_end(before.span),
            (None, None) => self.start,
        };
        Self { letters, start }
    }

    /// What stands before and behind its first `=`.
    pub(super) fn assignment(&self) -> Option<(Self, Self)> {
        let equals = self
            .characters()
            .position(|character| character == Some('='))?;
        Some((
            self.part(0..equals),
            self.part(equals + 1..self.letters.len()),
        ))
    }
}

/// The place before a span.
pub(super) fn empty_at_start(span: Span) -> Span {
    Span {
        end: span.start,
        ..span
    }
}

/// The place behind a span.
pub(super) fn empty_at_end(span: Span) -> Span {
    Span {
        start: span.end,
        ..span
    }
}

/// Whether a text may name a variable of a shell.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
    characters.next().is_some_and(is_first)
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}
