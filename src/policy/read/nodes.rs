//! Values of a validated document.

use std::collections::BTreeMap;

use crate::registry::Spanned;
use crate::source::{Names, Node, Span};

pub(super) fn list(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_sequence).unwrap_or_default()
}

pub(super) fn entries(node: Option<&Node>) -> impl Iterator<Item = (&str, Span, &Node)> {
    let entries = node
        .and_then(Node::as_mapping)
        .map(crate::source::Mapping::entries)
        .unwrap_or_default();
    entries
        .iter()
        .map(|entry| (&*entry.key.text, entry.key.span, &entry.value))
}

pub(super) fn text(node: Option<&Node>) -> Option<Spanned<String>> {
    let node = node?;
    Some(Spanned::new(node.as_str()?.to_owned(), node.span))
}

pub(super) fn string(node: Option<&Node>) -> Option<String> {
    text(node).map(|text| text.value)
}

pub(super) fn spanned_texts(node: Option<&Node>) -> Vec<Spanned<String>> {
    list(node)
        .iter()
        .filter_map(|item| text(Some(item)))
        .collect()
}

pub(super) fn texts(node: Option<&Node>) -> Vec<String> {
    spanned_texts(node)
        .into_iter()
        .map(|text| text.value)
        .collect()
}

pub(super) fn text_map(node: Option<&Node>) -> BTreeMap<String, String> {
    entries(node)
        .filter_map(|(name, _, value)| Some((name.to_owned(), value.as_str()?.to_owned())))
        .collect()
}

/// How the reader of a JSON file tells names apart, as the policy says it.
pub(super) fn names(node: Option<&Node>, default: Names) -> Names {
    match node.and_then(Node::as_str) {
        Some("go") => Names::AnyCase,
        Some("exact") => Names::Exact,
        _ => default,
    }
}
