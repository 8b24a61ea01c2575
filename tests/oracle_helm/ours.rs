//! What kvguard renders, as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use kvguard::deploy::helm::{Options, Rendered, render};
use kvguard::inputs::Inputs;
use kvguard::registry::Spanned;
use kvguard::source::{Node, ScalarKind, Sources, Span, Value, yaml};

/// How a chart is rendered.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub chart: String,
    pub values_files: Vec<String>,
    pub set: BTreeMap<String, String>,
    pub api_versions: Vec<String>,
}

/// Renders a chart below a root.
pub fn rendered(root: &Path, call: &Call) -> (Inputs, Rendered) {
    let mut inputs = Inputs::new(root).expect("the root is there");
    let span = nowhere();
    let spanned = |value: &String| Spanned {
        value: value.clone(),
        span,
    };
    let values_files: Vec<Spanned<String>> = call.values_files.iter().map(spanned).collect();
    let options = Options {
        chart: &spanned(&call.chart),
        values_files: &values_files,
        set: &call.set,
        release_name: "release",
        namespace: "space",
        kube_version: Some("v1.32.0"),
        api_versions: &call.api_versions,
    };
    let (rendered, failures) = render(&mut inputs, &options);
    assert!(failures.is_empty(), "{failures:?}");
    (inputs, rendered)
}

fn nowhere() -> Span {
    let mut sources = Sources::new();
    let id = sources.add("policy", "");
    sources.whole(id)
}

/// A document as JSON. Both sides are read by the same reader, so numbers are compared as written.
pub fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => serde_json::Value::Null,
            ScalarKind::Bool(value) => value.into(),
            ScalarKind::Integer | ScalarKind::Float => format!("number {}", scalar.text).into(),
            ScalarKind::String | ScalarKind::DateTime => (&*scalar.text).into(),
        },
        Value::Sequence(items) => items.iter().map(json).collect(),
        Value::Mapping(mapping) => mapping
            .entries()
            .iter()
            .map(|entry| (entry.key.text.to_string(), json(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// The documents of a text, sorted, without empty ones.
pub fn documents(text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let id = sources.add("rendered", text);
    let fragment = kvguard::source::Fragment::of_source(&sources, id);
    sorted(&yaml::read(&fragment).roots)
}

/// Documents as text, sorted, without empty ones.
pub fn sorted(nodes: &[Node]) -> Vec<String> {
    let mut all: Vec<String> = nodes
        .iter()
        .filter(|node| !node.is_null())
        .map(|node| serde_json::to_string_pretty(&json(node)).expect("JSON is written"))
        .collect();
    all.sort();
    all
}
