//! Words of a shell script, and the variables in them.

use super::letters::{Letter, Letters, is_name};
use super::tokens::Reader;
use super::variables::{Found, MAX_VALUE};
use crate::source::Span;

/// How deep references may stand in the defaults of others.
const MAX_DEPTH: usize = 16;

/// A word of a script, before its variables are put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShellWord {
    pub(super) pieces: Vec<Piece>,
    /// Where it begins.
    pub(super) start: Span,
    /// Whether a part of it is in quotes, so that it is no word of the shell's own.
    pub(super) is_quoted: bool,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A character, or something that no file tells.
    Letter(Letter),
    /// A variable.
    Reference {
        name: String,
        /// What stands for a variable without a value.
        default: Option<Default>,
        /// Whether it is in quotes, so that its value stays one word.
        is_quoted: bool,
        span: Span,
    },
}

/// What stands for a variable without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Default {
    /// Whether it stands for an empty value, too.
    for_empty: bool,
    /// Whether the variable is set to it.
    assigns: bool,
    pieces: Vec<Piece>,
}

/// What a word needs to know of the variables.
pub(super) trait Lookup {
    /// What a variable holds.
    fn get(&mut self, name: &str) -> Found;
    /// Sets a variable to its default.
    fn set_default(&mut self, name: &str, span: Span, value: &Letters);
}

impl ShellWord {
    /// A word that no file tells.
    pub(super) fn untold(span: Span) -> Self {
        Self {
            pieces: vec![Piece::Letter(untold(span))],
            start: span,
            is_quoted: true,
        }
    }

    /// Its text, if it holds no variable and nothing unknown.
    pub(super) fn literal(&self) -> Option<String> {
        let characters = self.pieces.iter().map(|piece| match piece {
            Piece::Letter(letter) => letter.character,
            Piece::Reference { .. } => None,
        });
        characters.collect()
    }

    /// Whether this ASCII text is its text. A long word costs no more than a short one.
    pub(super) fn is(&self, text: &str) -> bool {
        let characters = text.chars().map(Some);
        self.pieces.len() == text.len()
            && self.pieces.iter().zip(characters).all(|(piece, character)| {
                matches!(piece, Piece::Letter(letter) if letter.character == character)
            })
    }

    /// The name of a variable that it assigns to, whether it adds to its value, and the value.
    pub(super) fn assignment(&self) -> Option<(Letters, bool, Self)> {
        let is_equals =
            |piece: &Piece| matches!(piece, Piece::Letter(letter) if letter.character == Some('='));
        let equals = self.pieces.iter().position(is_equals)?;
        let letters = self.pieces[..equals].iter().map(|piece| match piece {
            Piece::Letter(letter) => Some(*letter),
            Piece::Reference { .. } => None,
        });
        let mut letters: Vec<Letter> = letters.collect::<Option<_>>()?;
        let adds = letters.last().and_then(|last| last.character) == Some('+');
        letters.truncate(letters.len() - usize::from(adds));
        let name = Letters {
            letters,
            start: self.start,
        };
        is_name(&name.text()?).then_some(())?;
        let Some(Piece::Letter(sign)) = self.pieces.get(equals) else {
            return None;
        };
        let value = Self {
            pieces: self.pieces[equals + 1..].to_vec(),
            start: super::letters::empty_at_end(sign.span),
            is_quoted: self.is_quoted,
        };
        Some((name, adds, value))
    }

    /// The word with its variables put in. Where it becomes longer than any value may be, the rest is not known.
    pub(super) fn expand(&self, lookup: &mut dyn Lookup) -> Letters {
        let mut letters = Vec::new();
        expand(&self.pieces, lookup, &mut letters);
        Letters {
            letters,
            start: self.start,
        }
    }

    /// The same, as an argument: an unquoted value with blanks would become several.
    pub(super) fn expand_as_argument(&self, lookup: &mut dyn Lookup) -> Letters {
        let splits = self.pieces.iter().any(|piece| match piece {
            Piece::Reference {
                name,
                is_quoted: false,
                ..
            } => match lookup.get(name) {
                Found::Text(text) => text.contains(|sign: char| sign.is_whitespace()),
                Found::Unset => false,
                Found::Untold => true,
            },
            _ => false,
        });
        if splits {
            return Self::untold(self.start).expand(lookup);
        }
        self.expand(lookup)
    }
}

fn expand(pieces: &[Piece], lookup: &mut dyn Lookup, letters: &mut Vec<Letter>) {
    for piece in pieces {
        let (name, default, span) = match piece {
            Piece::Letter(letter) => {
                letters.push(*letter);
                continue;
            }
            Piece::Reference {
                name,
                default,
                span,
                ..
            } => (name, default, *span),
        };
        match (lookup.get(name), default) {
            (Found::Text(text), default)
                if !text.is_empty()
                    || !default.as_ref().is_some_and(|default| default.for_empty) =>
            {
                if letters.len() + text.len() > MAX_VALUE {
                    letters.push(untold(span));
                    return;
                }
                letters.extend(text.chars().map(|character| Letter {
                    character: Some(character),
                    span,
                }));
            }
            (Found::Text(_) | Found::Unset, Some(default)) => {
                let start = letters.len();
                expand(&default.pieces, lookup, letters);
                if default.assigns {
                    let value = Letters {
                        letters: letters[start..].to_vec(),
                        start: span,
                    };
                    lookup.set_default(name, span, &value);
                }
            }
            (Found::Text(_) | Found::Unset, None) => {}
            (Found::Untold, _) => letters.push(untold(span)),
        }
    }
}

pub(super) fn untold(span: Span) -> Letter {
    Letter {
        character: None,
        span,
    }
}

impl Reader<'_> {
    /// What begins with `$` or with a backtick.
    pub(super) fn expansion(&mut self, is_quoted: bool, depth: usize) -> Result<Piece, Span> {
        let start = self.at;
        let first = self.letters[start];
        self.at += 1;
        if first.character == Some('`') {
            loop {
                match self.letters.get(self.at).map(|letter| letter.character) {
                    None => return Err(first.span),
                    Some(Some('\\')) => self.at += 2,
                    Some(Some('`')) => break,
                    Some(_) => self.at += 1,
                }
            }
            self.at += 1;
            return Ok(Piece::Letter(untold(self.span_from(start))));
        }
        match self.peek(0) {
            Some('(') => self.skip_brackets('(', ')')?,
            Some('{') => {
                let open = self.at;
                self.skip_brackets('{', '}')?;
                let inner = self.letters.get(open + 1..self.at - 1).unwrap_or_default();
                let span = self.span_from(start);
                let reference = reference(inner, is_quoted, span, depth);
                return Ok(reference.unwrap_or(Piece::Letter(untold(span))));
            }
            Some(character) if character.is_ascii_alphabetic() || character == '_' => {
                let mut name = String::new();
                while let Some(character) = self
                    .peek(0)
                    .filter(|character| character.is_ascii_alphanumeric() || *character == '_')
                {
                    name.push(character);
                    self.at += 1;
                }
                return Ok(Piece::Reference {
                    name,
                    default: None,
                    is_quoted,
                    span: self.span_from(start),
                });
            }
            Some(character) if character.is_ascii_digit() || "@*#?-$!".contains(character) => {
                self.at += 1;
            }
            Some('\'') if !is_quoted => {
                // Escapes that only some shells know.
                self.at += 1;
                while let Some(letter) = self.letters.get(self.at) {
                    self.at += 1 + usize::from(letter.character == Some('\\'));
                    if letter.character == Some('\'') {
                        break;
                    }
                }
            }
            // A dollar sign alone; one before quotes changes nothing of what is in them.
            _ => return Ok(Piece::Letter(first)),
        }
        Ok(Piece::Letter(untold(self.span_from(start))))
    }

    fn span_from(&self, start: usize) -> Span {
        let end = self.at.min(self.letters.len());
        let letters = self.letters.get(start..end).unwrap_or_default();
        let first = self.letters[start].span;
        letters
            .iter()
            .fold(first, |whole, letter| whole.to(letter.span))
    }
}

/// What stands in `${…}`, if it is a variable, alone or with a default.
fn reference(inner: &[Letter], is_quoted: bool, span: Span, depth: usize) -> Option<Piece> {
    if depth >= MAX_DEPTH {
        return None;
    }
    let in_name = |letter: &Letter| {
        letter
            .character
            .is_some_and(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    let end = inner
        .iter()
        .position(|letter| !in_name(letter))
        .unwrap_or(inner.len());
    let name: String = inner[..end]
        .iter()
        .map(|letter| letter.character)
        .collect::<Option<_>>()?;
    is_name(&name).then_some(())?;
    let for_empty = inner.get(end).and_then(|letter| letter.character) == Some(':');
    let operator = end + usize::from(for_empty);
    let default = match inner.get(operator).map(|letter| letter.character) {
        None if !for_empty => None,
        // Without a value the shell ends.
        Some(Some('?')) => None,
        Some(Some(sign @ ('-' | '='))) => Some(Default {
            for_empty,
            assigns: sign == '=',
            pieces: pieces(&inner[operator + 1..], depth + 1)?,
        }),
        _ => return None,
    };
    Some(Piece::Reference {
        name,
        default,
        is_quoted,
        span,
    })
}

/// The parts of a default, quotes taken away; `None` if they cannot be read.
fn pieces(letters: &[Letter], depth: usize) -> Option<Vec<Piece>> {
    let mut reader = Reader::of_part(letters);
    let mut pieces = Vec::new();
    while let Some(letter) = letters.get(reader.at) {
        match letter.character {
            Some('"') => reader.at += 1,
            Some('$' | '`') => pieces.push(reader.expansion(true, depth).ok()?),
            Some('\'' | '\\') => return None,
            _ => {
                pieces.push(Piece::Letter(*letter));
                reader.at += 1;
            }
        }
    }
    Some(pieces)
}
