//! The fields that descriptors name, in templates.

use crate::registry::{Descriptor, Format};
use crate::resolve::Model;
use crate::source::{Names, Node, ScalarKind, Value};

/// How the service's client tells the names in its configuration apart.
pub(super) fn names_of(model: &Model, descriptor: &Descriptor) -> Names {
    let policy = model.policy.service(&descriptor.name.value);
    match descriptor.format.value {
        Format::Json => policy.map(|policy| policy.names).unwrap_or_default(),
        Format::Toml | Format::Yaml => Names::Exact,
    }
}

/// What there is of a field.
pub(super) enum Found<'n> {
    /// The field.
    Value(&'n Node),
    /// The deepest node on the way.
    Only(&'n Node),
}

/// What a dotted path names.
pub(super) fn find<'n>(root: &'n Node, path: &str, names: Names) -> Found<'n> {
    let mut node = root;
    for part in path.split('.') {
        let next = match &node.value {
            Value::Sequence(items) => part
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index)),
            _ => names.get(node, part),
        };
        match next {
            Some(next) => node = next,
            None => return Found::Only(node),
        }
    }
    Found::Value(node)
}

/// Whether a field is there and holds nothing.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => {
            scalar.kind == ScalarKind::Null
                || scalar.kind == ScalarKind::String && scalar.text.trim().is_empty()
        }
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
    }
}
