//! Strategic merges, as kustomize does them: lists of known types are merged item by item, what the
//! patch adds comes first, and null takes out.

use crate::source::{Entry, Key, Mapping, Node, Span, Value};

use super::super::context::{Outcome, refuse};
use super::super::resource::{scalar_text, text_at};
use super::super::schema::{Schema, Shape};
use super::lists::sequence;
use super::removals::Names;

/// The key of a mapping that says what becomes of it.
pub(super) const DIRECTIVE: &str = "$patch";

/// Merges a patch into a document; `None` if the patch takes it out.
pub fn merge(document: Node, patch: &Node) -> Outcome<Option<Node>> {
    walk(Some(document), Some(patch), Shape::Other(None))
}

/// What becomes of a value that a patch names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

/// What a `$patch` says.
pub(super) fn directive(value: &Node) -> Outcome<Directive> {
    match scalar_text(value) {
        "merge" => Ok(Directive::Merge),
        "replace" => Ok(Directive::Replace),
        "delete" => Ok(Directive::Delete),
        _ => refuse(
            value.span,
            "`$patch` must be `merge`, `replace` or `delete`",
        ),
    }
}

fn present(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| !node.is_null())
}

/// Merges what a patch says of a value into it.
pub(super) fn walk(old: Option<Node>, patch: Option<&Node>, shape: Shape) -> Outcome<Option<Node>> {
    let (is_old, kind) = match (present(old.as_ref()), present(patch)) {
        (Some(old), Some(patch)) if old.kind_class() != patch.kind_class() => {
            return refuse(
                patch.span,
                format!(
                    "the patch has {} where the resource has {}",
                    patch.kind_name(),
                    old.kind_name()
                ),
            );
        }
        (Some(node), _) => (true, node.kind_class()),
        (None, Some(node)) => (false, node.kind_class()),
        (None, None) => return Ok(kept_null(old, patch)),
    };
    match (kind, shape) {
        (Class::Mapping, shape) => {
            let schema = match shape {
                Shape::Other(schema) | Shape::Merged(_, schema) => schema,
            };
            mapping(old.filter(|_| is_old), patch, schema)
        }
        (Class::Sequence, Shape::Merged(keys, schema)) => {
            sequence(old.filter(|_| is_old), patch, keys, schema)
        }
        // Anything else is as the patch has it.
        _ => Ok(match patch {
            Some(patch) => Some(patch.clone()).filter(|patch| !patch.is_null()),
            None => old,
        }),
    }
}

/// A null that is spelled out in the document stays unless the patch says something.
fn kept_null(old: Option<Node>, patch: Option<&Node>) -> Option<Node> {
    old.filter(|old| patch.is_none() && !scalar_text(old).is_empty())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Scalar,
    Sequence,
    Mapping,
}

trait Classified {
    fn kind_class(&self) -> Class;
}

impl Classified for Node {
    fn kind_class(&self) -> Class {
        match &self.value {
            Value::Scalar(_) => Class::Scalar,
            Value::Sequence(_) => Class::Sequence,
            Value::Mapping(_) => Class::Mapping,
        }
    }
}

fn mapping(
    old: Option<Node>,
    patch: Option<&Node>,
    schema: Option<Schema>,
) -> Outcome<Option<Node>> {
    let schema = schema.or_else(|| {
        old.iter().chain(patch).find_map(|node| {
            Schema::of_kind(text_at(node, &["apiVersion"]), text_at(node, &["kind"]))
        })
    });
    let said = match patch.and_then(|patch| patch.get(DIRECTIVE)) {
        Some(value) => directive(value)?,
        None => Directive::Merge,
    };
    if said == Directive::Delete || patch.is_some_and(Node::is_null) {
        return Ok(None);
    }
    // Where the patch replaces the whole mapping, what only the old one has is removed by the directive.
    let replaced = match (said, &old, patch.and_then(|patch| patch.get(DIRECTIVE))) {
        (Directive::Replace, Some(old), Some(value)) => Names::of(old).zip(Some(value.span)),
        _ => None,
    };
    // What is not there yet, or replaced, is the patch merged with itself: directives in it count.
    let base = match (old, patch) {
        (Some(old), _) if said == Directive::Merge => old,
        (_, Some(patch)) => patch.clone(),
        (old, None) => return Ok(old),
    };
    let Node { span, value, tag } = base;
    let Value::Mapping(base) = value else {
        return Ok(None);
    };
    let fields = patch.and_then(Node::as_mapping);
    let mut merged = Mapping::new();
    for (name, span) in base.all_removed() {
        merged.note_removed(name, span);
    }
    for entry in base.into_entries() {
        if &*entry.key.text == DIRECTIVE {
            continue;
        }
        let patch = fields.and_then(|fields| fields.entry(&entry.key.text));
        let shape = field_shape(schema, &entry.key.text);
        // What becomes of a mapping's entries is noted where those are merged.
        let of_list = patch
            .and_then(|_| Names::of(&entry.value))
            .filter(Names::are_of_list);
        let name = entry.key.text.clone();
        match walk(Some(entry.value), patch.map(|patch| &patch.value), shape)? {
            Some(value) => {
                merged.insert(Entry {
                    key: key_of(entry.key, &value, patch),
                    value,
                });
            }
            None => {
                if let Some(patch) = patch {
                    merged.note_removed(&*name, patch.key.span.to(patch.value.span));
                }
            }
        }
        if let (Some(names), Some(patch)) = (of_list, patch) {
            names.note_missing_items(&mut merged, &name, |item| place_of(item, patch));
        }
    }
    if let Some((names, span)) = replaced {
        names.note_in(&mut merged, span);
    }
    for entry in fields.map_or(&[][..], Mapping::entries) {
        let name = &*entry.key.text;
        if name == DIRECTIVE || merged.entry(name).is_some() || entry.value.is_null() {
            continue;
        }
        if let Some(value) = walk(None, Some(&entry.value), field_shape(schema, name))? {
            merged.insert(Entry {
                key: entry.key.clone(),
                value,
            });
        }
    }
    let mut node = Node::new(span, Value::Mapping(merged));
    node.tag = tag;
    Ok(Some(node))
}

/// Where a patch says of an item of a list what becomes of it.
fn place_of(item: &str, patch: &Entry) -> Span {
    let mut items = patch.value.as_sequence().unwrap_or_default().iter();
    let own = items.find(|own| text_at(own, &["name"]) == item);
    own.map_or(patch.key.span, |own| own.span)
}

/// The key of what the patch set is the patch's.
fn key_of(key: Key, value: &Node, patch: Option<&Entry>) -> Key {
    match patch {
        Some(patch) if patch.value.span == value.span => patch.key.clone(),
        _ => key,
    }
}

fn field_shape(schema: Option<Schema>, name: &str) -> Shape {
    schema.map_or(Shape::Other(None), |schema| schema.field(name))
}
