//! Reads JSON as RFC 8259 has it: no comments, no trailing commas, no byte-order mark.

mod string;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::{Documents, Entry, Fragment, Key, MAX_DEPTH, Mapping, Node, Problem, Scalar};
use super::{ScalarKind, Value};

/// Reads a fragment.
///
/// Reading stops at the first thing that is not JSON; what came before it is kept. Two equal keys, a
/// byte-order mark and faults inside a string are noted, and reading goes on.
pub fn read(fragment: &Fragment) -> Documents {
    let mut reader = Reader {
        fragment,
        text: fragment.text(),
        position: 0,
        depth: 0,
        opened: None,
        closed: None,
        problems: Vec::new(),
    };
    let roots = reader.document().into_iter().collect();
    Documents {
        roots,
        problems: reader.problems,
    }
}

/// Reading cannot go on; the problem is noted.
struct Stop;

struct Reader<'a> {
    fragment: &'a Fragment,
    text: &'a str,
    position: usize,
    depth: usize,
    /// Where the innermost object or list begins.
    opened: Option<usize>,
    /// Where the object or list that was closed last begins and ends.
    closed: Option<(usize, usize)>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn document(&mut self) -> Option<Node> {
        if self.text.starts_with('\u{feff}') {
            let length = '\u{feff}'.len_utf8();
            self.problem(0..length, "a byte-order mark: JSON allows none");
            self.position = length;
        }
        self.skip_blanks();
        if self.peek().is_none() {
            self.problem(0..0, "the file is empty: expected a JSON value");
            return None;
        }
        let (node, outcome) = self.value("a value");
        if outcome.is_ok() {
            self.skip_blanks();
            if self.peek().is_some() {
                let (range, found) = self.found();
                self.problem(
                    range,
                    format!("expected the end of the text after the value, found {found}"),
                );
            }
        }
        node
    }

    /// A value, or the part of it that can be read, and whether reading can go on.
    fn value(&mut self, expected: &str) -> (Option<Node>, Result<(), Stop>) {
        let start = self.position;
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => match self.string() {
                Ok(text) => {
                    let span = self.fragment.span(start..self.position);
                    (Some(Node::string(span, text)), Ok(()))
                }
                Err(stop) => (None, Err(stop)),
            },
            Some(b'-' | b'0'..=b'9') => self.scalar(number_kind),
            Some(b't') if self.word_is("true") => self.scalar(|_| Ok(ScalarKind::Bool(true))),
            Some(b'f') if self.word_is("false") => self.scalar(|_| Ok(ScalarKind::Bool(false))),
            Some(b'n') if self.word_is("null") => self.scalar(|_| Ok(ScalarKind::Null)),
            _ => (None, Err(self.unexpected(expected))),
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> (Value, Result<(), Stop>),
    ) -> (Option<Node>, Result<(), Stop>) {
        let start = self.position;
        if self.depth == MAX_DEPTH {
            self.problem(
                start..start + 1,
                format!("nested more than {MAX_DEPTH} levels deep"),
            );
            return (None, Err(Stop));
        }
        self.depth += 1;
        self.position += 1;
        let outer = self.opened.replace(start);
        let (value, outcome) = read(self);
        self.opened = outer;
        self.closed = Some((start, self.position));
        self.depth -= 1;
        let span = self.fragment.span(start..self.position);
        (Some(Node::new(span, value)), outcome)
    }

    fn object(&mut self) -> (Value, Result<(), Stop>) {
        let mut mapping = Mapping::new();
        let outcome = self.members(&mut mapping);
        mapping.shrink_to_fit();
        (Value::Mapping(mapping), outcome)
    }

    fn members(&mut self, mapping: &mut Mapping) -> Result<(), Stop> {
        self.skip_blanks();
        if self.take(b'}') {
            return Ok(());
        }
        let mut expected = "a key in double quotes or `}`";
        loop {
            let start = self.position;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected(expected));
            }
            let text = self.string()?;
            let key = Key {
                text,
                span: self.fragment.span(start..self.position),
            };
            self.skip_blanks();
            if !self.take(b':') {
                return Err(self.unexpected("`:` after the key"));
            }
            self.skip_blanks();
            let (value, outcome) = self.value("a value");
            if let Some(value) = value {
                self.insert(mapping, Entry { key, value });
            }
            outcome?;
            self.skip_blanks();
            if self.take(b'}') {
                return Ok(());
            }
            let comma = self.position;
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `}`"));
            }
            self.skip_blanks();
            if self.peek() == Some(b'}') {
                self.problem(
                    comma..comma + 1,
                    "a trailing comma: JSON allows none before `}`",
                );
                return Err(Stop);
            }
            expected = "a key in double quotes";
        }
    }

    fn insert(&mut self, mapping: &mut Mapping, entry: Entry) {
        let second = entry.key.span;
        if let Some(Entry { key: first, .. }) = mapping.insert(entry) {
            self.problems
                .push(Problem::duplicate_key(&first.text, second, first.span));
        }
    }

    fn array(&mut self) -> (Value, Result<(), Stop>) {
        let mut items = Vec::new();
        let outcome = self.items(&mut items);
        items.shrink_to_fit();
        (Value::Sequence(items), outcome)
    }

    fn items(&mut self, items: &mut Vec<Node>) -> Result<(), Stop> {
        self.skip_blanks();
        if self.take(b']') {
            return Ok(());
        }
        let mut expected = "a value or `]`";
        loop {
            let (value, outcome) = self.value(expected);
            items.extend(value);
            outcome?;
            self.skip_blanks();
            if self.take(b']') {
                return Ok(());
            }
            let comma = self.position;
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
            self.skip_blanks();
            if self.peek() == Some(b']') {
                self.problem(
                    comma..comma + 1,
                    "a trailing comma: JSON allows none before `]`",
                );
                return Err(Stop);
            }
            expected = "a value";
        }
    }

    fn scalar(
        &mut self,
        kind_of: impl FnOnce(&str) -> Result<ScalarKind, &'static str>,
    ) -> (Option<Node>, Result<(), Stop>) {
        let range = self.position..self.word_end();
        let text = self.text.get(range.clone()).unwrap_or_default();
        self.position = range.end;
        match kind_of(text) {
            Ok(kind) => {
                let text = text.into();
                let value = Value::Scalar(Scalar { kind, text });
                (Some(Node::new(self.fragment.span(range), value)), Ok(()))
            }
            Err(message) => {
                self.problem(range, message);
                (None, Err(Stop))
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    /// Where the run of letters, digits, signs and dots at the position ends.
    fn word_end(&self) -> usize {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let length = rest.find(|character| !is_word(character));
        self.position + length.unwrap_or(rest.len())
    }

    fn word_is(&self, word: &str) -> bool {
        self.text.get(self.position..self.word_end()) == Some(word)
    }

    fn unexpected(&mut self, expected: &str) -> Stop {
        let (range, found) = self.found();
        self.problem(range, format!("expected {expected}, found {found}"));
        let opened = self.opened.filter(|_| self.peek().is_none());
        let opened = opened.map(|outer| self.unclosed(outer));
        if let (Some((at, text)), Some(problem)) = (opened, self.problems.last_mut()) {
            let span = self.fragment.span(at..at + 1);
            problem.related = Some((span, text.to_owned()));
        }
        Stop
    }

    /// What to look at where the text ends before something is closed. If the last sign of the text closed something inside it, that one may
    /// have been meant to be closed before.
    fn unclosed(&self, outer: usize) -> (usize, &'static str) {
        let end = self.text.trim_end().len();
        match self.closed {
            Some((inner, closed)) if closed == end && inner > outer => (
                inner,
                "the last sign of the text closes this one: close it before what is not in it, or close at the end what is around it",
            ),
            _ => (outer, "this is not closed"),
        }
    }

    /// What stands at the position, without giving any value away.
    fn found(&self) -> (Range<usize>, String) {
        let start = self.position;
        let rest = self.text.get(start..).unwrap_or_default();
        let Some(character) = rest.chars().next() else {
            let end = self.text.trim_end().len();
            return (end..end, "the end of the text".to_owned());
        };
        let one = start..start + character.len_utf8();
        match character {
            '{' | '}' | '[' | ']' | ',' | ':' | '=' | ';' => (one, format!("`{character}`")),
            '"' => (one, "a string".to_owned()),
            '\'' => (
                one,
                "a single quote: JSON has strings in double quotes only".to_owned(),
            ),
            '#' => (one, "a comment: JSON has none".to_owned()),
            '/' if rest.starts_with("//") || rest.starts_with("/*") => {
                (start..start + 2, "a comment: JSON has none".to_owned())
            }
            '0'..='9' | '-' | '.' | '+' => (start..self.word_end().max(one.end), "a number".into()),
            _ if is_word(character) => {
                let end = self.word_end();
                let word = self.text.get(start..end).unwrap_or_default();
                (start..end, word_name(word).to_owned())
            }
            _ => (one, "a character that has no place in JSON".to_owned()),
        }
    }

    fn problem(&mut self, range: Range<usize>, message: impl Into<String>) {
        let span = self.fragment.span(range);
        self.problems.push(Problem::new(span, message));
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '+' | '.')
}

/// What a bare word is: values may be secret, so only those that everybody knows are named.
fn word_name(word: &str) -> &'static str {
    match word {
        "true" | "false" => "a truth value",
        "null" => "`null`",
        "True" | "TRUE" | "False" | "FALSE" => {
            "a capitalised truth value: JSON has `true` and `false`"
        }
        "None" | "nil" | "undefined" | "Null" | "NULL" => {
            "a word for nothing: JSON has only `null`"
        }
        "NaN" | "Infinity" | "inf" | "nan" => "a number that JSON does not have",
        _ => "a word without quotes",
    }
}

/// What kind of number a word is, or why it is none.
fn number_kind(word: &str) -> Result<ScalarKind, &'static str> {
    let word = word.as_bytes();
    let digits = |from: usize| {
        word[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut kind = ScalarKind::Integer;
    let mut position = usize::from(word.first() == Some(&b'-'));
    let whole = digits(position);
    if whole == 0 {
        return Err("a number needs a digit after `-`");
    }
    if whole > 1 && word[position] == b'0' {
        return Err("a number with leading zeros: JSON allows none");
    }
    position += whole;
    if word.get(position) == Some(&b'.') {
        kind = ScalarKind::Float;
        let fraction = digits(position + 1);
        if fraction == 0 {
            return Err("a number needs a digit after `.`");
        }
        position += 1 + fraction;
    }
    if matches!(word.get(position), Some(b'e' | b'E')) {
        kind = ScalarKind::Float;
        position += 1;
        position += usize::from(matches!(word.get(position), Some(b'+' | b'-')));
        let exponent = digits(position);
        if exponent == 0 {
            return Err("a number needs a digit in its exponent");
        }
        position += exponent;
    }
    if position == word.len() {
        Ok(kind)
    } else {
        Err("not a number as JSON has them: put quotes around it if it is a string")
    }
}
