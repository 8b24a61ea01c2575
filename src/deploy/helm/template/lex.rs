//! Splits a template into texts and the tokens of its actions, as Go's `text/template/parse` does.

use std::ops::Range;

use crate::source::bytes::position;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Open,
    Close,
    Space,
    Assign,
    Declare,
    Pipe,
    Comma,
    LeftParenthesis,
    RightParenthesis,
    Dot,
    Field,
    Variable,
    Identifier,
    Number,
    Character,
    String,
    RawString,
    End,
}

/// A run of bytes of the template and what it is.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// Why a template cannot be split or parsed, and where.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxError {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl SyntaxError {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    parentheses: usize,
}

/// How many bytes of a template there are for each token, as a rule.
const BYTES_PER_TOKEN: usize = 32;

/// All tokens of a template. The last one is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::with_capacity(text.len() / BYTES_PER_TOKEN),
        parentheses: 0,
    };
    lexer.run()?;
    Ok(lexer.tokens)
}

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let range = self.at..self.at + length;
        self.at = range.end;
        self.tokens.push(Token { kind, range });
    }

    fn run(&mut self) -> Result<(), SyntaxError> {
        loop {
            let Some(offset) = opening(self.rest()) else {
                let length = self.rest().len();
                if length > 0 {
                    self.push(Kind::Text, length);
                }
                self.push(Kind::End, 0);
                return Ok(());
            };
            let open = self.at + offset;
            let after = self.text.get(open + 2..).unwrap_or_default();
            let trims = trims_left(after);
            let before = self.text.get(self.at..open).unwrap_or_default();
            let kept = if trims {
                before.trim_end_matches(SPACES)
            } else {
                before
            };
            if !kept.is_empty() {
                let length = kept.len();
                self.push(Kind::Text, length);
            }
            self.at = open;
            let marker = if trims { 2 } else { 0 };
            if after
                .get(marker..)
                .is_some_and(|rest| rest.starts_with("/*"))
            {
                self.comment(open, 2 + marker)?;
            } else {
                self.push(Kind::Open, 2);
                self.at += marker;
                self.parentheses = 0;
                self.action(open)?;
            }
        }
    }

    fn comment(&mut self, open: usize, lead: usize) -> Result<(), SyntaxError> {
        self.at += lead;
        let Some(end) = self.rest().get(2..).and_then(|rest| rest.find("*/")) else {
            return Err(SyntaxError::new(open, "unclosed comment"));
        };
        self.at += 2 + end + 2;
        let rest = self.rest();
        if rest.starts_with("}}") {
            self.at += 2;
        } else if closes_trimming(rest) {
            self.at += 4;
            self.skip_space();
        } else {
            return Err(SyntaxError::new(
                open,
                "comment ends before closing delimiter",
            ));
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(SPACES).len();
    }

    fn action(&mut self, open: usize) -> Result<(), SyntaxError> {
        loop {
            let rest = self.rest();
            if rest.starts_with("}}") || closes_trimming(rest) {
                if self.parentheses > 0 {
                    return Err(SyntaxError::new(self.at, "unclosed left paren"));
                }
                let trims = !rest.starts_with("}}");
                self.push(Kind::Close, if trims { 4 } else { 2 });
                if trims {
                    self.skip_space();
                }
                return Ok(());
            }
            let Some(first) = rest.chars().next() else {
                return Err(SyntaxError::new(open, "unclosed action"));
            };
            self.token(first)?;
        }
    }

    fn token(&mut self, first: char) -> Result<(), SyntaxError> {
        let rest = self.rest();
        let second = rest.chars().nth(1);
        match first {
            ' ' | '\t' | '\r' | '\n' => {
                let mut length = rest.len() - rest.trim_start_matches(SPACES).len();
                // The space before a closing `-}}` belongs to it.
                if closes_trimming(rest.get(length - 1..).unwrap_or_default()) {
                    length -= 1;
                }
                if length > 0 {
                    self.push(Kind::Space, length);
                }
            }
            '=' => self.push(Kind::Assign, 1),
            ':' if second == Some('=') => self.push(Kind::Declare, 2),
            ':' => return Err(SyntaxError::new(self.at, "expected :=")),
            '|' => self.push(Kind::Pipe, 1),
            ',' => self.push(Kind::Comma, 1),
            '(' => {
                self.parentheses += 1;
                self.push(Kind::LeftParenthesis, 1);
            }
            ')' => {
                if self.parentheses == 0 {
                    return Err(SyntaxError::new(self.at, "unexpected right paren"));
                }
                self.parentheses -= 1;
                self.push(Kind::RightParenthesis, 1);
            }
            '"' => self.quoted('"', Kind::String, "unterminated quoted string")?,
            '\'' => self.quoted('\'', Kind::Character, "unterminated character constant")?,
            '`' => {
                let Some(end) = rest.get(1..).and_then(|inner| inner.find('`')) else {
                    return Err(SyntaxError::new(self.at, "unterminated raw quoted string"));
                };
                self.push(Kind::RawString, end + 2);
            }
            '$' => {
                let length = 1 + word_length(rest.get(1..).unwrap_or_default());
                self.word(Kind::Variable, length)?;
            }
            '.' if !second.is_some_and(|second| second.is_ascii_digit()) => {
                let length = word_length(rest.get(1..).unwrap_or_default());
                if length == 0 {
                    self.push(Kind::Dot, 1);
                } else {
                    self.word(Kind::Field, 1 + length)?;
                }
            }
            '.' | '+' | '-' | '0'..='9' => self.number()?,
            _ if is_word(first) => {
                let length = word_length(rest);
                self.word(Kind::Identifier, length)?;
            }
            _ => {
                let message = format!("unrecognized character in action: {}", shown(first));
                return Err(SyntaxError::new(self.at, message));
            }
        }
        Ok(())
    }

    /// A word must be followed by something that ends it.
    fn word(&mut self, kind: Kind, length: usize) -> Result<(), SyntaxError> {
        let rest = self.rest().get(length..).unwrap_or_default();
        let ends = match rest.chars().next() {
            None => true,
            Some(next) => {
                SPACES.contains(&next)
                    || matches!(next, '.' | ',' | '|' | ':' | '(' | ')')
                    || rest.starts_with("}}")
            }
        };
        if !ends {
            let next = rest.chars().next().unwrap_or(' ');
            let message = format!("bad character {}", shown(next));
            return Err(SyntaxError::new(self.at + length, message));
        }
        self.push(kind, length);
        Ok(())
    }

    fn quoted(&mut self, quote: char, kind: Kind, message: &str) -> Result<(), SyntaxError> {
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            if character == '\n' {
                break;
            }
            if character == '\\' {
                if !matches!(characters.next(), Some((_, next)) if next != '\n') {
                    break;
                }
            } else if character == quote {
                self.push(kind, offset + 1);
                return Ok(());
            }
        }
        Err(SyntaxError::new(self.at, message))
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let rest = self.rest();
        let mut length = usize::from(rest.starts_with(['+', '-']));
        let unsigned = rest.get(length..).unwrap_or_default();
        let lower = unsigned
            .get(..2)
            .map(str::to_ascii_lowercase)
            .unwrap_or_default();
        let (prefix, digits): (usize, &str) = match lower.as_str() {
            "0x" => (2, "0123456789abcdefABCDEF_"),
            "0o" => (2, "01234567_"),
            "0b" => (2, "01_"),
            _ => (0, "0123456789_"),
        };
        length += prefix;
        let accept = |length: &mut usize, digits: &str| {
            let tail = rest.get(*length..).unwrap_or_default();
            *length += tail.len() - tail.trim_start_matches(|c| digits.contains(c)).len();
        };
        accept(&mut length, digits);
        if rest.get(length..).is_some_and(|tail| tail.starts_with('.')) {
            length += 1;
            accept(&mut length, digits);
        }
        let exponent: &[char] = if lower == "0x" {
            &['p', 'P']
        } else {
            &['e', 'E']
        };
        if rest
            .get(length..)
            .is_some_and(|tail| tail.starts_with(exponent))
        {
            length += 1;
            if rest
                .get(length..)
                .is_some_and(|tail| tail.starts_with(['+', '-']))
            {
                length += 1;
            }
            accept(&mut length, "0123456789_");
        }
        let tail = rest.get(length..).unwrap_or_default();
        if tail.starts_with(is_word) {
            let bad = tail.chars().next().map_or(0, char::len_utf8);
            let message = format!(
                "bad number syntax: \"{}\"",
                rest.get(..length + bad).unwrap_or_default()
            );
            return Err(SyntaxError::new(self.at, message));
        }
        self.push(Kind::Number, length);
        Ok(())
    }
}

fn trims_left(after: &str) -> bool {
    let mut characters = after.chars();
    characters.next() == Some('-') && characters.next().is_some_and(|c| SPACES.contains(&c))
}

fn closes_trimming(rest: &str) -> bool {
    let mut characters = rest.chars();
    characters.next().is_some_and(|c| SPACES.contains(&c)) && characters.as_str().starts_with("-}}")
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphabetic() || character.is_numeric()
}

/// Where the first action opens.
fn opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + position(bytes.get(from..)?, b'{')?;
        if bytes.get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        from = at + 1;
    }
}

fn word_length(text: &str) -> usize {
    let is_ascii_word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    match text.bytes().position(|byte| !is_ascii_word(byte)) {
        Some(end) if text.as_bytes()[end].is_ascii() => end,
        _ => text.len() - text.trim_start_matches(is_word).len(),
    }
}

/// A character as Go's `%#U` shows it.
fn shown(character: char) -> String {
    if character.is_control() {
        format!("U+{:04X}", u32::from(character))
    } else {
        format!("U+{:04X} '{character}'", u32::from(character))
    }
}
