//! ConfigMaps and the names of Secrets' keys.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::objects::Object;
use super::{Problems, shown};
use crate::deploy::{ConfigEntry, ConfigMap};
use crate::registry::Spanned;

/// The ConfigMaps of a deployment, and which keys its Secrets have.
#[derive(Debug)]
pub(super) struct Store<'d> {
    config_maps: Vec<ConfigMap>,
    by_name: HashMap<(&'d str, &'d str), usize>,
    /// By namespace and name.
    secrets: HashMap<&'d str, HashMap<&'d str, BTreeSet<&'d str>>>,
}

impl<'d> Store<'d> {
    pub(super) fn new(objects: &[Object<'d>], problems: &mut Problems) -> Self {
        let mut store = Self {
            config_maps: Vec::new(),
            by_name: HashMap::new(),
            secrets: HashMap::new(),
        };
        for object in objects {
            let key = (object.namespace, object.name);
            if object.is("ConfigMap") {
                store.by_name.insert(key, store.config_maps.len());
                store.config_maps.push(config_map(object, problems));
            } else if object.is("Secret") {
                let keys = secret_keys(object, problems);
                let of_namespace = store.secrets.entry(object.namespace).or_default();
                of_namespace.insert(object.name, keys);
            }
        }
        store
    }

    /// A ConfigMap and its position.
    pub(super) fn config_map(&self, namespace: &str, name: &str) -> Option<(usize, &ConfigMap)> {
        let position = *self.by_name.get(&(namespace, name))?;
        Some((position, self.config_maps.get(position)?))
    }

    /// The keys of a Secret, if it is among the documents.
    pub(super) fn secret(&self, namespace: &str, name: &str) -> Option<&BTreeSet<&'d str>> {
        self.secrets.get(namespace)?.get(name)
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
    }
}

fn secret_keys<'d>(object: &Object<'d>, problems: &mut Problems) -> BTreeSet<&'d str> {
    let mut keys = BTreeSet::new();
    for field in ["data", "stringData"] {
        for entry in data_entries(object, field, problems) {
            let what = || format!("the value of `{}` in a Secret", shown(&entry.key.text));
            problems.string(&entry.value, what);
            keys.insert(&*entry.key.text);
        }
    }
    keys
}

/// The entries of a data field.
fn data_entries<'d>(
    object: &Object<'d>,
    field: &str,
    problems: &mut Problems,
) -> &'d [crate::source::Entry] {
    // One that is there and empty was told of with the object.
    problems.entries(object.node.get(field), &format!("`{field}`"))
}
