//! A Go file: its tokens, which bracket closes which, and what it declares at package level.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lexer::{self, Broken, Kind, Token};

/// The tokens of a file and what is declared at package level.
#[derive(Debug)]
pub(super) struct File<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    closing: HashMap<usize, usize>,
    /// The constants: where the name is, and where its value begins.
    pub(super) constants: HashMap<&'t str, usize>,
    /// The variables in their order.
    pub(super) variables: Vec<Variable<'t>>,
    variable_positions: HashMap<&'t str, usize>,
    /// The types: where what they stand for begins; `None` for generic ones.
    pub(super) types: HashMap<&'t str, Option<usize>>,
    functions: HashSet<&'t str>,
    unread: Option<usize>,
}

/// A package-level variable.
#[derive(Debug)]
pub(super) struct Variable<'t> {
    pub(super) name: &'t str,
    /// The token of the name.
    pub(super) at: usize,
    /// The tokens of the value; `None` if the declaration gives none, or one for many.
    pub(super) value: Option<Range<usize>>,
}

impl<'t> File<'t> {
    /// Reads a text; gives with it what keeps it from being Go.
    pub(super) fn read(text: &'t str) -> (Self, Option<Broken>) {
        let (tokens, mut broken) = lexer::tokens(text);
        let mut file = Self {
            text,
            tokens,
            closing: HashMap::new(),
            constants: HashMap::new(),
            variables: Vec::new(),
            variable_positions: HashMap::new(),
            types: HashMap::new(),
            functions: HashSet::new(),
            unread: broken.as_ref().map(|broken| broken.at.start),
        };
        if broken.is_none() {
            broken = file.pair_brackets().err();
        }
        if broken.is_none() {
            file.declarations();
        }
        (file, broken)
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// What a token is.
    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// A token's text; nothing past the end and of an implied semicolon.
    pub(super) fn text(&self, at: usize) -> &'t str {
        self.tokens
            .get(at)
            .and_then(|token| self.text.get(token.range()))
            .unwrap_or_default()
    }

    /// Whether a token is this mark or keyword. String literals have their quotes, so none is.
    pub(super) fn is(&self, at: usize, text: &str) -> bool {
        self.text(at) == text
    }

    /// Whether a token is an identifier.
    pub(super) fn is_identifier(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Word) && !lexer::is_keyword(self.text(at))
    }

    /// The bytes of a range of tokens.
    pub(super) fn bytes(&self, range: Range<usize>) -> Range<usize> {
        let end = self.text.len();
        let start = self
            .tokens
            .get(range.start)
            .map_or(end, |token| token.range().start);
        let last = range.end.checked_sub(1).filter(|last| *last >= range.start);
        let end = last
            .and_then(|last| self.tokens.get(last))
            .map_or(start, |token| token.range().end);
        start..end.max(start)
    }

    /// The bytes of one token.
    pub(super) fn token_bytes(&self, at: usize) -> Range<usize> {
        self.bytes(at..at + 1)
    }

    /// The bytes that are no tokens because the text is not Go.
    pub(super) fn unread(&self) -> Option<Range<usize>> {
        Some(self.unread?..self.text.len())
    }

    /// The bracket that closes the one at a token.
    pub(super) fn close(&self, at: usize) -> usize {
        self.closing.get(&at).copied().unwrap_or(self.tokens.len())
    }

    /// The package-level variable of a name.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable<'t>> {
        self.variables.get(*self.variable_positions.get(name)?)
    }

    /// Whether a name is a package-level function's.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// Where the expression that begins at a token ends: at a comma, colon, semicolon, assignment
    /// or closing bracket.
    pub(super) fn expression_end(&self, mut at: usize, limit: usize) -> usize {
        while at < limit {
            match self.text(at) {
                "(" | "[" | "{" => at = self.close(at),
                ")" | "]" | "}" | "," | ":" | "=" => return at,
                _ if self.kind(at) == Some(Kind::Semicolon) => return at,
                _ => {}
            }
            at += 1;
        }
        limit
    }

    /// The token behind the type that begins at a token, if one does whose end is plain to see.
    pub(super) fn type_end(&self, mut at: usize) -> Option<usize> {
        loop {
            match self.text(at) {
                "*" => at += 1,
                "[" => at = self.close(at) + 1,
                "map" if self.is(at + 1, "[") => at = self.close(at + 1) + 1,
                "struct" | "interface" if self.is(at + 1, "{") => {
                    return Some(self.close(at + 1) + 1);
                }
                _ if self.is_identifier(at) => break,
                _ => return None,
            }
        }
        at += 1;
        if self.is(at, ".") && self.is_identifier(at + 1) {
            at += 2;
        }
        if self.is(at, "[") {
            at = self.close(at) + 1;
        }
        Some(at)
    }

    fn pair_brackets(&mut self) -> Result<(), Broken> {
        let mut open = Vec::new();
        for at in 0..self.tokens.len() {
            let opener = match self.text(at) {
                "(" | "[" | "{" => {
                    open.push(at);
                    continue;
                }
                ")" => "(",
                "]" => "[",
                "}" => "{",
                _ => continue,
            };
            match open.pop() {
                Some(start) if self.is(start, opener) => {
                    self.closing.insert(start, at);
                }
                _ => {
                    return Err(Broken {
                        at: self.token_bytes(at),
                        message: format!("`{}` closes nothing; remove it", self.text(at)),
                    });
                }
            }
        }
        open.pop().map_or(Ok(()), |start| {
            Err(Broken {
                at: self.token_bytes(start),
                message: format!("`{}` is never closed", self.text(start)),
            })
        })
    }

    fn declarations(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            let end = self.statement_end(at);
            match self.text(at) {
                keyword @ ("const" | "var" | "type") => self.group(keyword, at + 1, end),
                // A method has its receiver where a function has its name.
                "func" if self.is_identifier(at + 1) => {
                    self.functions.insert(self.text(at + 1));
                }
                _ => {}
            }
            at = end + 1;
        }
    }

    fn statement_end(&self, mut at: usize) -> usize {
        while at < self.tokens.len() && self.kind(at) != Some(Kind::Semicolon) {
            at = match self.text(at) {
                "(" | "[" | "{" => self.close(at) + 1,
                _ => at + 1,
            };
        }
        at
    }

    fn group(&mut self, keyword: &str, start: usize, end: usize) {
        if !self.is(start, "(") {
            self.specification(keyword, start..end, &mut Vec::new());
            return;
        }
        let close = self.close(start);
        // A constant without a value repeats the values of the one before it.
        let mut repeated = Vec::new();
        let mut at = start + 1;
        while at < close {
            let end = self.statement_end(at).min(close);
            self.specification(keyword, at..end, &mut repeated);
            at = end + 1;
        }
    }

    fn specification(&mut self, keyword: &str, range: Range<usize>, repeated: &mut Vec<usize>) {
        if keyword == "type" {
            self.type_specification(range);
            return;
        }
        let mut names = Vec::new();
        let mut at = range.start;
        while at < range.end && self.is_identifier(at) {
            names.push(at);
            at += 1;
            if !self.is(at, ",") {
                break;
            }
            at += 1;
        }
        let values = self.values(at, range.end);
        if keyword == "const" {
            if !values.is_empty() {
                *repeated = values.iter().map(|value| value.start).collect();
            }
            for (name, value) in names.iter().zip(repeated) {
                self.constants.insert(self.text(*name), *value);
            }
            return;
        }
        let paired = values.len() == names.len();
        let mut values = values.into_iter();
        for at in names {
            let name = self.text(at);
            let value = if paired { values.next() } else { None };
            if name != "_" {
                self.variable_positions
                    .entry(name)
                    .or_insert(self.variables.len());
                self.variables.push(Variable { name, at, value });
            }
        }
    }

    /// The values behind the `=` of a specification, whose type may stand before it.
    fn values(&self, mut at: usize, end: usize) -> Vec<Range<usize>> {
        at = self.type_before_values(at, end);
        let mut values = Vec::new();
        while at < end {
            let start = at + 1;
            at = self.expression_end(start, end);
            values.push(start..at);
            if !self.is(at, ",") {
                break;
            }
        }
        values
    }

    fn type_before_values(&self, mut at: usize, end: usize) -> usize {
        while at < end && !self.is(at, "=") {
            at = match self.text(at) {
                "(" | "[" | "{" => self.close(at) + 1,
                _ => at + 1,
            };
        }
        at
    }

    fn type_specification(&mut self, range: Range<usize>) {
        if !self.is_identifier(range.start) {
            return;
        }
        let name = self.text(range.start);
        let mut at = range.start + 1;
        if self.is(at, "=") {
            at += 1;
        }
        // `type T[P any] …` has type parameters, `type T [n]E` a length.
        let generic = self.is(at, "[") && self.is_identifier(at + 1) && !self.is(at + 2, "]");
        self.types.insert(name, (!generic).then_some(at));
    }
}
