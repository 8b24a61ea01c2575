//! From trees to configuration types.

use serde_core::de::DeserializeOwned;

use super::error::{BootstrapError, BootstrapErrorKind, FieldError, FieldFault, Origin};
use super::files::Files;
use super::merge::merge;
use super::options::Plan;
use super::secrets::Secrets;
use super::{critical, error};
use crate::Key;
use crate::format::{Mapping, Tree};
use crate::typed::{self, Part, TypeError, TypeFault};

/// What goes over the files.
pub(super) struct Over<'o> {
    pub(super) key: &'o Key,
    /// Where it comes from: a seed is not the key's value yet.
    pub(super) origin: Origin,
    pub(super) mapping: &'o Mapping,
}

impl<'o> Over<'o> {
    pub(super) fn of_key(key: &'o Key, mapping: &'o Mapping) -> Self {
        Self {
            key,
            origin: Origin::Key(key.clone()),
            mapping,
        }
    }
}

impl Plan {
    /// The files with what the store holds between them, and what the program supplies on top.
    pub(super) fn merged(&self, files: &Files, overlay: Option<&Mapping>) -> Mapping {
        let mut merged = match &files.defaults {
            Some((_, defaults)) => defaults.clone(),
            None => Mapping::new(),
        };
        if let Some(overlay) = overlay {
            merge(&mut merged, overlay.clone());
        }
        if let Some((_, pinned)) = &files.pinned {
            merge(&mut merged, pinned.clone());
        }
        for (field, text) in &self.supplied {
            set(&mut merged, field, text);
        }
        merged
    }

    /// The configuration that a merged tree is, its critical fields checked first.
    pub(super) fn typed<T: DeserializeOwned>(
        &self,
        merged: &Mapping,
        files: &Files,
        over: Option<&Over<'_>>,
    ) -> Result<T, BootstrapError> {
        let key = || over.map(|over| over.key.clone());
        let absent = critical::check(merged, &self.declared.critical_fields);
        if !absent.is_empty() {
            return Err(self.error(BootstrapErrorKind::CriticalFields {
                key: key(),
                fields: absent,
            }));
        }
        typed::read(merged.clone()).map_err(|error| {
            let field = self.field_error(&error, files, over);
            self.error(BootstrapErrorKind::Field { key: key(), field })
        })
    }

    fn field_error(&self, error: &TypeError, files: &Files, over: Option<&Over<'_>>) -> FieldError {
        let path = error.path();
        let fault = match &error.fault {
            TypeFault::Missing => FieldFault::Missing,
            TypeFault::Unknown => FieldFault::Unknown,
            TypeFault::Duplicate => FieldFault::Duplicate,
            TypeFault::Unexpected { expected } => FieldFault::Unexpected {
                expected: expected.clone(),
            },
        };
        let holds = |mapping: &Mapping| sets(mapping, &path);
        let is_supplied = || {
            let mut supplied = Mapping::new();
            for (field, text) in &self.supplied {
                set(&mut supplied, field, text);
            }
            holds(&supplied)
        };
        let origin = if is_supplied() {
            Some(Origin::Program)
        } else if let Some((path, _)) = files.pinned.as_ref().filter(|(_, m)| holds(m)) {
            Some(Origin::PinnedFile(path.clone()))
        } else if let Some(over) = over.filter(|over| holds(over.mapping)) {
            Some(over.origin.clone())
        } else if let Some((path, _)) = files.defaults.as_ref().filter(|(_, m)| holds(m)) {
            Some(Origin::File(path.clone()))
        } else {
            None
        };
        let secrets = self.secrets();
        FieldError::new(shown(&path, &secrets), fault, origin)
    }
}

/// Sets a text at a dotted path, through mappings.
fn set(mapping: &mut Mapping, field: &str, text: &str) {
    let Some((name, rest)) = field.split_once('.') else {
        mapping.insert(field.to_owned(), Tree::String(text.to_owned()));
        return;
    };
    let below = mapping.entry(name).or_insert(Tree::Null);
    if !below.is_object() {
        *below = Tree::Object(Mapping::new());
    }
    if let Tree::Object(below) = below {
        set(below, rest, text);
    }
}

/// Whether there is something at a path.
fn sets(mapping: &Mapping, path: &[&Part]) -> bool {
    let Some((Part::Name(first), rest)) = path.split_first() else {
        return false;
    };
    let mut found = mapping.get(first);
    for part in rest {
        found = match (found, part) {
            (Some(Tree::Object(mapping)), Part::Name(name)) => mapping.get(name),
            (Some(Tree::Array(items)), Part::Index(index)) => items.get(*index),
            _ => None,
        };
    }
    found.is_some()
}

/// The path as text, up to a secret field: names below one may be secret themselves.
fn shown(path: &[&Part], secrets: &Secrets) -> String {
    let mut text = String::new();
    let mut names = Vec::new();
    for part in path {
        match part {
            Part::Name(name) => {
                names.push(name.as_str());
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Part::Index(index) => text.push_str(&format!("[{index}]")),
        }
        if secrets.is_secret(&names) {
            break;
        }
    }
    error::shortened(&text)
}
