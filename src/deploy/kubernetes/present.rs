//! Which ConfigMaps and Secrets are there, as far as the files tell.

use std::cell::Cell;
use std::collections::HashMap;

use super::makers::{Makers, keys};
use super::objects::Object;
use crate::deploy::{ObjectKind, base_of_generated};
use crate::source::{Key, Span};
use crate::suggest::nearest;

/// How many names may be compared with those that are missing, in a deployment: thousands of references may miss
/// thousands of objects.
const MAX_COMPARED: usize = 1 << 20;

/// The ConfigMaps and Secrets of a deployment, and what may make more of them.
#[derive(Debug)]
pub(super) struct Present<'d> {
    makers: &'d Makers<'d>,
    /// By their kinds and namespaces, in the order they are written.
    names: HashMap<(&'static str, &'d str), Vec<&'d str>>,
    objects: HashMap<(&'static str, &'d str, &'d str), Object<'d>>,
    /// The namespaces in which there is one of a name, or one whose name kustomize generated from it.
    namespaces: HashMap<(&'static str, &'d str), Vec<&'d str>>,
    /// The namespace of what names none, where the policy does not state it: what is in it may be applied to any other.
    unstated: Option<&'static str>,
    compared: Cell<usize>,
}

impl<'d> Present<'d> {
    pub(super) fn new(
        objects: &[Object<'d>],
        makers: &'d Makers<'d>,
        namespace: Option<&str>,
    ) -> Self {
        let mut present = Self {
            makers,
            names: HashMap::new(),
            objects: HashMap::new(),
            namespaces: HashMap::new(),
            unstated: namespace.is_none().then_some("default"),
            compared: Cell::new(0),
        };
        for object in objects {
            let kinds = [ObjectKind::ConfigMap, ObjectKind::Secret];
            let Some(kind) = kinds.into_iter().find(|kind| object.is(kind.name())) else {
                continue;
            };
            let kind = kind.name();
            let (namespace, name) = (object.namespace, object.name);
            present
                .names
                .entry((kind, namespace))
                .or_default()
                .push(name);
            present.objects.insert((kind, namespace, name), *object);
            let base = base_of_generated(name);
            for name in std::iter::once(name).chain(base) {
                present
                    .namespaces
                    .entry((kind, name))
                    .or_default()
                    .push(namespace);
            }
        }
        present
    }

    /// Whether the files have an object, or something in them may make it at run time.
    pub(super) fn has(&self, kind: ObjectKind, namespace: &str, name: &str) -> bool {
        let namespaces = self.namespaces.get(&(kind.name(), name));
        let is_unstated = |one: &str| self.unstated == Some(one);
        let is_there = namespaces.is_some_and(|namespaces| {
            is_unstated(namespace)
                || namespaces
                    .iter()
                    .any(|own| *own == namespace || is_unstated(own))
        });
        is_there || self.makers.may_make(kind.name(), name)
    }

    /// The object in a namespace whose name is most like another one, if it has the key that is needed.
    pub(super) fn near(
        &self,
        kind: ObjectKind,
        namespace: &str,
        name: &str,
        needed_key: Option<&str>,
    ) -> Option<(String, Span)> {
        let names = self.names.get(&(kind.name(), namespace))?;
        let near = self.nearest(name, names)?;
        let object = self.objects.get(&(kind.name(), namespace, near))?;
        let has_key = |needed: &str| keys(object).any(|key| &*key.text == needed);
        let fits = needed_key.is_none_or(has_key);
        fits.then(|| (near.to_owned(), object.name_span))
    }

    /// Whether an object is there and lacks a key, with the key that is most like it.
    #[expect(
        clippy::option_option,
        reason = "that it lacks the key, and then the nearest one"
    )]
    pub(super) fn lacks_key(
        &self,
        kind: ObjectKind,
        namespace: &str,
        name: &str,
        key: &str,
    ) -> Option<Option<(String, Span)>> {
        let object = self.objects.get(&(kind.name(), namespace, name))?;
        let keys: Vec<&Key> = keys(object).collect();
        let is_there = keys.iter().any(|own| &*own.text == key);
        if is_there || self.makers.may_fill(kind.name(), namespace, name) {
            return None;
        }
        let names: Vec<&str> = keys.iter().map(|own| &*own.text).collect();
        let near = self.nearest(key, &names);
        let near = near.and_then(|near| keys.iter().find(|own| &*own.text == near));
        Some(near.map(|own| (own.text.to_string(), own.span)))
    }

    fn nearest<'n>(&self, name: &str, names: &[&'n str]) -> Option<&'n str> {
        let compared = self.compared.get().saturating_add(names.len());
        self.compared.set(compared);
        if compared > MAX_COMPARED {
            return None;
        }
        nearest(name, names.iter().copied())
    }
}
