//! Compares a policy with its schema and reports every mistake at once.

#[cfg(test)]
mod tests;

use super::schema::{Field, Kind, LEVELS, POLICY, Table};
use crate::rules::RuleId;
use crate::source::{Mapping, Node, Problem, ScalarKind, Span};
use crate::suggest::nearest;

/// Every place where a document is not what [`POLICY`] says.
pub fn validate(root: &Node) -> Vec<Problem> {
    validate_as(root, &POLICY, "the policy")
}

/// Every place where a document, as messages call it, is not what a schema says.
pub(crate) fn validate_as(root: &Node, schema: &Table, what: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    table(root, schema, what, None, &mut problems);
    problems
}

/// Compares a table with its schema. `kind` is that of the deployment that it is a part of.
fn table(node: &Node, schema: &Table, what: &str, kind: Option<&str>, problems: &mut Vec<Problem>) {
    let Some(mapping) = node.as_mapping() else {
        problems.push(wrong(node, what, "a table"));
        return;
    };
    let kind = kind.or_else(|| schema.deployment_kind(node.get("kind").and_then(Node::as_str)));
    let meant = unknown_keys(mapping, schema.fields, what, kind, problems);
    for field in schema.fields {
        match mapping.get(field.name) {
            Some(_) if !field.is_of(kind) => {}
            Some(value) => self::field(value, field, kind, problems),
            // A key that is there, misspelt, is told as that.
            None if field.required && !meant.contains(&field.name) => {
                problems.push(Problem::new(
                    node.span,
                    format!("{what} lacks `{}`: {}", field.name, in_a_message(field.doc)),
                ));
            }
            None => {}
        }
    }
}

/// A sentence as the end of a message.
fn in_a_message(sentence: &str) -> String {
    let text = sentence.trim_end_matches('.');
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        // `JSON pointer …` stays as it is.
        (Some(first), Some(second)) if !second.is_uppercase() => {
            format!("{}{}", first.to_lowercase(), &text[first.len_utf8()..])
        }
        _ => text.to_owned(),
    }
}

/// Tells the keys that there are none of, and gives those that are meant.
fn unknown_keys(
    mapping: &Mapping,
    fields: &[Field],
    what: &str,
    kind: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Vec<&'static str> {
    let mut all_meant = Vec::new();
    for entry in mapping.entries() {
        let name = &*entry.key.text;
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            if let Some(kind) = kind.filter(|kind| !field.is_of(Some(kind))) {
                problems.push(Problem::new(entry.key.span, of_other_kinds(field, kind)));
            }
            continue;
        }
        let own = fields.iter().filter(|field| field.is_of(kind));
        let known = own.map(|field| field.name);
        let message = match nearest(name, known.clone()) {
            Some(meant) => {
                all_meant.push(meant);
                format!("{what} has no key `{name}`; did you mean `{meant}`?")
            }
            None => format!(
                "{what} has no key `{name}`; it has `{}`",
                known.collect::<Vec<_>>().join("`, `")
            ),
        };
        problems.push(Problem::new(entry.key.span, message));
    }
    all_meant
}

/// What is wrong with a key of another kind of deployment.
fn of_other_kinds(field: &Field, kind: &str) -> String {
    let kinds = match field.only {
        [kind] => format!("the kind `{kind}`"),
        kinds => format!("the kinds `{}`", kinds.join("`, `")),
    };
    format!(
        "`{}` is a key for deployments of {kinds}, and this one is of the kind `{kind}`, which would ignore it; remove the key",
        field.name
    )
}

fn field(node: &Node, field: &Field, kind: Option<&str>, problems: &mut Vec<Problem>) {
    let name = format!("`{}`", field.name);
    match &field.kind {
        Kind::Text => text(node, &name, problems),
        Kind::Pointer => {
            text(node, &name, problems);
            if node.as_str().is_some_and(|text| !text.starts_with('/')) {
                problems.push(Problem::new(
                    node.span,
                    "a JSON pointer begins with `/`, as in `/rbac/roles`",
                ));
            }
        }
        Kind::Word(words) => word(node, &name, words, problems),
        Kind::Bool => {
            if node.as_bool().is_none() {
                problems.push(wrong(node, &name, "`true` or `false`"));
            }
        }
        Kind::Count => {
            if super::count(node).is_none() {
                problems.push(wrong(node, &name, "a whole number above zero"));
            }
        }
        Kind::Date => {
            if super::date::Date::of_node(node).is_none() {
                problems.push(Problem::new(
                    node.span,
                    format!("{name} is not a date such as 2026-01-31"),
                ));
            }
        }
        Kind::Texts => {
            for item in items(node, &name, "a list of strings", problems) {
                text(item, &format!("an item of {name}"), problems);
            }
        }
        Kind::TextOrTexts => match (node.as_sequence(), node.as_str()) {
            (Some([]), _) => {
                problems.push(Problem::new(node.span, format!("{name} is an empty list")));
            }
            (Some(items), _) => {
                for item in items {
                    text(item, &format!("an item of {name}"), problems);
                }
            }
            (None, Some(_)) => text(node, &name, problems),
            (None, None) => problems.push(wrong(node, &name, "a string or a list of strings")),
        },
        Kind::TextMap => {
            for entry in entries(node, &name, problems) {
                if entry.value.as_str().is_none() {
                    let what = format!("`{}` in {name}", entry.key.text);
                    // The value may be a secret, so its name is what is shown.
                    problems.push(Problem {
                        span: entry.key.span,
                        ..wrong(&entry.value, &what, "a string")
                    });
                }
            }
        }
        Kind::Levels => levels(node, &name, problems),
        Kind::Table(schema) => table(node, schema, &name, kind, problems),
        Kind::Tables(schema) => {
            for item in items(node, &name, "a list of tables", problems) {
                table(item, schema, &format!("an entry of {name}"), kind, problems);
            }
        }
        Kind::TableMap(schema) => {
            for entry in entries(node, &name, problems) {
                table(
                    &entry.value,
                    schema,
                    &format!("`{}` in {name}", entry.key.text),
                    kind,
                    problems,
                );
            }
        }
        Kind::WordOrTables(words, schema) => {
            if node.as_sequence().is_none() {
                return word(node, &name, words, problems);
            }
            for item in items(node, &name, "a list of tables", problems) {
                table(item, schema, &format!("an entry of {name}"), kind, problems);
            }
        }
        Kind::TextsOrTables(schema) => {
            for item in items(node, &name, "a list", problems) {
                if item.as_mapping().is_some() {
                    table(item, schema, &format!("an item of {name}"), kind, problems);
                } else {
                    text(item, &format!("an item of {name}"), problems);
                }
            }
        }
    }
}

fn text(node: &Node, name: &str, problems: &mut Vec<Problem>) {
    match node.as_str() {
        None => problems.push(wrong(node, name, "a string")),
        Some(text) if text.trim().is_empty() => {
            problems.push(Problem::new(node.span, format!("{name} is empty")));
        }
        Some(_) => {}
    }
}

fn word(node: &Node, name: &str, words: &[&str], problems: &mut Vec<Problem>) {
    let known = format!("`{}`", words.join("` or `"));
    match node.as_str() {
        None => problems.push(wrong(node, name, &known)),
        Some(text) if !words.contains(&text) => {
            problems.push(Problem::new(
                node.span,
                format!("{name} must be {known}, and is `{text}`"),
            ));
        }
        Some(_) => {}
    }
}

fn levels(node: &Node, name: &str, problems: &mut Vec<Problem>) {
    for entry in entries(node, name, problems) {
        let rule = &*entry.key.text;
        if let Err(message) = RuleId::parse(rule) {
            problems.push(Problem::new(entry.key.span, message));
        }
        word(
            &entry.value,
            &format!("the level of `{rule}`"),
            LEVELS,
            problems,
        );
    }
}

fn items<'a>(
    node: &'a Node,
    name: &str,
    expected: &str,
    problems: &mut Vec<Problem>,
) -> &'a [Node] {
    node.as_sequence().unwrap_or_else(|| {
        problems.push(wrong(node, name, expected));
        &[]
    })
}

fn entries<'a>(
    node: &'a Node,
    name: &str,
    problems: &mut Vec<Problem>,
) -> &'a [crate::source::Entry] {
    if let Some(mapping) = node.as_mapping() {
        return mapping.entries();
    }
    // A text in place of variables may hold their values, so only its beginning is told.
    let wrong = wrong(node, name, "a table");
    problems.push(Problem {
        span: Span {
            end: wrong.span.start,
            ..wrong.span
        },
        ..wrong
    });
    &[]
}

fn wrong(node: &Node, name: &str, expected: &str) -> Problem {
    let found = match node.as_scalar().map(|scalar| scalar.kind) {
        Some(ScalarKind::Null) => "nothing",
        _ => node.kind_name(),
    };
    Problem::new(
        node.span,
        format!("{name} must be {expected}, and is {found}"),
    )
}
