//! Which keys the Secrets of a deployment have: what is in them is told nowhere.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use super::config_maps::data_entries;
use super::makers::Makers;
use super::objects::Object;
use super::{Problems, shown, string_at};
use crate::policy::SecretPolicy;
use crate::registry::Spanned;
use crate::source::Node;

/// The keys of a Secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Secret<'d> {
    /// Those that are known.
    pub(super) keys: BTreeSet<&'d str>,
    /// Whether there are no others.
    pub(super) is_whole: bool,
}

/// The Secrets of a deployment: those of its documents, and those that the policy states.
#[derive(Debug)]
pub(super) struct Secrets<'d> {
    /// By namespace and name.
    found: HashMap<&'d str, HashMap<&'d str, Secret<'d>>>,
    stated: Vec<Stated<'d>>,
}

#[derive(Debug)]
struct Stated<'d> {
    policy: &'d SecretPolicy,
    secret: Secret<'d>,
    is_used: Cell<bool>,
}

impl<'d> Secrets<'d> {
    pub(super) fn new(
        objects: &[Object<'d>],
        makers: &Makers<'_>,
        stated: &'d [SecretPolicy],
        problems: &mut Problems,
    ) -> Self {
        let mut found: HashMap<&str, HashMap<&str, Secret<'_>>> = HashMap::new();
        for object in objects {
            let Some((name, mut secret)) = made_by(object, problems) else {
                continue;
            };
            secret.is_whole &= !makers.is_filled(object.kind, object.namespace, object.name);
            let of_namespace = found.entry(object.namespace).or_default();
            // A Secret itself is what there is; another object makes it.
            if object.is("Secret") || !of_namespace.contains_key(name) {
                of_namespace.insert(name, secret);
            }
        }
        let stated = stated.iter().map(|policy| Stated {
            policy,
            secret: Secret {
                keys: policy.keys.iter().map(String::as_str).collect(),
                is_whole: true,
            },
            is_used: Cell::new(false),
        });
        Self {
            found,
            stated: stated.collect(),
        }
    }

    /// What is known of the keys of a Secret, if anything is.
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&Secret<'d>> {
        let found = self.found.get(namespace).and_then(|own| own.get(name));
        if let Some(found) = found.filter(|found| found.is_whole) {
            return Some(found);
        }
        let is_meant = |stated: &&Stated<'_>| {
            let own = stated.policy.namespace.as_deref();
            stated.policy.name.value == name && own.is_none_or(|own| own == namespace)
        };
        let Some(stated) = self.stated.iter().find(is_meant) else {
            return found;
        };
        stated.is_used.set(true);
        Some(&stated.secret)
    }

    /// The names of those that the policy states and nobody has asked for.
    pub(super) fn unused(&self) -> Vec<Spanned<String>> {
        let unused = self.stated.iter().filter(|stated| !stated.is_used.get());
        unused.map(|stated| stated.policy.name.clone()).collect()
    }
}

/// The Secret that an object is or makes: its name and its keys.
fn made_by<'d>(object: &Object<'d>, problems: &mut Problems) -> Option<(&'d str, Secret<'d>)> {
    if object.is("Secret") {
        let keys = keys_of_secret(object, problems);
        let is_whole = true;
        return Some((object.name, Secret { keys, is_whole }));
    }
    match (object.kind, object.group) {
        ("SealedSecret", "bitnami.com") => {
            let fields = ["/spec/encryptedData", "/spec/template/data"];
            let entries = fields
                .iter()
                .filter_map(|field| object.node.pointer(field)?.as_mapping())
                .flat_map(crate::source::Mapping::entries);
            let keys = entries.map(|entry| &*entry.key.text).collect();
            let is_whole = true;
            Some((object.name, Secret { keys, is_whole }))
        }
        ("ExternalSecret", "external-secrets.io") => {
            let spec = object.node.get("spec")?;
            let name = string_at(spec, "/target/name").unwrap_or(object.name);
            let items = spec.get("data").and_then(Node::as_sequence);
            let items = items.unwrap_or_default().iter();
            let keys = items.filter_map(|item| item.get("secretKey")?.as_str());
            let keys = keys.collect();
            // A template makes other keys of them, and what is taken over adds some.
            let adds = |field: &str| spec.pointer(field).is_some_and(|node| !node.is_null());
            let is_added_to = ["/dataFrom", "/target/template"].into_iter().any(adds);
            // Only an owner makes the whole Secret: every other policy may leave it the keys that it has.
            let policy = spec.pointer("/target/creationPolicy");
            let policy = policy.filter(|node| !node.is_null());
            let is_owner = policy.is_none_or(|policy| policy.as_str() == Some("Owner"));
            let is_whole = is_owner && !is_added_to;
            Some((name, Secret { keys, is_whole }))
        }
        _ => None,
    }
}

fn keys_of_secret<'d>(object: &Object<'d>, problems: &mut Problems) -> BTreeSet<&'d str> {
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
