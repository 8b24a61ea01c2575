//! JSON patches (RFC 6902), as kustomize applies them.

use crate::source::{Entry, Key, MAX_DEPTH, Node, Scalar, ScalarKind, Span, Value};

use super::super::context::{Outcome, Problems, depth, refuse, size};
use super::super::resource::text_at;
use super::super::shown;
use super::removals::Names;

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    kind: Kind,
    path: String,
    path_span: Span,
    from: String,
    value: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

/// Reads a list of operations; `None`, with problems, if one is none.
pub fn read(problems: &mut Problems, items: &[Node]) -> Option<Vec<Operation>> {
    let mut operations = Vec::new();
    for item in items {
        let kind = match text_at(item, &["op"]) {
            "add" => Kind::Add,
            "remove" => Kind::Remove,
            "replace" => Kind::Replace,
            "move" => Kind::Move,
            "copy" => Kind::Copy,
            "test" => Kind::Test,
            _ => {
                let message = "`op` must be add, remove, replace, move, copy or test";
                problems.invalid(item.get("op").unwrap_or(item).span, message);
                return None;
            }
        };
        let Some(path) = item.get("path").and_then(Node::as_str) else {
            problems.invalid(item.span, "this operation has no `path`");
            return None;
        };
        let from = item.get("from").and_then(Node::as_str);
        if matches!(kind, Kind::Move | Kind::Copy) && from.is_none() {
            problems.invalid(item.span, "this operation has no `from`");
            return None;
        }
        let path_span = item.get("path").map_or(item.span, |path| path.span);
        operations.push(Operation {
            kind,
            path: path.to_owned(),
            path_span,
            from: from.unwrap_or_default().to_owned(),
            value: item
                .get("value")
                .cloned()
                .unwrap_or_else(|| null(path_span)),
        });
    }
    Some(operations)
}

fn null(span: Span) -> Node {
    Node::new(
        span,
        Value::Scalar(Scalar {
            kind: ScalarKind::Null,
            text: "null".into(),
        }),
    )
}

/// The most values that the operations of one patch may copy.
const MAX_COPIED: usize = 1_000_000;

/// Applies operations in their order.
pub fn apply(document: &mut Node, operations: &[Operation]) -> Outcome {
    let mut copied: usize = 0;
    for operation in operations {
        let span = operation.path_span;
        let (parent, key) = container(document, &operation.path, span, operation)?;
        match operation.kind {
            Kind::Add => set(parent, &key, operation.value.clone(), operation)?,
            Kind::Remove => {
                let removed = remove(parent, &key, operation)?;
                note_removed(document, &operation.path, &removed, operation);
            }
            Kind::Replace => match &mut parent.value {
                Value::Sequence(items) => {
                    let index = index(&key, items.len()).filter(|index| *index < items.len());
                    match index.and_then(|index| items.get_mut(index)) {
                        Some(item) => *item = operation.value.clone(),
                        None => return missing(operation),
                    }
                }
                _ => set(parent, &key, operation.value.clone(), operation)?,
            },
            Kind::Test => {
                let found = get(parent, &key);
                let expected = Some(&operation.value).filter(|value| !value.is_null());
                let same = match (found.filter(|found| !found.is_null()), expected) {
                    (Some(found), Some(expected)) => equal(found, expected),
                    (None, None) => true,
                    _ => false,
                };
                if !same {
                    return refuse(
                        span,
                        format!("the test of `{}` fails", shown(&operation.path)),
                    );
                }
            }
            Kind::Move | Kind::Copy => {
                let (from, from_key) = container(document, &operation.from, span, operation)?;
                let value = if operation.kind == Kind::Move {
                    let removed = remove(from, &from_key, operation)?;
                    note_removed(document, &operation.from, &removed, operation);
                    removed
                } else {
                    get(from, &from_key).cloned().unwrap_or_else(|| null(span))
                };
                // A value that is copied into itself again and again would grow without end.
                copied = copied.saturating_add(size(&value));
                if copied > MAX_COPIED
                    || depth(&value) + operation.path.matches('/').count() > MAX_DEPTH
                {
                    return refuse(span, "the operations of this patch copy too much");
                }
                let (parent, key) = container(document, &operation.path, span, operation)?;
                add(parent, &key, value, operation)?;
            }
        }
    }
    Ok(())
}

fn missing<T>(operation: &Operation) -> Outcome<T> {
    let path = shown(&operation.path);
    refuse(
        operation.path_span,
        format!("there is nothing at `{path}` that this operation could change"),
    )
}

/// What holds the last part of a path, and that part.
fn container<'n>(
    document: &'n mut Node,
    path: &str,
    span: Span,
    operation: &Operation,
) -> Outcome<(&'n mut Node, String)> {
    let mut parts: Vec<String> = path
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let Some(last) = parts.pop() else {
        return refuse(
            span,
            "the `path` of an operation must begin with `/` and name a field",
        );
    };
    let mut node = document;
    for part in parts {
        let next = match &mut node.value {
            Value::Mapping(mapping) => mapping.get_mut(&part),
            Value::Sequence(items) => match index(&part, items.len()) {
                Some(index) => items.get_mut(index),
                None => None,
            },
            Value::Scalar(_) => None,
        };
        match next {
            Some(next) => node = next,
            None => return missing(operation),
        }
    }
    if node.as_scalar().is_some() {
        return missing(operation);
    }
    Ok((node, last))
}

/// A position in a list; negative ones count from its end.
fn index(key: &str, length: usize) -> Option<usize> {
    let index: i64 = key.parse().ok()?;
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn get<'n>(parent: &'n Node, key: &str) -> Option<&'n Node> {
    match &parent.value {
        Value::Mapping(mapping) => mapping.get(key),
        Value::Sequence(items) => items.get(index(key, items.len())?),
        Value::Scalar(_) => None,
    }
}

/// Notes what an operation removed from a path. Of an item of a list the mapping that has the list takes the note.
fn note_removed(document: &mut Node, path: &str, removed: &Node, operation: &Operation) {
    let span = operation.path_span;
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    let is_in_list = matches!(
        container(document, path, span, operation),
        Ok((parent, _)) if parent.as_sequence().is_some()
    );
    let of_field = if is_in_list { above } else { path };
    let Ok((parent, field)) = container(document, of_field, span, operation) else {
        return;
    };
    let Value::Mapping(holder) = &mut parent.value else {
        return;
    };
    if is_in_list {
        let name = text_at(removed, &["name"]);
        if !name.is_empty() {
            holder.note_removed(format!("{field}/{name}"), span);
        }
        return;
    }
    if let Some(names) = Names::of(removed).filter(Names::are_of_list) {
        names.note_missing(holder, &field, span);
    }
    holder.note_removed(field, span);
}

/// Puts a value in, and notes what it replaces and does not have.
fn set(parent: &mut Node, key: &str, value: Node, operation: &Operation) -> Outcome {
    let mapping = parent.as_mapping();
    let old = mapping.and_then(|mapping| Names::of(mapping.get(key)?));
    add(parent, key, value, operation)?;
    if let (Some(old), Value::Mapping(mapping)) = (old, &mut parent.value) {
        old.note_missing(mapping, key, operation.path_span);
    }
    Ok(())
}

fn add(parent: &mut Node, key: &str, value: Node, operation: &Operation) -> Outcome {
    match &mut parent.value {
        Value::Mapping(mapping) => {
            let key = Key {
                text: key.into(),
                span: operation.path_span,
            };
            mapping.insert(Entry { key, value });
        }
        Value::Sequence(items) if key == "-" => items.push(value),
        Value::Sequence(items) => match index(key, items.len() + 1) {
            Some(index) if index <= items.len() => items.insert(index, value),
            _ => return missing(operation),
        },
        Value::Scalar(_) => return missing(operation),
    }
    Ok(())
}

fn remove(parent: &mut Node, key: &str, operation: &Operation) -> Outcome<Node> {
    let removed = match &mut parent.value {
        Value::Mapping(mapping) => mapping.remove(key).map(|entry| entry.value),
        Value::Sequence(items) => index(key, items.len())
            .filter(|index| *index < items.len())
            .map(|index| items.remove(index)),
        Value::Scalar(_) => None,
    };
    match removed {
        Some(removed) => Ok(removed),
        None => missing(operation),
    }
}

/// Whether two values say the same, wherever they are written.
fn equal(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Mapping(one), Value::Mapping(other)) => {
            let same = |entry: &Entry| {
                other
                    .get(&entry.key.text)
                    .is_some_and(|other| equal(&entry.value, other))
            };
            one.len() == other.len() && one.entries().iter().all(same)
        }
        (Value::Sequence(one), Value::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Scalar(one), Value::Scalar(other)) => {
            let is_number =
                |scalar: &Scalar| matches!(scalar.kind, ScalarKind::Integer | ScalarKind::Float);
            if is_number(one) && is_number(other) {
                return one.text == other.text
                    || one.text.parse::<f64>().ok() == other.text.parse::<f64>().ok();
            }
            match (one.kind, other.kind) {
                (ScalarKind::Bool(one), ScalarKind::Bool(other)) => one == other,
                (ScalarKind::Null, ScalarKind::Null) => true,
                (one_kind, other_kind) => one_kind == other_kind && one.text == other.text,
            }
        }
        _ => false,
    }
}
