//! Reads a registry from a Go source file.
//!
//! It needs no more of Go than its tokens, which bracket closes which, what is declared at package level,
//! and constant strings: everything else in the file is stepped over.

mod constants;
mod file;
mod lexer;
mod literal;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use super::Registry;
use super::fields::Field;
use crate::source::{Fragment, Problem, Token, TokenKind};
use crate::suggest;
use file::{File, Variable};
use lexer::Kind;
use literal::{Reader, Shape};

/// What a file holds, and which of its bytes are names and values.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) registry: Registry,
    pub(super) tokens: Vec<Token>,
}

/// Reads the descriptors that a package-level variable is declared with; without a name, the first
/// variable whose literal has descriptors.
pub(super) fn read(fragment: &Fragment, variable: Option<&str>) -> Reading {
    let (file, broken) = File::read(fragment.text());
    let mut reader = Reader::new(&file, fragment);
    if let Some(broken) = broken {
        let span = fragment.span(broken.at);
        reader
            .assembly
            .problems
            .push(Problem::new(span, broken.message));
    } else {
        match choose(&file, variable) {
            Ok((chosen, others)) => {
                reader.registry(chosen);
                for other in others {
                    reader.assembly.problems.push(Problem::new(
                        fragment.span(file.token_bytes(other.at)),
                        format!(
                            "`{}` holds descriptors, too, as `{}` does; say in the policy which variable is the registry, or move these into it",
                            other.name, chosen.name
                        ),
                    ));
                }
            }
            Err(message) => {
                let span = fragment.span(file.bytes(0..2));
                reader.assembly.problems.push(Problem::new(span, message));
            }
        }
        for at in changes(&file, &reader) {
            reader.assembly.problems.push(Problem::new(
                fragment.span(file.token_bytes(at)),
                format!(
                    "`{}` is changed here, which is not evaluated; write everything into its declaration",
                    file.text(at)
                ),
            ));
        }
    }
    let tokens = note_tokens(fragment, &file, &reader);
    Reading {
        registry: reader.assembly.finish(),
        tokens,
    }
}

/// The variable to read, and others that hold descriptors when none was named.
fn choose<'f, 't>(
    file: &'f File<'t>,
    name: Option<&str>,
) -> Result<(&'f Variable<'t>, Vec<&'f Variable<'t>>), String> {
    if let Some(name) = name {
        return file
            .variable(name)
            .map(|found| (found, Vec::new()))
            .ok_or_else(|| {
                let names = file.variables.iter().map(|variable| variable.name);
                format!(
                    "no package-level variable `{name}` in this file{}",
                    suggest::did_you_mean(name, names)
                )
            });
    }
    let mut holding = file
        .variables
        .iter()
        .filter(|variable| holds_descriptors(file, variable));
    if let Some(first) = holding.next() {
        return Ok((first, holding.collect()));
    }
    let fallback = file
        .variables
        .iter()
        .find(|variable| may_hold_descriptors(file, variable));
    fallback.map(|variable| (variable, Vec::new())).ok_or_else(|| {
        "no package-level variable of this file is declared with a `map[string]T{…}` literal whose elements have a `KVKey` or a `KVKeyTemplate`"
            .to_owned()
    })
}

/// Whether a variable's value is a map or list whose elements have keys of the store.
fn holds_descriptors(file: &File<'_>, variable: &Variable<'_>) -> bool {
    let Some(literal) = variable
        .value
        .as_ref()
        .and_then(|value| literal::literal(file, value))
    else {
        return false;
    };
    literal.shape != Shape::Other
        && (literal.open..file.close(literal.open)).any(|at| {
            file.is_identifier(at)
                && file.is(at + 1, ":")
                && matches!(
                    Field::parse(file.text(at)),
                    Some(Field::KvKey | Field::KvKeyTemplate)
                )
        })
}

/// Whether a variable's value is a map to something of the program's own types.
fn may_hold_descriptors(file: &File<'_>, variable: &Variable<'_>) -> bool {
    let Some(literal) = variable
        .value
        .as_ref()
        .and_then(|value| literal::literal(file, value))
    else {
        return false;
    };
    let element = literal.element + usize::from(file.is(literal.element, "*"));
    literal.shape == Shape::Map
        && file.is_identifier(element)
        && !is_predeclared(file.text(element))
}

fn is_predeclared(name: &str) -> bool {
    let sized = |prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|size| matches!(size, "" | "8" | "16" | "32" | "64" | "128" | "ptr"))
    };
    matches!(name, "string" | "bool" | "byte" | "rune" | "error" | "any")
        || ["int", "uint", "float", "complex"].into_iter().any(sized)
}

/// The tokens that name a variable where it is changed outside its declaration.
fn changes(file: &File<'_>, reader: &Reader<'_, '_>) -> Vec<usize> {
    let used = &reader.notes.variables;
    (0..file.len())
        .filter(|at| {
            file.is_identifier(*at) && used.contains(file.text(*at)) && is_changed(file, *at)
        })
        .collect()
}

fn is_changed(file: &File<'_>, at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |before| file.text(before));
    if matches!(before(1), "." | "var" | "const") {
        return false;
    }
    let changing = ["delete", "clear", "copy", "Copy", "Insert", "DeleteFunc"];
    if before(1) == "(" && changing.contains(&before(2)) {
        return true;
    }
    let mut next = at + 1;
    let mut inner = false;
    loop {
        match file.text(next) {
            "[" => next = file.close(next) + 1,
            "." if file.is_identifier(next + 1) => next += 2,
            _ => break,
        }
        inner = true;
    }
    if file.is(next, ",") && matches!(before(1), "" | ";" | "{") {
        next = behind_targets(file, next);
    }
    match file.text(next) {
        "=" => {
            inner
                || file
                    .variable(file.text(at))
                    .is_none_or(|variable| variable.at != at)
        }
        "+=" | "++" | "--" => true,
        _ => false,
    }
}

/// The token behind the further targets of an assignment, which begin with a comma.
fn behind_targets(file: &File<'_>, comma: usize) -> usize {
    let mut at = comma;
    for _ in 0..MAX_TARGET_TOKENS {
        at = match file.text(at) {
            "," | "." => at + 1,
            "[" => file.close(at) + 1,
            _ if file.is_identifier(at) => at + 1,
            _ => break,
        };
    }
    at
}

/// The most tokens that the further targets of one assignment may have.
const MAX_TARGET_TOKENS: usize = 64;

/// All names that were read are keys; every other literal of the file may be a secret, and so may all
/// that is not read because the text is not Go.
fn note_tokens(fragment: &Fragment, file: &File<'_>, reader: &Reader<'_, '_>) -> Vec<Token> {
    let mut names: Vec<usize> = reader.notes.names.iter().map(|name| name.start).collect();
    names.sort_unstable();
    let mut tokens: Vec<Token> = Vec::with_capacity(names.len());
    let mut note = |bytes, kind| {
        tokens.push(Token {
            span: fragment.span(bytes),
            kind,
        });
    };
    for at in 0..file.len() {
        let bytes = file.token_bytes(at);
        match file.kind(at) {
            _ if !bytes.is_empty() && names.binary_search(&bytes.start).is_ok() => {
                note(bytes, TokenKind::Key);
            }
            Some(Kind::String | Kind::RawString | Kind::Rune) => note(bytes, TokenKind::Scalar),
            _ => {}
        }
    }
    if let Some(unread) = file.unread() {
        note(unread, TokenKind::Scalar);
    }
    tokens
}
