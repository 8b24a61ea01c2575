//! Reads a registry from a document.

use super::draft::{Assembly, Draft, Spelling};
use super::fields::Field;
use super::{Registry, Spanned};
use crate::source::{Entry, Key, Mapping, Node, Problem, Span};
use crate::suggest;

/// The keys under which a whole document may have its descriptors.
const WELL_KNOWN: [&str; 2] = ["services", "descriptors"];

/// Reads the descriptors that a document has at a JSON pointer: a list of them, a mapping of names
/// to them, or one. With the empty pointer they may also be under `services` or `descriptors`.
pub(super) fn read(root: &Node, pointer: &str) -> Registry {
    let mut assembly = Assembly::default();
    let found = if pointer.is_empty() {
        well_known(root)
    } else {
        resolve(root, pointer)
    };
    match found {
        Ok(node) => read_collection(node, &mut assembly),
        Err(problem) => assembly.problems.push(problem),
    }
    assembly.finish()
}

/// The node at a pointer, or where the pointer leads nowhere.
fn resolve<'a>(root: &'a Node, pointer: &str) -> Result<&'a Node, Problem> {
    let nowhere = |node: &Node, why: String| {
        Problem::new(
            node.span,
            format!("nothing at the pointer `{pointer}`: {why}"),
        )
    };
    if !pointer.starts_with('/') {
        return Err(nowhere(root, "a pointer begins with `/`".to_owned()));
    }
    let mut node = root;
    for part in pointer.split('/').skip(1) {
        let escaped = format!("/{part}");
        let Some(next) = node.pointer(&escaped) else {
            let part = part.replace("~1", "/").replace("~0", "~");
            let why = match node.as_mapping() {
                Some(mapping) => format!("no `{part}` here{}", did_you_mean(&part, mapping)),
                None => format!("no `{part}` in {}", node.kind_name()),
            };
            return Err(nowhere(node, why));
        };
        node = next;
    }
    Ok(node)
}

fn did_you_mean(name: &str, mapping: &Mapping) -> String {
    suggest::did_you_mean(name, mapping.entries().iter().map(|entry| &*entry.key.text))
}

/// The node that holds the descriptors of a whole document.
fn well_known(root: &Node) -> Result<&Node, Problem> {
    let Some(mapping) = root.as_mapping() else {
        return Ok(root);
    };
    let mut found: Option<&Entry> = None;
    for name in WELL_KNOWN {
        let Some(entry) = mapping.entry(name) else {
            continue;
        };
        if entry.value.as_scalar().is_some() || is_descriptor(&entry.value) {
            continue;
        }
        if let Some(first) = found {
            return Err(Problem {
                span: entry.key.span,
                message: format!(
                    "both `{}` and `{name}`; say in the policy by a pointer which holds the descriptors",
                    first.key.text
                ),
                related: Some((first.key.span, format!("`{}`", first.key.text))),
            });
        }
        found = Some(entry);
    }
    Ok(found.map_or(root, |entry| &entry.value))
}

/// Whether this is a descriptor rather than a mapping of names to descriptors.
fn is_descriptor(node: &Node) -> bool {
    node.as_mapping().is_some_and(|mapping| {
        mapping.entries().iter().any(|entry| {
            entry.value.as_scalar().is_some()
                && matches!(
                    Field::parse(&entry.key.text),
                    Some(Field::Name | Field::KvKey | Field::KvKeyTemplate)
                )
        })
    })
}

fn read_collection(node: &Node, assembly: &mut Assembly) {
    if let Some(items) = node.as_sequence() {
        assembly.reserve(items.len());
        for item in items {
            match item.as_mapping() {
                Some(mapping) => read_descriptor(mapping, item.span, None, assembly),
                None => assembly.problems.push(Problem::new(
                    item.span,
                    format!(
                        "{} where a descriptor, a mapping, is needed",
                        item.kind_name()
                    ),
                )),
            }
        }
        if items.is_empty() {
            assembly.problems.push(nothing(node.span));
        }
        return;
    }
    let Some(mapping) = node.as_mapping() else {
        let message = format!(
            "{} where descriptors are needed; write a list of descriptors or a mapping of names to descriptors",
            node.kind_name()
        );
        assembly.problems.push(Problem::new(node.span, message));
        return;
    };
    if is_descriptor(node) {
        read_descriptor(mapping, node.span, None, assembly);
        return;
    }
    assembly.reserve(mapping.entries().len());
    for entry in mapping.entries() {
        match entry.value.as_mapping() {
            Some(body) => {
                let span = if entry.key.span.end <= entry.value.span.start {
                    entry.key.span.to(entry.value.span)
                } else {
                    entry.value.span
                };
                read_descriptor(body, span, Some(&entry.key), assembly);
            }
            None => assembly.problems.push(Problem::new(
                entry.key.span,
                format!(
                    "`{}` is {}, not a descriptor{}",
                    entry.key.text,
                    entry.value.kind_name(),
                    suggest::did_you_mean(&entry.key.text, WELL_KNOWN)
                ),
            )),
        }
    }
    if mapping.is_empty() {
        assembly.problems.push(nothing(node.span));
    }
}

fn nothing(span: Span) -> Problem {
    Problem::new(span, "no descriptors here; declare at least one service")
}

fn read_descriptor(mapping: &Mapping, span: Span, key: Option<&Key>, assembly: &mut Assembly) {
    let key = key.map(|key| Spanned::new(key.text.to_string(), key.span));
    let mut draft = Draft::new(span, Spelling::Document, key);
    let problems = &mut assembly.problems;
    for Entry { key, value } in mapping.entries() {
        let Some(field) = draft.field(&key.text, key.span, problems) else {
            continue;
        };
        if value.is_null() {
            continue;
        }
        if field.is_list() {
            if let Some(paths) = read_paths(&key.text, value, problems) {
                draft.set_list(field, paths, problems);
            }
        } else if let Some(text) = value.as_str() {
            draft.set_text(field, Spanned::new(text.to_owned(), value.span));
        } else {
            draft.set_unreadable(field);
            let message = format!("`{}` is {}; write a string", key.text, value.kind_name());
            problems.push(Problem::new(value.span, message));
        }
    }
    assembly.add(draft);
}

fn read_paths(
    name: &str,
    value: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Spanned<String>>> {
    let Some(items) = value.as_sequence() else {
        let message = format!("`{name}` is {}; write a list of strings", value.kind_name());
        problems.push(Problem::new(value.span, message));
        return None;
    };
    let mut paths = Vec::with_capacity(items.len());
    for item in items {
        match item.as_str() {
            Some(text) => paths.push(Spanned::new(text.to_owned(), item.span)),
            None => problems.push(Problem::new(
                item.span,
                format!("{} in `{name}`; write a string", item.kind_name()),
            )),
        }
    }
    Some(paths)
}
