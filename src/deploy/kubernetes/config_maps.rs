//! ConfigMaps, and what is known of Secrets beside them.

use std::collections::{BTreeMap, HashMap};

use super::makers::Makers;
use super::objects::Object;
use super::secrets::{Secret, Secrets};
use super::{Problems, shown};
use crate::deploy::{ConfigEntry, ConfigMap};
use crate::policy::SecretPolicy;
use crate::registry::Spanned;
use crate::source::{Mapping, Node, Span};

/// The ConfigMaps of a deployment, and which keys its Secrets have.
#[derive(Debug)]
pub(super) struct Store<'d> {
    config_maps: Vec<ConfigMap>,
    by_name: HashMap<(&'d str, &'d str), usize>,
    secrets: Secrets<'d>,
    makers: &'d Makers<'d>,
}

impl<'d> Store<'d> {
    pub(super) fn new(
        objects: &[Object<'d>],
        makers: &'d Makers<'d>,
        stated: &'d [SecretPolicy],
        problems: &mut Problems,
    ) -> Self {
        let mut store = Self {
            config_maps: Vec::new(),
            by_name: HashMap::new(),
            secrets: Secrets::new(objects, makers, stated, problems),
            makers,
        };
        for object in objects {
            let key = (object.namespace, object.name);
            if object.is("ConfigMap") {
                store.by_name.insert(key, store.config_maps.len());
                store.config_maps.push(config_map(object, problems));
            }
        }
        store
    }

    /// A ConfigMap and its position.
    pub(super) fn config_map(&self, namespace: &str, name: &str) -> Option<(usize, &ConfigMap)> {
        let position = *self.by_name.get(&(namespace, name))?;
        Some((position, self.config_maps.get(position)?))
    }

    /// Whether a ConfigMap says of itself that it is filled at run time.
    pub(super) fn is_filled(&self, namespace: &str, name: &str) -> bool {
        self.makers.is_filled("ConfigMap", namespace, name)
    }

    /// Whether something may write more keys into an object of the files than they show.
    pub(super) fn may_fill(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.makers.may_fill(kind, namespace, name)
    }

    /// What is known of the keys of a Secret, if anything is.
    pub(super) fn secret(&self, namespace: &str, name: &str) -> Option<&Secret<'d>> {
        self.secrets.get(namespace, name)
    }

    /// The names of the Secrets that the policy states and nobody has asked for.
    pub(super) fn unused_secrets(&self) -> Vec<Spanned<String>> {
        self.secrets.unused()
    }

    pub(super) fn into_config_maps(self) -> Vec<ConfigMap> {
        self.config_maps
    }
}

fn config_map(object: &Object<'_>, problems: &mut Problems) -> ConfigMap {
    let mut data = BTreeMap::new();
    for entry in data_entries(object, "data", problems) {
        let what = || format!("the value of `{}` in a ConfigMap", shown(&entry.key.text));
        let is_null = entry.value.is_null();
        if problems.string(&entry.value, what).is_some() || is_null {
            data.insert(
                entry.key.text.to_string(),
                ConfigEntry {
                    key_span: entry.key.span,
                    value: entry.value.clone(),
                },
            );
        }
    }
    data_entries(object, "binaryData", problems);
    ConfigMap {
        name: Spanned::new(object.name.to_owned(), object.name_span),
        namespace: object.namespace.to_owned(),
        data,
        removed: removed(object),
    }
}

/// The keys that a patch removed.
fn removed(object: &Object<'_>) -> BTreeMap<String, Span> {
    let data = object.node.get("data").and_then(Node::as_mapping);
    let removed = data.into_iter().flat_map(Mapping::all_removed);
    removed.map(|(key, span)| (key.to_owned(), span)).collect()
}

/// The entries of a data field.
pub(super) fn data_entries<'d>(
    object: &Object<'d>,
    field: &str,
    problems: &mut Problems,
) -> &'d [crate::source::Entry] {
    // One that is there and empty was told of with the object.
    problems.entries(object.node.get(field), &format!("`{field}`"))
}
