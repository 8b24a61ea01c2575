//! What is known of Kubernetes' own kinds: which are not in a namespace, and which of their lists a
//! strategic merge merges, by which keys. It is what kustomize 5.5 knows (Kubernetes 1.21).

use std::collections::HashMap;
use std::sync::OnceLock;

/// The type of a value, as far as a merge needs it.
#[derive(Debug, Clone, Copy)]
pub struct Schema(&'static Type);

#[derive(Debug, Default)]
struct Type {
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    /// Its type, or that of its items; empty if nothing in it is merged.
    of: &'static str,
    /// The keys of its items, if it is a list that is merged.
    keys: Option<Vec<&'static str>>,
}

/// What a field of a known type is.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A list that is merged item by item; no keys: of single values.
    Merged(&'static [&'static str], Option<Schema>),
    /// Anything else: the type of the value, if something in it is merged.
    Other(Option<Schema>),
}

#[derive(Debug)]
struct Kind {
    cluster: bool,
    of: &'static str,
}

#[derive(Debug, Default)]
struct Known {
    types: HashMap<&'static str, Type>,
    /// By API version, then by kind.
    kinds: HashMap<&'static str, HashMap<&'static str, Kind>>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = Known::default();
        let mut current = None;
        for line in lines(include_str!("schema/types.txt")) {
            let mut words = line.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            if !line.starts_with(' ') {
                known.types.insert(name, Type::default());
                current = Some(name);
                continue;
            }
            let what = words.next().unwrap_or_default();
            let of = words.next().filter(|of| *of != "-").unwrap_or_default();
            let field = Field {
                name,
                of,
                keys: (what == "merge").then(|| words.collect()),
            };
            if let Some(of) = current.and_then(|name| known.types.get_mut(name)) {
                of.fields.push(field);
            }
        }
        for line in lines(include_str!("schema/kinds.txt")) {
            let words: Vec<&'static str> = line.split_ascii_whitespace().collect();
            if let [version, kind, scope, of] = words[..] {
                let cluster = scope == "c";
                let kinds = known.kinds.entry(version).or_default();
                kinds.insert(kind, Kind { cluster, of });
            }
        }
        known
    })
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// Whether a kind is known not to be in a namespace.
pub fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    kind_of(api_version, kind).is_some_and(|kind| kind.cluster)
}

fn kind_of(api_version: &str, kind: &str) -> Option<&'static Kind> {
    known().kinds.get(api_version)?.get(kind)
}

impl Schema {
    /// The type of a kind's objects.
    pub fn of_kind(api_version: &str, kind: &str) -> Option<Self> {
        Self::named(kind_of(api_version, kind)?.of)
    }

    fn named(name: &str) -> Option<Self> {
        known().types.get(name).map(Self)
    }

    /// What a field is.
    pub fn field(self, name: &str) -> Shape {
        let Some(field) = self.0.fields.iter().find(|field| field.name == name) else {
            return Shape::Other(None);
        };
        let of = Self::named(field.of);
        match &field.keys {
            Some(keys) => Shape::Merged(keys, of),
            None => Shape::Other(of),
        }
    }
}
