//! `Chart.yaml`.

use std::collections::BTreeMap;

use super::Rendered;
use super::functions::semver::Version;
use super::objects::Object;
use super::template::value::{Items, Map, MapType, Value};
use super::values::value_of;
use crate::source::{Node, Problem, Sources, Span};

/// What a chart says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) is_library: bool,
    pub(crate) kube_version: Option<(String, Span)>,
    pub(crate) dependencies: Option<Vec<Dependency>>,
    node: Node,
}

/// A subchart, as its parent asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) alias: Option<String>,
    pub(crate) version: String,
    pub(crate) condition: String,
    pub(crate) tags: Vec<String>,
    /// Where from in the subchart, and where to in the parent.
    pub(crate) imports: Vec<(String, String)>,
    pub(crate) span: Span,
}

impl Dependency {
    /// The name that the parent knows it by.
    pub(crate) fn known_as(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

fn text(node: &Node, name: &str) -> String {
    let scalar = node.get(name).and_then(Node::as_scalar);
    scalar
        .filter(|_| !node.get(name).is_some_and(Node::is_null))
        .map(|scalar| scalar.text.to_string())
        .unwrap_or_default()
}

fn texts(node: &Node, name: &str) -> Vec<String> {
    let items = node
        .get(name)
        .and_then(Node::as_sequence)
        .unwrap_or_default();
    items
        .iter()
        .filter_map(|item| Some(item.as_scalar()?.text.to_string()))
        .collect()
}

/// Reads a chart's metadata. None if there is none.
pub(crate) fn read(node: &Node, rendered: &mut Rendered) -> Option<Metadata> {
    let mut malformed = |span, message: &str| {
        rendered.malformed.push(Problem::new(span, message));
    };
    if node.as_mapping().is_none() {
        malformed(node.span, "a chart's metadata must be a mapping");
        return None;
    }
    let name = text(node, "name");
    let version = text(node, "version");
    let place = |field: &str| node.get(field).map_or(node.span, |field| field.span);
    if version.is_empty() {
        malformed(node.span, "chart.metadata.version is required");
        return None;
    }
    if Version::parse(&version).is_none() {
        malformed(place("version"), "chart.metadata.version is invalid");
        return None;
    }
    if name.is_empty() {
        malformed(node.span, "chart.metadata.name is required");
        return None;
    }
    if name.contains(['/', '\\']) || matches!(name.as_str(), "." | "..") {
        malformed(place("name"), "chart.metadata.name is invalid");
        return None;
    }
    if !matches!(text(node, "type").as_str(), "" | "application" | "library") {
        let message = "chart.metadata.type must be application or library";
        malformed(place("type"), message);
        return None;
    }
    let mut metadata = Metadata {
        name,
        version,
        is_library: text(node, "type").eq_ignore_ascii_case("library"),
        kube_version: node
            .get("kubeVersion")
            .and_then(|version| Some((version.as_scalar()?.text.to_string(), version.span))),
        dependencies: None,
        node: node.clone(),
    };
    dependencies(node, &mut metadata, rendered);
    Some(metadata)
}

/// Reads what subcharts a file asks for.
pub(crate) fn dependencies(node: &Node, metadata: &mut Metadata, rendered: &mut Rendered) {
    let Some(list) = node.get("dependencies").filter(|list| !list.is_null()) else {
        return;
    };
    let Some(items) = list.as_sequence() else {
        let message = "`dependencies` must be a list";
        rendered.malformed.push(Problem::new(list.span, message));
        return;
    };
    let found = items.iter().map(|item| {
        let alias = text(item, "alias");
        let imports = item.get("import-values").and_then(Node::as_sequence);
        Dependency {
            name: text(item, "name"),
            alias: (!alias.is_empty()).then_some(alias),
            version: text(item, "version"),
            condition: text(item, "condition"),
            tags: texts(item, "tags"),
            imports: imports
                .unwrap_or_default()
                .iter()
                .filter_map(import)
                .collect(),
            span: item.span,
        }
    });
    metadata.dependencies = Some(found.collect());
}

fn import(node: &Node) -> Option<(String, String)> {
    if let Some(name) = node.as_str() {
        return Some((format!("exports.{name}"), ".".to_owned()));
    }
    Some((
        node.get("child")?.as_str()?.to_owned(),
        node.get("parent")?.as_str()?.to_owned(),
    ))
}

/// Go's name of each field, the name that it is written under, and whether it is a list of strings.
const FIELDS: [(&str, &str, bool); 13] = [
    ("Name", "name", false),
    ("Home", "home", false),
    ("Sources", "sources", true),
    ("Version", "version", false),
    ("Description", "description", false),
    ("Keywords", "keywords", true),
    ("Icon", "icon", false),
    ("APIVersion", "apiVersion", false),
    ("Condition", "condition", false),
    ("Tags", "tags", false),
    ("AppVersion", "appVersion", false),
    ("KubeVersion", "kubeVersion", false),
    ("Type", "type", false),
];

/// What templates see as `.Chart`.
pub(crate) fn object(metadata: &Metadata, name: &str, is_root: bool, sources: &Sources) -> Value {
    let node = &metadata.node;
    let mut fields: BTreeMap<&'static str, Value> = BTreeMap::new();
    let plain = Map::new(MapType::Any);
    for (field, key, is_list) in FIELDS {
        let value = match node.get(key).filter(|value| !value.is_null()) {
            Some(value) if is_list => {
                let items = value.as_sequence().unwrap_or_default().iter();
                Value::list_of(
                    items.map(|item| value_of(sources, item)).collect(),
                    Items::Text,
                )
            }
            Some(value) => scalar_text(value, sources),
            None if is_list => Value::nil_list(Items::Text),
            None => "".into(),
        };
        let value = if key == "name"
            && name
                != metadata
                    .node
                    .get("name")
                    .and_then(Node::as_str)
                    .unwrap_or(name)
        {
            name.into()
        } else {
            value
        };
        if value.is_true() {
            plain.insert(key, value.clone());
        }
        fields.insert(field, value);
    }
    if text(node, "apiVersion").is_empty() {
        fields.insert("APIVersion", "v1".into());
        plain.insert("apiVersion", "v1".into());
    }
    let deprecated = node.get("deprecated").and_then(Node::as_bool) == Some(true);
    fields.insert("Deprecated", Value::bool(deprecated));
    if deprecated {
        plain.insert("deprecated", Value::bool(true));
    }
    let annotations = Map::new(MapType::Text);
    if let Some(mapping) = node.get("annotations").and_then(Node::as_mapping) {
        for entry in mapping.entries() {
            annotations.insert(&*entry.key.text, scalar_text(&entry.value, sources));
        }
        plain.insert("annotations", annotations.clone().into());
    }
    fields.insert("Annotations", annotations.into());
    for (field, key) in [
        ("Maintainers", "maintainers"),
        ("Dependencies", "dependencies"),
    ] {
        match node.get(key).filter(|value| !value.is_null()) {
            Some(value) => {
                let value = value_of(sources, value);
                plain.insert(key, value.clone());
                fields.insert(field, value);
            }
            None => {
                fields.insert(field, Value::nil_list(Items::Any));
            }
        }
    }
    fields.insert("IsRoot", Value::bool(is_root));
    plain.insert("IsRoot", Value::bool(is_root));
    Value::object(Object::Chart(fields, plain.into()))
}

/// A scalar that Helm reads as a string, whatever it looks like.
fn scalar_text(node: &Node, sources: &Sources) -> Value {
    match node.as_scalar() {
        // A chart's metadata is no value to set: what prints it is the place to edit.
        Some(scalar) => (&*scalar.text).into(),
        None => value_of(sources, node),
    }
}
