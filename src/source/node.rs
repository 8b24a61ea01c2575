//! The value tree.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::{Span, bytes};

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value is written; for an alias, where its anchor is.
    pub span: Span,
    /// The value.
    pub value: Value,
    /// The YAML tag written before it (`!reset`), if it is not one of YAML's own.
    pub tag: Option<Box<str>>,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Names and values.
    Mapping(Mapping),
}

/// A single value, with its text and what the format takes it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// What the format takes it for.
    pub kind: ScalarKind,
    /// The value's text: of a string what it stands for, escapes and quotes resolved; of everything
    /// else what is written.
    pub text: Box<str>,
}

/// What a format takes a scalar for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarKind {
    /// Nothing: `null`, `~`, or no text at all.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer,
    /// A number with a fraction or an exponent, or an infinity, or not a number.
    Float,
    /// Text.
    String,
    /// A TOML date or time.
    DateTime,
}

/// A name in a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The name, escapes and quotes resolved.
    pub text: Box<str>,
    /// Where it is written.
    pub span: Span,
}

/// One name and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The name.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// Names and values in the order they are written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
    /// Hardly any mapping has it, so it takes up no room in the others.
    beside: Option<Box<Beside>>,
}

/// What some mappings have beside their entries.
#[derive(Debug, Clone, PartialEq, Default)]
struct Beside {
    /// Where each name's entry is, of a mapping with many.
    index: Option<Index>,
    /// What a patch removed, and where it says so.
    removed: BTreeMap<Box<str>, Span>,
}

/// Where each name's entry is.
type Index = HashMap<Box<str>, usize>;

/// Up to this many entries a search through all of them beats an index.
const INDEX_FROM: usize = 16;

impl Mapping {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// The entries, in the order they are written.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, in the order they are written, for whoever takes the mapping apart.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of a name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.position(name).map(|position| &self.entries[position])
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// Sets a name's value in place, or appends it; gives the entry that it replaced.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        if let Some(position) = self.position(&entry.key.text) {
            return Some(std::mem::replace(&mut self.entries[position], entry));
        }
        let position = self.entries.len();
        let beside = self.beside.as_deref_mut();
        let index = beside.and_then(|beside| beside.index.as_mut());
        let is_indexed = index.is_some();
        if let Some(index) = index {
            index.insert(entry.key.text.clone(), position);
        }
        self.entries.push(entry);
        if !is_indexed && self.entries.len() > INDEX_FROM {
            self.reindex();
        }
        None
    }

    /// Gives back the room for entries that did not come.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
    }

    /// Takes the entries out, as [`take_exact`] does.
    pub(crate) fn take_exact(&mut self) -> Self {
        Self {
            entries: take_exact(&mut self.entries),
            beside: self.beside.take(),
        }
    }

    /// Takes a name out.
    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        let position = self.position(name)?;
        let entry = self.entries.remove(position);
        self.reindex();
        Some(entry)
    }

    /// Notes that a patch removed something that was written here, and where the patch says so. What is no entry
    /// of its own, such as an item of a list, is noted by its path: `env/NAME`.
    #[cfg(feature = "kustomize")]
    pub(crate) fn note_removed(&mut self, name: impl Into<Box<str>>, span: Span) {
        let beside = self.beside.get_or_insert_default();
        beside.removed.insert(name.into(), span);
    }

    /// Where a patch removed a name, or the path of something below one.
    pub fn removed(&self, name: &str) -> Option<Span> {
        self.beside.as_ref()?.removed.get(name).copied()
    }

    /// All that patches removed, and where.
    pub fn all_removed(&self) -> impl Iterator<Item = (&str, Span)> {
        let beside = self.beside.iter();
        let removed = beside.flat_map(|beside| &beside.removed);
        removed.map(|(name, span)| (&**name, *span))
    }

    /// The value of a name, to be changed in place.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        let position = self.position(name)?;
        Some(&mut self.entries[position].value)
    }

    /// The entries, to be put elsewhere in the files: their names stay.
    #[cfg(feature = "helm")]
    pub(crate) fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    /// Each name with its value, to be changed in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        let entries = self.entries.iter_mut();
        entries.map(|entry| (&*entry.key.text, &mut entry.value))
    }

    fn position(&self, name: &str) -> Option<usize> {
        let beside = self.beside.as_deref();
        match beside.and_then(|beside| beside.index.as_ref()) {
            Some(index) => index.get(name).copied(),
            None => self
                .entries
                .iter()
                .position(|entry| &*entry.key.text == name),
        }
    }

    fn reindex(&mut self) {
        if self.entries.len() > INDEX_FROM {
            let entries = self.entries.iter().enumerate();
            let names = entries.map(|(position, entry)| (entry.key.text.clone(), position));
            self.beside.get_or_insert_default().index = Some(names.collect());
        } else if let Some(beside) = &mut self.beside {
            beside.index = None;
        }
    }
}

/// Takes what was gathered into no more room than it needs. If it is little, the room that it was gathered in
/// stays, so that what is gathered next need not ask for it.
pub(crate) fn take_exact<T>(gathered: &mut Vec<T>) -> Vec<T> {
    const LITTLE: usize = 64;
    if gathered.len() > LITTLE {
        let mut all = std::mem::take(gathered);
        all.shrink_to_fit();
        return all;
    }
    let mut exact = Vec::with_capacity(gathered.len());
    exact.append(gathered);
    exact
}

/// A part of a JSON pointer; hardly any has an escape.
pub(crate) fn unescaped(part: &str) -> Cow<'_, str> {
    if bytes::position(part.as_bytes(), b'~').is_some() {
        Cow::Owned(part.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(part)
    }
}

impl Node {
    /// A node without a tag.
    pub fn new(span: Span, value: Value) -> Self {
        Self {
            span,
            value,
            tag: None,
        }
    }

    /// A string.
    pub fn string(span: Span, text: impl Into<Box<str>>) -> Self {
        let scalar = Scalar {
            kind: ScalarKind::String,
            text: text.into(),
        };
        Self::new(span, Value::Scalar(scalar))
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar {
                kind: ScalarKind::String,
                text,
            }) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar(Scalar {
                kind: ScalarKind::Bool(value),
                ..
            }) => Some(*value),
            _ => None,
        }
    }

    /// The scalar, if this is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The items, if this is a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if this is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// Whether this is null, or no text at all.
    pub fn is_null(&self) -> bool {
        matches!(
            &self.value,
            Value::Scalar(Scalar {
                kind: ScalarKind::Null,
                ..
            })
        )
    }

    /// The value of a name, if this is a mapping that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_mapping()?.get(name)
    }

    /// The node that a JSON pointer (RFC 6901) names; the empty pointer names this one.
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        let mut node = self;
        let mut rest = pointer;
        while let Some(slash) = bytes::position(rest.as_bytes(), b'/') {
            rest = &rest[slash + 1..];
            let end = bytes::position(rest.as_bytes(), b'/');
            let part = unescaped(&rest[..end.unwrap_or(rest.len())]);
            node = match &node.value {
                Value::Mapping(mapping) => mapping.get(&part)?,
                Value::Sequence(items) => items.get(part.parse::<usize>().ok()?)?,
                Value::Scalar(_) => return None,
            };
        }
        Some(node)
    }

    /// What this is, for a message: `a mapping`, `a list`, `a string`, …
    pub fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Mapping(_) => "a mapping",
            Value::Sequence(_) => "a list",
            Value::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "null",
                ScalarKind::Bool(_) => "a truth value",
                ScalarKind::Integer | ScalarKind::Float => "a number",
                ScalarKind::String => "a string",
                ScalarKind::DateTime => "a date",
            },
        }
    }
}
