//! The objects of an overlay, in the order they came.

use std::collections::HashMap;

use crate::source::{Mapping, Problem, Span, Value};

use super::context::Problems;
use super::resource::{Behavior, Gvk, Id, Resource, put, set_text_map, value_mut};
use super::selector::Selector;

#[derive(Debug, Default)]
pub struct ResourceMap {
    list: Vec<Resource>,
    /// Where the name of each object is written, while none was changed since it was last looked at.
    ids: Option<HashMap<(Gvk, String, String), Span>>,
}

impl ResourceMap {
    pub fn list(&self) -> &[Resource] {
        &self.list
    }

    /// The objects, to be changed.
    pub fn list_mut(&mut self) -> &mut Vec<Resource> {
        self.ids = None;
        &mut self.list
    }

    pub fn into_list(self) -> Vec<Resource> {
        self.list
    }

    fn ids(&mut self) -> &mut HashMap<(Gvk, String, String), Span> {
        let list = &self.list;
        self.ids.get_or_insert_with(|| {
            let ids = list
                .iter()
                .map(|resource| (resource.id().key(), resource.name_span()));
            ids.collect()
        })
    }

    /// Adds an object; one of its name must not be there.
    pub fn append(&mut self, problems: &mut Problems, resource: Resource) {
        let id = resource.id();
        let span = resource.name_span();
        if let Some(first) = self.ids().get(&id.key()).copied() {
            let mut problem = Problem::new(
                span,
                format!(
                    "`{}` is already among the resources of this overlay",
                    id.shown()
                ),
            );
            problem.related = Some((first, "first here".to_owned()));
            problems.invalid.push(problem);
            return;
        }
        self.ids().insert(id.key(), span);
        self.list.push(resource);
    }

    pub fn append_all(&mut self, problems: &mut Problems, other: Vec<Resource>) {
        for resource in other {
            self.append(problems, resource);
        }
    }

    /// The positions of the objects that have, or had, an id that fits.
    pub fn positions_by_any_id(&self, fits: impl Fn(&Id) -> bool) -> Vec<usize> {
        let list = self.list.iter().enumerate();
        list.filter(|(_, resource)| resource.any_id().any(|id| fits(&id)))
            .map(|(position, _)| position)
            .collect()
    }

    /// Adds a generated object, or puts it in the place of the one it replaces or is merged with.
    pub fn absorb(&mut self, problems: &mut Problems, mut resource: Resource) {
        let id = resource.id();
        let span = resource.name_span();
        let positions = self.positions_by_any_id(|other| id.same(other));
        match (positions.as_slice(), resource.behavior) {
            ([], Behavior::Create) => self.append(problems, resource),
            ([], _) => {
                let message = format!(
                    "there is no `{}` to merge with or to replace; `behavior: create` makes it",
                    id.shown()
                );
                problems.invalid(span, message);
            }
            ([_], Behavior::Create) => {
                let message = format!(
                    "`{}` is already there; `behavior: merge` adds to it, `behavior: replace` replaces it",
                    id.shown()
                );
                problems.invalid(span, message);
            }
            ([position], behavior) => {
                if let Some(old) = self.list_mut().get_mut(*position) {
                    resource.inherit(old);
                    if behavior == Behavior::Merge {
                        resource.origin = old.origin.clone();
                        merge_data(&mut resource, old, "data");
                        merge_data(&mut resource, old, "binaryData");
                    }
                    *old = resource;
                }
            }
            _ => {
                let message = format!(
                    "several objects could be the `{}` that this is to change",
                    id.shown()
                );
                problems.invalid(span, message);
            }
        }
    }

    /// The positions of the objects that a selector fits.
    pub fn select(&self, selector: &Selector) -> Vec<usize> {
        let list = self.list.iter().enumerate();
        list.filter(|(_, resource)| selector.selects(resource))
            .map(|(position, _)| position)
            .collect()
    }

    /// The only object that has, or had, an id; `Err` says that there is none or are several.
    pub fn only_by_any_id(&self, id: &Id) -> Result<usize, &'static str> {
        match self.positions_by_any_id(|other| id.same(other))[..] {
            [position] => Ok(position),
            [] => Err("no resource"),
            _ => Err("more than one resource"),
        }
    }
}

/// Puts what an old object has in a field of texts before what a new one has.
fn merge_data(resource: &mut Resource, old: &Resource, field: &str) {
    let Some(data) = old.node.get(field) else {
        return;
    };
    let mut merged = data.as_mapping().cloned().unwrap_or_default();
    let span = data.span;
    if let Some(Value::Mapping(own)) = value_mut(&mut resource.node, field) {
        for entry in std::mem::take(own).into_entries() {
            merged.insert(entry);
        }
    }
    let mut holder = Mapping::new();
    put(
        &mut holder,
        field,
        crate::source::Node::new(span, Value::Mapping(merged)),
    );
    if let Value::Mapping(mapping) = &mut resource.node.value {
        for entry in holder.into_entries() {
            put(mapping, field, entry.value);
        }
    }
}

/// The annotations of what comes out are texts, and none are none.
pub fn finish_annotations(resource: &mut Resource) {
    let Some(annotations) = resource
        .node
        .get("metadata")
        .and_then(|node| node.get("annotations"))
    else {
        return;
    };
    let map = annotations.as_mapping().cloned().unwrap_or_default();
    set_text_map(&mut resource.node, "annotations", map);
}
