//! Kubernetes objects, and what they were called before a transformer renamed them.

use crate::source::{Entry, Key, Mapping, Node, SourceId, Span, Value};

use super::schema;
use super::shared::Shared;

/// A group, a version and a kind; empty: not told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Gvk {
    pub group: String,
    pub version: String,
    pub kind: String,
}

impl Gvk {
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
        }
    }

    /// Whether each part that the selector tells is this one's.
    pub fn is_selected_by(&self, selector: &Gvk) -> bool {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        fits(&selector.group, &self.group)
            && fits(&selector.version, &self.version)
            && fits(&selector.kind, &self.kind)
    }

    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// `apps/v1` in its two parts.
pub fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// What names an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Id {
    pub gvk: Gvk,
    pub name: String,
    /// As it is written; empty: none.
    pub namespace: String,
    /// Whether the kind is known to be in no namespace.
    pub cluster: bool,
}

/// What stands for the namespace of objects that are in none.
const NO_NAMESPACE: &str = "_non_namespaceable_";

impl Id {
    pub fn effective_namespace(&self) -> &str {
        if self.cluster {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    pub fn same_namespace(&self, other: &Id) -> bool {
        self.effective_namespace() == other.effective_namespace()
    }

    pub fn same(&self, other: &Id) -> bool {
        self.same_but_namespace(other) && self.same_namespace(other)
    }

    pub fn same_but_namespace(&self, other: &Id) -> bool {
        self.name == other.name && self.gvk == other.gvk
    }

    /// Whether each part that the selector tells is this one's.
    pub fn is_selected_by(&self, selector: &Id) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.same_namespace(self))
            && self.gvk.is_selected_by(&selector.gvk)
    }

    /// What no two objects of one result may share.
    pub fn key(&self) -> (Gvk, String, String) {
        let namespace = self.effective_namespace().to_owned();
        (self.gvk.clone(), self.name.clone(), namespace)
    }

    /// As a message shows it: `Deployment core`.
    pub fn shown(&self) -> String {
        format!(
            "{} {}",
            super::shown(&self.gvk.kind),
            super::shown(&self.name)
        )
    }
}

/// What a generator does with an object of its name that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behavior {
    #[default]
    Create,
    Replace,
    Merge,
}

/// A name an object had.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Previous {
    kind: String,
    name: String,
    namespace: String,
}

/// Where an object comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file that holds it, or tells the generator to make it.
    pub source: SourceId,
    /// The generator that makes it.
    pub generator: Option<&'static str>,
}

/// An object on its way through an overlay.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The document; always a mapping.
    pub node: Node,
    previous: Vec<Previous>,
    pub prefixes: Vec<String>,
    pub suffixes: Vec<String>,
    /// The `vars` that read from it.
    pub variables: Vec<String>,
    pub behavior: Behavior,
    pub needs_hash: bool,
    pub origin: Origin,
    /// The values that are one in several places.
    pub shared: Vec<Shared>,
}

impl Resource {
    pub fn new(node: Node) -> Self {
        let origin = Origin {
            source: node.span.source,
            generator: None,
        };
        Self {
            node,
            origin,
            shared: Vec::new(),
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            variables: Vec::new(),
            behavior: Behavior::Create,
            needs_hash: false,
        }
    }

    pub fn kind(&self) -> &str {
        text_at(&self.node, &["kind"])
    }

    pub fn api_version(&self) -> &str {
        text_at(&self.node, &["apiVersion"])
    }

    pub fn name(&self) -> &str {
        text_at(&self.node, &["metadata", "name"])
    }

    pub fn namespace(&self) -> &str {
        text_at(&self.node, &["metadata", "namespace"])
    }

    pub fn gvk(&self) -> Gvk {
        Gvk::new(self.api_version(), self.kind())
    }

    pub fn is_cluster_scoped(&self) -> bool {
        schema::is_cluster_scoped(self.api_version(), self.kind())
    }

    /// What names it now.
    pub fn id(&self) -> Id {
        Id {
            gvk: self.gvk(),
            name: self.name().to_owned(),
            namespace: self.namespace().to_owned(),
            cluster: self.is_cluster_scoped(),
        }
    }

    /// What named it, from the first on.
    pub fn previous_ids(&self) -> impl Iterator<Item = Id> + '_ {
        let (group, version) = split_api_version(self.api_version());
        self.previous.iter().map(move |previous| Id {
            gvk: Gvk {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: previous.kind.clone(),
            },
            name: previous.name.clone(),
            namespace: previous.namespace.clone(),
            cluster: false,
        })
    }

    /// The names it had.
    pub fn previous_names(&self) -> impl Iterator<Item = &str> {
        self.previous.iter().map(|previous| &*previous.name)
    }

    /// What named it first.
    pub fn original_id(&self) -> Id {
        self.previous_ids().next().unwrap_or_else(|| self.id())
    }

    /// What named it and names it.
    pub fn any_id(&self) -> impl Iterator<Item = Id> + '_ {
        self.previous_ids().chain(std::iter::once(self.id()))
    }

    /// Notes what names it now, as it is about to change.
    pub fn store_previous_id(&mut self) {
        let id = self.id();
        self.previous.push(Previous {
            namespace: id.effective_namespace().to_owned(),
            kind: id.gvk.kind,
            name: id.name,
        });
    }

    /// Where the object's name is written.
    pub fn name_span(&self) -> Span {
        let name = self.node.get("metadata").and_then(|node| node.get("name"));
        name.unwrap_or(&self.node).span
    }

    pub fn set_name(&mut self, name: &str, span: Span) {
        set_in(
            &mut self.node,
            &["metadata"],
            "name",
            string_entry("name", name, span),
        );
    }

    /// The labels or annotations.
    pub fn metadata_map(&self, field: &str) -> Option<&Mapping> {
        self.node.get("metadata")?.get(field)?.as_mapping()
    }

    /// Takes over what a generator keeps of the object that it replaces: its labels, annotations, name
    /// and namespace, and what it was called.
    pub fn inherit(&mut self, old: &Resource) {
        for field in ["labels", "annotations"] {
            let mut merged = old.metadata_map(field).cloned().unwrap_or_default();
            for entry in self
                .metadata_map(field)
                .into_iter()
                .flat_map(Mapping::entries)
            {
                merged.insert(entry.clone());
            }
            set_text_map(&mut self.node, field, merged);
        }
        let metadata = |field| old.node.get("metadata").and_then(|node| node.get(field));
        for field in ["name", "namespace"] {
            let value = metadata(field).cloned();
            if let Some(Value::Mapping(mapping)) = value_mut(&mut self.node, "metadata") {
                match value {
                    Some(value) => put(mapping, field, value),
                    None => drop(mapping.remove(field)),
                }
            }
        }
        self.behavior = old.behavior;
        self.needs_hash &= old.needs_hash;
        self.previous.clone_from(&old.previous);
        self.prefixes.clone_from(&old.prefixes);
        self.suffixes.clone_from(&old.suffixes);
        self.variables.clone_from(&old.variables);
    }
}

/// Sets the labels or annotations to texts, each what it says; nothing at all if there are none.
pub fn set_text_map(node: &mut Node, field: &str, map: Mapping) {
    let Some(Value::Mapping(metadata)) = value_mut(node, "metadata") else {
        return;
    };
    let Some(old) = metadata.remove(field) else {
        if map.is_empty() {
            return;
        }
        let Some(first) = map.entries().first() else {
            return;
        };
        let key = Key {
            text: field.into(),
            span: first.key.span,
        };
        let span = first.key.span;
        let value = Node::new(span, Value::Mapping(text_map(map)));
        metadata.insert(Entry { key, value });
        return;
    };
    if !map.is_empty() {
        let value = Node::new(old.value.span, Value::Mapping(text_map(map)));
        metadata.insert(Entry {
            key: old.key,
            value,
        });
    }
}

fn text_map(map: Mapping) -> Mapping {
    let mut texts = Mapping::new();
    for entry in map.into_entries() {
        let text = scalar_text(&entry.value).to_owned();
        let value = Node::string(entry.value.span, text);
        texts.insert(Entry {
            key: entry.key,
            value,
        });
    }
    texts
}

/// The text of a scalar, whatever it is; of anything else none.
pub fn scalar_text(node: &Node) -> &str {
    node.as_scalar().map_or("", |scalar| &scalar.text)
}

/// The text at a path of names; nothing for what is not there, null, or no scalar.
pub fn text_at<'a>(node: &'a Node, path: &[&str]) -> &'a str {
    let mut node = node;
    for part in path {
        match node.get(part) {
            Some(inner) => node = inner,
            None => return "",
        }
    }
    if node.is_null() {
        ""
    } else {
        scalar_text(node)
    }
}

/// The value of a name in a mapping, to be changed.
pub fn value_mut<'a>(node: &'a mut Node, name: &str) -> Option<&'a mut Value> {
    match &mut node.value {
        Value::Mapping(mapping) => Some(&mut mapping.get_mut(name)?.value),
        _ => None,
    }
}

/// Sets a value and keeps the key as it is written, if it is.
pub fn put(mapping: &mut Mapping, name: &str, value: Node) {
    if let Some(old) = mapping.get_mut(name) {
        *old = value;
        return;
    }
    let key = Key {
        text: name.into(),
        span: value.span,
    };
    mapping.insert(Entry { key, value });
}

/// An entry that a transformer writes.
pub fn string_entry(name: &str, text: &str, span: Span) -> Entry {
    let key = Key {
        text: name.into(),
        span,
    };
    Entry {
        key,
        value: Node::string(span, text),
    }
}

/// Sets an entry in the mapping at a path, which is made where it is missing.
pub fn set_in(node: &mut Node, path: &[&str], name: &str, entry: Entry) {
    let Value::Mapping(mapping) = &mut node.value else {
        return;
    };
    let Some((first, rest)) = path.split_first() else {
        put(mapping, name, entry.value);
        return;
    };
    if mapping
        .get(first)
        .is_none_or(|inner| inner.as_mapping().is_none())
    {
        let span = entry.value.span;
        put(
            mapping,
            first,
            Node::new(span, Value::Mapping(Mapping::new())),
        );
    }
    if let Some(inner) = mapping.get_mut(first) {
        set_in(inner, rest, name, entry);
    }
}
