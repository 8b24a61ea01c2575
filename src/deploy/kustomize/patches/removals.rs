//! Notes what patches remove, so that what is missed later can be found at the patch that removed it.
//!
//! The mapping that has a field takes the note, by the field's name and the name of what was in it: the metadata of a pod
//! `labels/app`, a container `env/LOG_LEVEL`. So a field that is gone as a whole is noted like its single entries.

use std::collections::HashSet;

use crate::source::{Entry, Mapping, Node, Span, Value};

use super::super::resource::text_at;
use super::strategic::DIRECTIVE;

/// The names of what a value holds: the keys of a mapping, or the names of a list's items.
pub(super) struct Names(Vec<Box<str>>);

impl Names {
    /// Those of a value.
    pub(super) fn of(value: &Node) -> Self {
        Self(match &value.value {
            Value::Mapping(mapping) => {
                let keys = mapping.entries().iter().map(|entry| entry.key.text.clone());
                keys.collect()
            }
            Value::Sequence(items) => {
                let names = items.iter().filter_map(name_of);
                names.map(Into::into).collect()
            }
            Value::Scalar(_) => Vec::new(),
        })
    }

    /// Notes those that a field no longer has, each at its place.
    pub(super) fn note_missing(
        self,
        holder: &mut Mapping,
        field: &str,
        place: impl Fn(&str) -> Span,
    ) {
        if self.0.is_empty() {
            return;
        }
        let kept = holder.get(field).map(Self::of);
        let kept: HashSet<Box<str>> = kept.into_iter().flat_map(|kept| kept.0).collect();
        for name in self.0 {
            if !kept.contains(&name) {
                holder.note_removed(format!("{field}/{name}"), place(&name));
            }
        }
    }
}

/// The name of an item of a list.
pub(super) fn name_of(item: &Node) -> Option<&str> {
    Some(text_at(item, &["name"])).filter(|name| !name.is_empty())
}

/// Where a strategic merge says that something in a field is removed: at its name, at the directive, or at the field.
pub(super) fn place_in(patch: &Entry, name: &str) -> Span {
    let whole = patch.key.span.to(patch.value.span);
    match &patch.value.value {
        Value::Mapping(mapping) => {
            let own = mapping.entry(name).or_else(|| mapping.entry(DIRECTIVE));
            own.map_or(patch.key.span, |own| own.key.span.to(own.value.span))
        }
        Value::Sequence(items) => {
            let own = items.iter().find(|item| name_of(item) == Some(name));
            let directive = || items.iter().find(|item| item.get(DIRECTIVE).is_some());
            own.or_else(directive)
                .map_or(patch.key.span, |item| item.span)
        }
        Value::Scalar(_) => whole,
    }
}
