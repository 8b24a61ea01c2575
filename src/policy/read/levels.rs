//! Levels, and where configuration is meant to come from.

use std::collections::BTreeMap;

use super::nodes::entries;
use crate::finding::Level;
use crate::policy::{BuildLevels, ExpectedSource};
use crate::registry::Spanned;
use crate::rules::RuleId;
use crate::source::Node;

pub(super) fn build(node: Option<&Node>) -> BuildLevels {
    let level = |name| {
        node.and_then(|node| node.get(name))
            .and_then(Node::as_str)
            .and_then(Level::parse)
            .unwrap_or(Level::Deny)
    };
    BuildLevels {
        local: level("local"),
        ci: level("ci"),
    }
}

pub(super) fn levels(node: Option<&Node>) -> BTreeMap<RuleId, Level> {
    entries(node)
        .filter_map(|(name, _, level)| {
            Some((RuleId::parse(name).ok()?, Level::parse(level.as_str()?)?))
        })
        .collect()
}

pub(super) fn expected_source(node: Option<&Node>) -> Option<Spanned<ExpectedSource>> {
    let node = node?;
    let source = match node.as_str()? {
        "kv" => ExpectedSource::Kv,
        "file" => ExpectedSource::File,
        _ => return None,
    };
    Some(Spanned::new(source, node.span))
}
