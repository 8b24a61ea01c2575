//! Evaluates constant strings.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::file::File;
use super::lexer::{self, Kind};
use crate::source::{MAX_DEPTH, MAX_FILE_BYTES};
use crate::suggest;

/// Why an expression has no value that can be known from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The bytes at fault: of the expression itself or of a constant it names.
    pub(super) at: Range<usize>,
    /// What they are and what to write instead.
    pub(super) message: String,
}

/// What to write instead of everything that cannot be evaluated.
const INSTEAD: &str = "write the string itself or a constant of this file";

/// Of more constants none is suggested: each name would be compared with all of them.
const MAX_SUGGESTED_FROM: usize = 200;

/// Evaluates constant strings of a file, each constant once.
#[derive(Debug)]
pub(super) struct Evaluator<'f, 't> {
    file: &'f File<'t>,
    constants: HashMap<&'t str, Known>,
    produced: u64,
}

#[derive(Debug, Clone)]
enum Known {
    InProgress,
    Is(Result<Rc<str>, Failure>),
}

impl<'f, 't> Evaluator<'f, 't> {
    /// Nothing evaluated yet.
    pub(super) fn new(file: &'f File<'t>) -> Self {
        Self {
            file,
            constants: HashMap::new(),
            produced: 0,
        }
    }

    /// The string that the tokens of a range amount to.
    pub(super) fn string(&mut self, range: Range<usize>) -> Result<String, Failure> {
        self.sum(range, 0)
    }

    /// Counts text that stands for other text: constants of constants could be doubled without end.
    pub(super) fn charge(&mut self, bytes: usize, at: usize) -> Result<(), Failure> {
        self.produced = self.produced.saturating_add(bytes as u64);
        if self.produced > 2 * MAX_FILE_BYTES {
            return Err(self.failure(
                at,
                format!("the constants of this file amount to too much text; {INSTEAD}"),
            ));
        }
        Ok(())
    }

    fn failure(&self, at: usize, message: String) -> Failure {
        Failure {
            at: self.file.token_bytes(at),
            message,
        }
    }

    fn sum(&mut self, range: Range<usize>, depth: usize) -> Result<String, Failure> {
        if depth > MAX_DEPTH {
            return Err(self.failure(range.start, format!("nested too deeply; {INSTEAD}")));
        }
        let mut sum = String::new();
        let mut at = range.start;
        loop {
            at = self.operand(at, range.end, depth, &mut sum)?;
            if at >= range.end {
                return Ok(sum);
            }
            if !self.file.is(at, "+") {
                let message = match self.file.kind(at) {
                    Some(Kind::Mark) => format!(
                        "`{}` is not evaluated here, only `+` between strings is; {INSTEAD}",
                        self.file.text(at)
                    ),
                    _ => "not a Go expression; a comma or `+` is missing before this".to_owned(),
                };
                return Err(self.failure(at, message));
            }
            at += 1;
        }
    }

    /// Appends the operand at a token; gives the token behind it.
    fn operand(
        &mut self,
        at: usize,
        end: usize,
        depth: usize,
        sum: &mut String,
    ) -> Result<usize, Failure> {
        if at >= end {
            let last = at.saturating_sub(1);
            return Err(self.failure(last, format!("a value is missing here; {INSTEAD}")));
        }
        let file = self.file;
        let before = sum.len();
        let next = match file.kind(at) {
            Some(Kind::String) => {
                unquote(file.text(at), file.token_bytes(at).start, sum)?;
                at + 1
            }
            Some(Kind::RawString) => {
                sum.extend(
                    file.text(at)
                        .trim_matches('`')
                        .chars()
                        .filter(|c| *c != '\r'),
                );
                at + 1
            }
            Some(Kind::Word) => self.named(at, depth, sum)?,
            Some(Kind::Number) => return Err(self.failure(at, instead_of("a number"))),
            Some(Kind::Rune) => return Err(self.failure(at, instead_of("a rune"))),
            _ if file.is(at, "(") => {
                let close = file.close(at);
                sum.push_str(&self.sum(at + 1..close, depth + 1)?);
                close + 1
            }
            _ if file.is(at, "[") => return Err(self.failure(at, instead_of("a list or array"))),
            _ => {
                let message = format!("`{}` where a string is needed; {INSTEAD}", file.text(at));
                return Err(self.failure(at, message));
            }
        };
        self.charge(sum.len() - before, at)?;
        Ok(next)
    }

    fn named(&mut self, at: usize, depth: usize, sum: &mut String) -> Result<usize, Failure> {
        let file = self.file;
        let name = file.text(at);
        match file.text(at + 1) {
            "(" if self.is_conversion(name) => {
                let close = file.close(at + 1);
                let end = if file.is(close - 1, ",") {
                    close - 1
                } else {
                    close
                };
                sum.push_str(&self.sum(at + 2..end, depth + 1)?);
                return Ok(close + 1);
            }
            "(" if name != "func" => {
                let message = if file.is_function(name) {
                    format!("`{name}` is a function call, which is not evaluated; {INSTEAD}")
                } else {
                    format!(
                        "`{name}` is a function call, or a conversion to a type of another file; {INSTEAD}"
                    )
                };
                return Err(self.failure(at, message));
            }
            "." if file.is_identifier(at) => {
                let name = format!("{name}.{}", file.text(at + 2));
                let message = if file.is(at + 3, "(") {
                    format!("`{name}` is a function call, which is not evaluated; {INSTEAD}")
                } else {
                    format!("`{name}` is not of this file; {INSTEAD}")
                };
                return Err(Failure {
                    at: file.bytes(at..at + 3),
                    message,
                });
            }
            "[" => {
                let message = format!("`{name}[…]` is not evaluated; {INSTEAD}");
                return Err(self.failure(at, message));
            }
            "{" => return Err(self.failure(at, instead_of("a composite literal"))),
            _ => {}
        }
        let text = self.constant(at, depth)?;
        sum.push_str(&text);
        Ok(at + 1)
    }

    fn is_conversion(&self, name: &str) -> bool {
        let file = self.file;
        file.types.contains_key(name)
            || (name == "string"
                && !file.is_function(name)
                && !file.constants.contains_key(name)
                && file.variable(name).is_none())
    }

    fn constant(&mut self, at: usize, depth: usize) -> Result<Rc<str>, Failure> {
        let file = self.file;
        let name = file.text(at);
        let Some(value) = file.constants.get(name).copied() else {
            return Err(self.failure(at, self.unknown(name)));
        };
        match self.constants.get(name) {
            Some(Known::Is(known)) => return known.clone(),
            Some(Known::InProgress) => {
                return Err(self.failure(at, format!("`{name}` is declared by itself; {INSTEAD}")));
            }
            None => {}
        }
        self.constants.insert(name, Known::InProgress);
        let end = file.expression_end(value, file.len());
        let known = self.sum(value..end, depth + 1).map(Rc::from);
        self.constants.insert(name, Known::Is(known.clone()));
        known
    }

    fn unknown(&self, name: &str) -> String {
        let file = self.file;
        if file.variable(name).is_some() {
            return format!("`{name}` is a variable; declare it with `const`");
        }
        if file.is_function(name) {
            return format!("`{name}` is a function; {INSTEAD}");
        }
        match name {
            "iota" => return instead_of("a number"),
            "nil" | "true" | "false" => {
                return format!("`{name}` where a string is needed; {INSTEAD}");
            }
            _ if lexer::is_keyword(name) => {
                return format!("`{name}` is not evaluated; {INSTEAD}");
            }
            _ => {}
        }
        let mut names: Vec<&str> = Vec::new();
        if file.constants.len() <= MAX_SUGGESTED_FROM {
            names.extend(file.constants.keys());
            names.sort_unstable();
        }
        let meant = suggest::nearest(name, names);
        match meant {
            Some(meant) => {
                format!("`{name}` is not declared in this file; did you mean `{meant}`?")
            }
            None => format!("`{name}` is not declared in this file; {INSTEAD}"),
        }
    }
}

fn instead_of(what: &str) -> String {
    format!("{what} where a string is needed; {INSTEAD}")
}

/// Appends what a string literal in double quotes stands for; it begins at a byte of the text.
fn unquote(literal: &str, start: usize, sum: &mut String) -> Result<(), Failure> {
    let inner = literal
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_default();
    if !inner.contains('\\') {
        sum.push_str(inner);
        return Ok(());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(rest) = inner.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.find('\\').unwrap_or(rest.len());
        bytes.extend_from_slice(&rest.as_bytes()[..plain]);
        at += plain;
        let Some(escape) = rest.get(plain..).filter(|escape| !escape.is_empty()) else {
            break;
        };
        let Some(length) = unescape(escape, &mut bytes) else {
            let begin = start + 1 + at;
            let length = escape.chars().take(2).map(char::len_utf8).sum::<usize>();
            return Err(Failure {
                at: begin..begin + length,
                message: "an escape that Go does not know; write `\\\\` for a backslash".to_owned(),
            });
        };
        at += length;
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            sum.push_str(&text);
            Ok(())
        }
        Err(_) => Err(Failure {
            at: start..start + literal.len(),
            message: "its escapes make bytes that are no UTF-8 text; write the characters"
                .to_owned(),
        }),
    }
}

/// Appends the bytes of the escape that a text begins with; gives its length.
fn unescape(escape: &str, bytes: &mut Vec<u8>) -> Option<usize> {
    let digits = |from: usize, count: usize, radix: u32| {
        let digits = escape.get(from..from + count)?;
        let all = digits.bytes().all(|digit| (digit as char).is_digit(radix));
        all.then(|| u32::from_str_radix(digits, radix).ok())
            .flatten()
    };
    let simple = match escape.as_bytes().get(1)? {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        mark @ (b'\\' | b'"') => *mark,
        b'x' => {
            bytes.push(u8::try_from(digits(2, 2, 16)?).ok()?);
            return Some(4);
        }
        b'0'..=b'7' => {
            bytes.push(u8::try_from(digits(1, 3, 8)?).ok()?);
            return Some(4);
        }
        wide @ (b'u' | b'U') => {
            let count = if *wide == b'u' { 4 } else { 8 };
            let character = char::from_u32(digits(2, count, 16)?)?;
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(2 + count);
        }
        _ => return None,
    };
    bytes.push(simple);
    Some(2)
}
