//! Environment files of compose projects, as compose-go's `dotenv` package reads them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use super::compose::interpolate::{Budget, Lookup, substitute};
use super::{Known, Variable};
use crate::source::{Problem, SourceId, Sources, Span, TokenKind};

/// How an environment file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Quotes, escapes, comments and `${…}`.
    Dotenv,
    /// `NAME=value` lines, everything after the `=` taken as it is.
    Raw,
}

/// The statements of an environment file.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    statements: Vec<Statement>,
    problem: Option<Problem>,
}

#[derive(Debug, Clone)]
struct Statement {
    name: String,
    name_span: Span,
    value: Value,
    value_span: Span,
}

#[derive(Debug, Clone)]
enum Value {
    /// None is written: it comes from where the file is used.
    Inherited,
    /// Taken as it is.
    Literal(String),
    /// Variables are still to be substituted; whether the text stands in the file just so.
    Template { text: String, plain: bool },
}

/// Takes an environment file apart and notes its tokens.
pub fn parse(sources: &mut Sources, id: SourceId, format: Format) -> Statements {
    let source = sources.get(id);
    if let Some(defect) = source.defect() {
        return Statements {
            statements: Vec::new(),
            problem: Some(defect.clone()),
        };
    }
    let text = source.text().clone();
    let mut parser = Parser {
        text: &text,
        source: id,
        statements: Vec::new(),
    };
    let result = match format {
        Format::Dotenv => parser.dotenv(),
        Format::Raw => parser.raw(),
    };
    let statements = parser.statements;
    for statement in &statements {
        sources.note_token(statement.name_span, TokenKind::Key);
        sources.note_token(statement.value_span, TokenKind::Scalar);
    }
    Statements {
        statements,
        problem: result.err(),
    }
}

impl Statements {
    /// Sets the variables in `variables`. What a value refers to is first looked up with `lookup`, then
    /// in `variables`.
    ///
    /// # Errors
    ///
    /// If the file or a value in it is malformed; the variables before it are set.
    pub fn evaluate(
        &self,
        lookup: Lookup<'_>,
        variables: &mut BTreeMap<String, Variable>,
        budget: &Budget,
    ) -> Result<(), Problem> {
        for statement in &self.statements {
            let Statement {
                name,
                name_span,
                value,
                value_span,
            } = statement;
            let literal = if let Value::Literal(text) = value {
                text.len()
            } else {
                0
            };
            if !budget.charge(name.len() + literal + 1) {
                let message = "the project's environment files expand to too much text";
                return Err(Problem::new(*name_span, message));
            }
            let value = match value {
                Value::Inherited => match lookup(name) {
                    Some(value) => value,
                    None => continue,
                },
                Value::Literal(text) => Known::Text(text.clone()),
                Value::Template { text, plain } => {
                    let both = |name: &str| {
                        lookup(name)
                            .or_else(|| variables.get(name).map(|variable| variable.value.clone()))
                    };
                    let result = substitute(text, &both, budget);
                    let text = result.map_err(|fault| {
                        let span = if *plain {
                            within(*value_span, fault.range)
                        } else {
                            *value_span
                        };
                        Problem::new(span, fault.message)
                    })?;
                    text.known()
                }
            };
            let variable = Variable {
                value,
                name_span: *name_span,
                value_span: *value_span,
            };
            variables.insert(name.clone(), variable);
        }
        self.problem.clone().map_or(Ok(()), Err)
    }
}

/// A range of a text that begins where a span does.
fn within(span: Span, range: Range<usize>) -> Span {
    let offset = |byte: usize| {
        span.start
            .saturating_add(u32::try_from(byte).unwrap_or(u32::MAX))
            .min(span.end)
    };
    Span {
        source: span.source,
        start: offset(range.start),
        end: offset(range.end),
    }
}

struct Parser<'a> {
    text: &'a str,
    source: SourceId,
    statements: Vec<Statement>,
}

impl Parser<'_> {
    /// Where the text begins, behind a byte-order mark.
    fn start(&self) -> usize {
        if self.text.starts_with('\u{FEFF}') {
            '\u{FEFF}'.len_utf8()
        } else {
            0
        }
    }

    fn rest(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    fn span(&self, range: Range<usize>) -> Span {
        let offset = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Span {
            source: self.source,
            start: offset(range.start),
            end: offset(range.end),
        }
    }

    fn fail<T>(&self, range: Range<usize>, message: &str) -> Result<T, Problem> {
        Err(Problem::new(self.span(range), message))
    }

    fn add(&mut self, name: Range<usize>, value: Value, value_range: Range<usize>) {
        self.statements.push(Statement {
            name: self.text.get(name.clone()).unwrap_or_default().to_owned(),
            name_span: self.span(name),
            value,
            value_span: self.span(value_range),
        });
    }

    fn dotenv(&mut self) -> Result<(), Problem> {
        let mut at = self.start();
        loop {
            let rest = self.rest(at);
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            if trimmed.is_empty() {
                return Ok(());
            }
            if trimmed.starts_with('#') {
                at += trimmed.find('\n').unwrap_or(trimmed.len());
                continue;
            }
            at = self.statement(at)?;
        }
    }

    /// Reads the statement at a byte; gives where it ends.
    fn statement(&mut self, mut start: usize) -> Result<usize, Problem> {
        if let Some(after) = self.rest(start).strip_prefix("export")
            && after.starts_with(['\t', '\n', '\x0c', '\r', ' '])
        {
            start = self.text.len() - trim_blanks(after).len();
        }
        let (name, delimiter) = self.name(start)?;
        let after = name.1 + delimiter.len_utf8();
        let name = start
            ..start
                + self
                    .text
                    .get(start..name.0)
                    .unwrap_or_default()
                    .trim_end()
                    .len();
        if self
            .text
            .get(name.clone())
            .unwrap_or_default()
            .contains(' ')
        {
            return self.fail(
                name,
                "a variable's name cannot contain a blank; write `NAME=value`",
            );
        }
        let value_start = self.text.len() - trim_blanks(self.rest(after)).len();
        if delimiter == '\n' {
            if !name.is_empty() {
                let end = name.end;
                self.add(name, Value::Inherited, end..end);
            }
            return Ok(value_start);
        }
        if name.is_empty() {
            return self.fail(
                start..after,
                "a variable's name is missing before the value",
            );
        }
        match self.rest(value_start).as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => self.quoted(name, value_start, *quote),
            _ => Ok(self.unquoted(name, value_start)),
        }
    }

    /// Where the name at a byte ends, twice (before and at the delimiter), and the delimiter.
    fn name(&self, start: usize) -> Result<((usize, usize), char), Problem> {
        for (offset, character) in self.rest(start).char_indices() {
            let at = start + offset;
            match character {
                '=' | ':' | '\n' => return Ok(((at, at), character)),
                '_' | '.' | '-' | '[' | ']' => {}
                _ if is_blank(character) || character.is_alphanumeric() => {}
                _ => {
                    return self.fail(
                        at..at + character.len_utf8(),
                        "a variable's name cannot contain this character; write `NAME=value`, or `#` before a comment",
                    );
                }
            }
        }
        // Compose takes this for the value of a variable without a name.
        self.fail(
            start..self.text.len(),
            "a name without `=` ends the file; write `NAME=value`, or a line break after it",
        )
    }

    fn unquoted(&mut self, name: Range<usize>, start: usize) -> usize {
        let rest = self.rest(start);
        let line = rest.split('\n').next().unwrap_or_default();
        let next = (start + line.len() + 1).min(self.text.len());
        let value = line.split(" #").next().unwrap_or_default().trim_end();
        let range = start..start + value.len();
        let value = Value::Template {
            text: value.to_owned(),
            plain: true,
        };
        self.add(name, value, range);
        next
    }

    fn quoted(&mut self, name: Range<usize>, start: usize, quote: u8) -> Result<usize, Problem> {
        let mut value = String::new();
        let mut escaped = false;
        for (offset, character) in self.rest(start).char_indices().skip(1) {
            let is_quote = u32::from(quote) == u32::from(character);
            if is_quote && !escaped {
                let end = start + offset;
                let range = start + 1..end;
                let value = if quote == b'"' {
                    let text = expand_escapes(&value);
                    let plain = self.text.get(range.clone()) == Some(&text);
                    Value::Template { text, plain }
                } else {
                    Value::Literal(value)
                };
                self.add(name, value, range);
                return Ok(end + 1);
            }
            if !escaped && character == '\\' {
                escaped = true;
                continue;
            }
            if escaped && !is_quote {
                value.push('\\');
            }
            escaped = false;
            value.push(character);
        }
        self.fail(start..start + 1, "this quote is not closed")
    }

    fn raw(&mut self) -> Result<(), Problem> {
        let mut start = self.start();
        while start < self.text.len() {
            let line = self.rest(start).split('\n').next().unwrap_or_default();
            let next = start + line.len() + 1;
            let content = line.strip_suffix('\r').unwrap_or(line);
            let trimmed = content.trim_start();
            let begin = start + content.len() - trimmed.len();
            start = next;
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let (name, value) = trimmed
                .split_once('=')
                .map_or((trimmed, None), |(n, v)| (n, Some(v)));
            let range = begin..begin + name.len();
            if name.is_empty() {
                return self.fail(
                    begin..begin + 1,
                    "a variable's name is missing before the `=`",
                );
            }
            if name.contains([' ', '\t']) {
                return self.fail(
                    range,
                    "a variable's name cannot contain a blank; write `NAME=value`",
                );
            }
            let (value, value_range) = match value {
                None => (Value::Inherited, range.end..range.end),
                Some(value) => {
                    let from = range.end + 1;
                    (Value::Literal(value.to_owned()), from..from + value.len())
                }
            };
            self.add(range, value, value_range);
        }
        Ok(())
    }
}

/// A blank within a line, as compose-go has it.
fn is_blank(character: char) -> bool {
    matches!(
        character,
        '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{A0}'
    )
}

fn trim_blanks(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}

/// Resolves the escapes of a double-quoted value; `\$` becomes the `$$` that substitution takes for `$`.
fn expand_escapes(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find('\\') {
        let (before, escape) = rest.split_at(position);
        output.push_str(before);
        let mut characters = escape.chars().skip(1);
        let next = characters.next();
        let mut taken = 1 + next.map_or(0, char::len_utf8);
        match next {
            Some('a') => output.push('\x07'),
            Some('b') => output.push('\x08'),
            Some('f') => output.push('\x0c'),
            Some('n') => output.push('\n'),
            Some('r') => output.push('\r'),
            Some('t') => output.push('\t'),
            Some('v') => output.push('\x0b'),
            Some('$') => output.push_str("$$"),
            Some(same @ ('"' | '\\')) => output.push(same),
            Some('0') => {
                let digits: String = characters
                    .take(3)
                    .take_while(char::is_ascii_digit)
                    .collect();
                taken += digits.len();
                match u8::from_str_radix(&digits, 8) {
                    Ok(code) if digits.len() == 3 => output.push(char::from(code)),
                    // An incomplete escape loses its zero, as in compose-go.
                    _ => {
                        output.push('\\');
                        output.push_str(&digits);
                    }
                }
            }
            _ => {
                output.push('\\');
                taken = 1;
            }
        }
        rest = escape.get(taken..).unwrap_or_default();
    }
    output.push_str(rest);
    output
}
