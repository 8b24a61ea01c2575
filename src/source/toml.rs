//! Reads TOML.

mod depth;
mod duplicates;
#[cfg(test)]
mod tests;
mod tree;

use toml::de::DeTable;

use super::{Documents, Fragment, Problem};
use duplicates::Renamed;
use tree::Converter;

/// Reads a fragment.
///
/// What does not parse is left out, and the rest kept.
pub fn read(fragment: &Fragment) -> Documents {
    let text = fragment.text();
    if let Some(problem) = depth::too_deep(fragment) {
        return Documents {
            roots: Vec::new(),
            problems: vec![problem],
        };
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems = Vec::new();
    let mut duplicates = Vec::new();
    for error in errors {
        let range = error.span().unwrap_or(text.len()..text.len());
        let range = on_characters(text, range);
        if error.message() == "duplicate key" && !range.is_empty() {
            duplicates.push(range);
        } else {
            problems.push(Problem::new(fragment.span(range), reason(error.message())));
        }
    }
    let (root, of_keys) = if duplicates.is_empty() {
        Converter::new(fragment, &Renamed::default()).convert(table.into_inner())
    } else {
        let renamed = Renamed::new(text, duplicates);
        let table = DeTable::parse_recoverable(renamed.text()).0;
        Converter::new(fragment, &renamed).convert(table.into_inner())
    };
    problems.extend(of_keys);
    problems.sort_by_key(|problem| problem.span);
    Documents {
        roots: vec![root],
        problems,
    }
}

/// The range as it can be cut out of the text.
fn on_characters(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let boundary = |offset: usize| {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let start = boundary(range.start);
    start..boundary(range.end).max(start)
}

/// The parser's words, on one line and beginning as ours do.
fn reason(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let mut characters = line.trim_end_matches('.').chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "not TOML from here on".to_owned(),
    }
}
