//! Notes what patches remove, so that what is missed later can be found at the patch that removed it.

use std::collections::HashSet;

use crate::source::{Mapping, Node, Span, Value};

use super::super::resource::text_at;

/// The names of what a value holds: the keys of a mapping, or the names of a list's items.
pub(super) struct Names {
    names: Vec<Box<str>>,
    is_list: bool,
}

impl Names {
    /// Those of a value; `None` if it holds nothing that has a name.
    pub(super) fn of(value: &Node) -> Option<Self> {
        let (names, is_list): (Vec<Box<str>>, bool) = match &value.value {
            Value::Mapping(mapping) => {
                let keys = mapping.entries().iter().map(|entry| entry.key.text.clone());
                (keys.collect(), false)
            }
            Value::Sequence(items) => {
                let names = items.iter().map(|item| text_at(item, &["name"]));
                let named = names.filter(|name| !name.is_empty()).map(Into::into);
                (named.collect(), true)
            }
            Value::Scalar(_) => return None,
        };
        (!names.is_empty()).then_some(Self { names, is_list })
    }

    /// Whether they are those of a list's items.
    pub(super) fn are_of_list(&self) -> bool {
        self.is_list
    }

    /// Notes those that a mapping no longer has.
    pub(super) fn note_in(self, mapping: &mut Mapping, span: Span) {
        for name in self.names {
            if mapping.get(&name).is_none() {
                mapping.note_removed(name, span);
            }
        }
    }

    /// Notes those that the field of a mapping no longer has.
    pub(super) fn note_missing(self, holder: &mut Mapping, field: &str, span: Span) {
        if !self.is_list {
            if let Some(Value::Mapping(mapping)) =
                holder.get_mut(field).map(|value| &mut value.value)
            {
                self.note_in(mapping, span);
            }
            return;
        }
        self.note_missing_items(holder, field, |_| span);
    }

    /// Notes those that a list of a mapping no longer has, each at a place of its own.
    pub(super) fn note_missing_items(
        self,
        holder: &mut Mapping,
        field: &str,
        place: impl Fn(&str) -> Span,
    ) {
        let kept = holder.get(field).and_then(Self::of);
        let kept: HashSet<Box<str>> = kept.into_iter().flat_map(|kept| kept.names).collect();
        for name in self.names {
            if !kept.contains(&name) {
                holder.note_removed(format!("{field}/{name}"), place(&name));
            }
        }
    }
}
