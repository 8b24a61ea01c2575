//! The environment contract and levels.

use std::collections::BTreeMap;

use super::nodes::{entries, string, texts};
use crate::finding::Level;
use crate::policy::{BuildLevels, Contract, ExpectedSource};
use crate::registry::Spanned;
use crate::rules::RuleId;
use crate::source::Node;

pub(super) fn contract(node: Option<&Node>) -> Contract {
    let get = |name| node.and_then(|node: &Node| node.get(name));
    let text_or = |name, default: &str| string(get(name)).unwrap_or_else(|| default.to_owned());
    let texts_or = |name, default: &[&str]| match get(name) {
        Some(node) => texts(Some(node)),
        None => default.iter().map(|text| (*text).to_owned()).collect(),
    };
    let modes = match get("mode") {
        Some(_) => entries(get("mode"))
            .map(|(name, _, mode)| (name.to_owned(), texts(mode.get("required"))))
            .collect(),
        None => [
            (
                "mtls",
                ["KV_CERT_FILE", "KV_KEY_FILE", "KV_CA_FILE"].as_slice(),
            ),
            (
                "spiffe",
                ["KV_TRUST_DOMAIN", "KV_SERVER_SPIFFE_ID"].as_slice(),
            ),
        ]
        .into_iter()
        .map(|(mode, names)| {
            (
                mode.to_owned(),
                names.iter().map(|name| (*name).to_owned()).collect(),
            )
        })
        .collect(),
    };
    Contract {
        source_variable: text_or("source_variable", "CONFIG_SOURCE"),
        source_value: text_or("source_value", "kv"),
        other_source_values: texts_or("other_source_values", &["file"]),
        service_variable: text_or("service_variable", "CONFIG_SERVICE"),
        certificate_variable: text_or("certificate_variable", "KV_CERT_FILE"),
        mode_variable: text_or("mode_variable", "KV_SEC_MODE"),
        template_key: text_or("template_key", "templates/{service}.{format}"),
        required: texts_or("required", &["KV_ADDRESS"]),
        modes,
    }
}

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
