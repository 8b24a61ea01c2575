//! Reads regular expressions.

use super::{Class, MAX_NESTING, MAX_REPEAT, Tree};

/// Reads an expression.
pub(super) struct Parser<'a> {
    pub(super) characters: &'a [char],
    pub(super) position: usize,
    pub(super) depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.position += usize::from(found);
        found
    }

    pub(super) fn alternatives(&mut self) -> Option<Tree> {
        let mut items = vec![self.sequence()?];
        while self.take('|') {
            items.push(self.sequence()?);
        }
        Some(if items.len() == 1 {
            items.pop()?
        } else {
            Tree::Either(items)
        })
    }

    fn sequence(&mut self) -> Option<Tree> {
        let mut items = Vec::new();
        while let Some(character) = self.peek() {
            if matches!(character, '|' | ')') {
                break;
            }
            let item = self.item()?;
            items.push(self.repeated(item)?);
        }
        Some(if items.is_empty() {
            Tree::Empty
        } else {
            Tree::Sequence(items)
        })
    }

    fn item(&mut self) -> Option<Tree> {
        let character = self.peek()?;
        self.position += 1;
        Some(match character {
            '.' => Tree::Class(Class {
                any: true,
                ..Class::default()
            }),
            '^' => Tree::Start,
            '$' => Tree::End,
            '(' => {
                if self.depth == MAX_NESTING {
                    return None;
                }
                if self.take('?') && !self.take(':') {
                    return None;
                }
                self.depth += 1;
                let tree = self.alternatives()?;
                self.depth -= 1;
                if !self.take(')') {
                    return None;
                }
                tree
            }
            '[' => Tree::Class(self.class()?),
            '\\' => self.escape()?,
            '*' | '+' | '?' => return None,
            other => Tree::Class(Class::one(other)),
        })
    }

    fn repeated(&mut self, item: Tree) -> Option<Tree> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.bounds() {
                Some(bounds) => bounds,
                None => return Some(item),
            },
            _ => return Some(item),
        };
        // What says how often: one sign, or the brace that closes the bounds.
        self.position += 1;
        // Whether it takes as much or as little as it can does not change whether it fits.
        self.take('?');
        let is_nested = matches!(self.peek(), Some('*' | '+' | '?'))
            || self.peek() == Some('{') && self.bounds().is_some();
        if is_nested {
            return None;
        }
        Some(Tree::Repeat(Box::new(item), least, most))
    }

    /// `{2}`, `{2,}`, `{2,5}`, up to the closing brace; anything else is text.
    fn bounds(&mut self) -> Option<(usize, Option<usize>)> {
        let rest = self.characters.get(self.position + 1..)?;
        let length = rest.iter().position(|character| *character == '}')?;
        let text: String = rest.get(..length)?.iter().collect();
        let (least, most) = match text.split_once(',') {
            None => {
                let least = text.parse().ok()?;
                (least, Some(least))
            }
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
            return None;
        }
        self.position += 1 + length;
        Some((least, most))
    }

    fn escape(&mut self) -> Option<Tree> {
        let character = self.peek()?;
        self.position += 1;
        Some(match character {
            'A' => Tree::Start,
            'z' => Tree::End,
            _ => Tree::Class(escaped(character)?),
        })
    }

    fn class(&mut self) -> Option<Class> {
        let mut class = Class {
            negated: self.take('^'),
            ..Class::default()
        };
        let mut first = true;
        loop {
            let character = self.peek()?;
            self.position += 1;
            if character == ']' && !first {
                return Some(class);
            }
            first = false;
            let start = match character {
                '[' if self.peek() == Some(':') => return None,
                '\\' => {
                    let escape = self.peek()?;
                    self.position += 1;
                    let inner = escaped(escape)?;
                    if inner.negated {
                        return None;
                    }
                    if !matches!(inner.ranges.as_slice(), [(one, other)] if one == other) {
                        class.ranges.extend(inner.ranges);
                        continue;
                    }
                    inner.ranges.first()?.0
                }
                other => other,
            };
            let is_range = self.peek() == Some('-')
                && self
                    .characters
                    .get(self.position + 1)
                    .is_some_and(|next| *next != ']');
            if !is_range {
                class.ranges.push((start, start));
                continue;
            }
            self.position += 1;
            let mut end = self.peek()?;
            self.position += 1;
            if end == '\\' {
                end = self.peek()?;
                self.position += 1;
            }
            if end < start {
                return None;
            }
            class.ranges.push((start, end));
        }
    }
}

fn escaped(character: char) -> Option<Class> {
    let ranges = match character.to_ascii_lowercase() {
        'd' => vec![('0', '9')],
        'w' => vec![('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        's' => vec![(' ', ' '), ('\t', '\n'), ('\r', '\r'), ('\u{c}', '\u{c}')],
        _ => {
            return match character {
                'n' => Some(Class::one('\n')),
                't' => Some(Class::one('\t')),
                'r' => Some(Class::one('\r')),
                _ if character.is_ascii_alphanumeric() => None,
                _ => Some(Class::one(character)),
            };
        }
    };
    let negated = character.is_ascii_uppercase();
    Some(Class {
        negated,
        ranges,
        any: false,
    })
}
