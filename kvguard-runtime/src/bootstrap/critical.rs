//! Critical fields: there, and not empty.

use super::error::{FieldError, FieldFault};
use crate::format::{Mapping, Tree};

/// The critical fields that are absent or empty.
pub(super) fn check(mapping: &Mapping, fields: &[String]) -> Vec<FieldError> {
    let fault = |field: &String| match find(mapping, field) {
        None => Some(FieldFault::Missing),
        Some(value) if is_empty(value) => Some(FieldFault::Empty),
        Some(_) => None,
    };
    fields
        .iter()
        .filter_map(|field| fault(field).map(|fault| FieldError::new(field.clone(), fault, None)))
        .collect()
}

/// What a dotted path names; a number names a place in a list.
pub(super) fn find<'t>(mapping: &'t Mapping, path: &str) -> Option<&'t Tree> {
    let mut parts = path.split('.');
    let mut tree = mapping.get(parts.next()?)?;
    for part in parts {
        tree = match tree {
            Tree::Object(mapping) => mapping.get(part)?,
            Tree::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => return None,
        };
    }
    Some(tree)
}

/// Whether a value says nothing: null, a text of blanks, a list or mapping with nothing in it.
pub(super) fn is_empty(tree: &Tree) -> bool {
    match tree {
        Tree::Null => true,
        Tree::Bool(_) | Tree::Number(_) => false,
        Tree::String(text) => text.trim().is_empty(),
        Tree::Array(items) => items.is_empty(),
        Tree::Object(mapping) => mapping.is_empty(),
    }
}
