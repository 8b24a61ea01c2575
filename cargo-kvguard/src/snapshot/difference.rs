//! What is otherwise in one snapshot than in an earlier one.

mod sentences;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Field, Holds, Key, Snapshot, Value};

/// What is otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// When the earlier run began.
    pub from: String,
    /// When the later run began.
    pub to: String,
    /// The keys that hold something now and did not.
    pub keys_added: Vec<KeyOf>,
    /// The keys that held something and do not now.
    pub keys_removed: Vec<KeyOf>,
    /// The keys that hold something else.
    pub keys_changed: Vec<ChangedKey>,
    /// The services that run other images.
    pub images: Vec<ChangedImages>,
    /// The services whose logs had every required line and do not now.
    pub fell_silent: Vec<String>,
    /// The services whose logs lacked a required line and have them now.
    pub spoke_again: Vec<String>,
    /// What could not be compared, and why: a sentence without its end each.
    pub not_compared: Vec<String>,
}

/// A key and the service that owns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyOf {
    /// The key.
    pub key: String,
    /// The service.
    pub service: String,
}

/// A key that holds something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedKey {
    /// The key.
    pub key: String,
    /// The service.
    pub service: String,
    /// Its revision in the earlier run, and in the later.
    pub revisions: [u64; 2],
    /// The paths of fields that are new.
    pub fields_added: Vec<String>,
    /// The paths of fields that are gone.
    pub fields_removed: Vec<String>,
    /// The fields that have another value.
    pub fields_changed: Vec<ChangedField>,
}

/// A field that has another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedField {
    /// Its path.
    pub path: String,
    /// Its type in the earlier run, and in the later.
    pub types: [String; 2],
}

/// A service that runs other images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedImages {
    /// The service.
    pub service: String,
    /// Those that it ran.
    pub before: BTreeSet<String>,
    /// Those that it runs.
    pub after: BTreeSet<String>,
}

impl Difference {
    /// What is otherwise in the later one.
    pub fn between(earlier: &Snapshot, later: &Snapshot) -> Self {
        let mut difference = Self {
            from: earlier.began.clone(),
            to: later.began.clone(),
            ..Self::default()
        };
        difference.compare_frames(earlier, later);
        let keys: BTreeSet<&String> = earlier.keys.keys().chain(later.keys.keys()).collect();
        for key in keys {
            difference.compare_key(key, [earlier, later]);
        }
        difference.compare_services(earlier, later);
        difference
    }

    /// Whether nothing is otherwise. What could not be compared may be.
    pub fn is_empty(&self) -> bool {
        let Self {
            from: _,
            to: _,
            keys_added,
            keys_removed,
            keys_changed,
            images,
            fell_silent,
            spoke_again,
            not_compared: _,
        } = self;
        keys_added.is_empty()
            && keys_removed.is_empty()
            && keys_changed.is_empty()
            && images.is_empty()
            && fell_silent.is_empty()
            && spoke_again.is_empty()
    }

    fn compare_frames(&mut self, earlier: &Snapshot, later: &Snapshot) {
        if earlier.deployment != later.deployment {
            self.not_compared.push(format!(
                "the runs are of different deployments, `{}` and `{}`",
                earlier.deployment, later.deployment
            ));
        }
        if earlier.hashed_with != later.hashed_with {
            self.not_compared.push(
                "the values of fields, as the runs are of different artifact directories and their hashes were made with different secrets; paths, types and sizes were compared"
                    .to_owned(),
            );
        }
    }

    fn compare_key(&mut self, key: &str, snapshots: [&Snapshot; 2]) {
        let [before, after] = snapshots.map(|snapshot| snapshot.keys.get(key));
        let not_read = |side: Option<&Key>| side.is_some_and(|side| side.holds == Holds::NotRead);
        if not_read(before) || not_read(after) {
            self.not_compared.push(format!(
                "key `{key}`, which could not be read in {}",
                if not_read(after) {
                    "the later run"
                } else {
                    "the earlier run"
                }
            ));
            return;
        }
        let of = |side: &Key| KeyOf {
            key: key.to_owned(),
            service: side.service.clone(),
        };
        match (before.and_then(value), after.and_then(value)) {
            (None, None) => {}
            (None, Some(_)) => self.keys_added.extend(after.map(of)),
            (Some(_), None) => self.keys_removed.extend(before.map(of)),
            (Some(before), Some(value)) => {
                let has_same_secret = snapshots[0].hashed_with == snapshots[1].hashed_with;
                let changed =
                    after.and_then(|after| changed(of(after), before, value, has_same_secret));
                self.keys_changed.extend(changed);
            }
        }
    }

    fn compare_services(&mut self, earlier: &Snapshot, later: &Snapshot) {
        for (service, after) in &later.services {
            let Some(before) = earlier.services.get(service) else {
                continue;
            };
            if before.images != after.images
                && !before.images.is_empty()
                && !after.images.is_empty()
            {
                self.images.push(ChangedImages {
                    service: service.clone(),
                    before: before.images.clone(),
                    after: after.images.clone(),
                });
            }
            match (before.speaks, after.speaks) {
                (Some(true), Some(false)) => self.fell_silent.push(service.clone()),
                (Some(false), Some(true)) => self.spoke_again.push(service.clone()),
                (Some(_), None) | (None, Some(_)) => self.not_compared.push(format!(
                    "whether service `{service}` still uses its key, as its log was read in one of the runs only"
                )),
                _ => {}
            }
        }
        for service in earlier.services.keys() {
            if !later.services.contains_key(service) {
                self.not_compared.push(format!(
                    "service `{service}`, which the later run did not watch"
                ));
            }
        }
    }
}

fn value(key: &Key) -> Option<&Value> {
    match &key.holds {
        Holds::Value(value) => Some(value),
        Holds::Nothing | Holds::NotRead => None,
    }
}

/// What is otherwise in a value; `None`: nothing.
fn changed(of: KeyOf, before: &Value, after: &Value, has_same_secret: bool) -> Option<ChangedKey> {
    let is_same = if has_same_secret {
        before.hash == after.hash
    } else {
        before.bytes == after.bytes && types(before) == types(after)
    };
    if is_same {
        return None;
    }
    let mut changed = ChangedKey {
        key: of.key,
        service: of.service,
        revisions: [before.revision, after.revision],
        fields_added: Vec::new(),
        fields_removed: Vec::new(),
        fields_changed: Vec::new(),
    };
    // A value that cannot be read has no fields to be compared.
    if let (Some(before), Some(after)) = (&before.fields, &after.fields) {
        let only_in = |own: &BTreeMap<String, Field>, other: &BTreeMap<String, Field>| {
            let paths = own.keys().filter(|path| !other.contains_key(*path));
            paths.cloned().collect::<Vec<_>>()
        };
        changed.fields_added = only_in(after, before);
        changed.fields_removed = only_in(before, after);
        let both = before
            .iter()
            .filter_map(|(path, old)| Some((path, old, after.get(path)?)));
        let differing = both.filter(|(_, old, new)| {
            old.kind != new.kind || has_same_secret && old.hash != new.hash
        });
        changed.fields_changed = differing
            .map(|(path, old, new)| ChangedField {
                path: path.clone(),
                types: [old.kind.clone(), new.kind.clone()],
            })
            .collect();
    }
    Some(changed)
}

/// The types of a value's fields by their paths.
fn types(value: &Value) -> Option<BTreeMap<&String, &String>> {
    let fields = value.fields.as_ref()?;
    Some(
        fields
            .iter()
            .map(|(path, field)| (path, &field.kind))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
