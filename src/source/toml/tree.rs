//! Turns the parser's tables into the value tree.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::duplicates::Renamed;
use crate::source::{
    Entry, Fragment, Key, Mapping, Node, Problem, Scalar, ScalarKind, Value, shown_name,
};

pub(super) struct Converter<'a> {
    fragment: &'a Fragment,
    renamed: &'a Renamed,
    problems: Vec<Problem>,
    /// Where the second of two equal keys begins, of those that are noted.
    noted: Vec<usize>,
}

impl<'a> Converter<'a> {
    pub(super) fn new(fragment: &'a Fragment, renamed: &'a Renamed) -> Self {
        Self {
            fragment,
            renamed,
            problems: Vec::new(),
            noted: Vec::new(),
        }
    }

    /// The root, and the problems with its keys.
    pub(super) fn convert(mut self, table: DeTable<'_>) -> (Node, Vec<Problem>) {
        let whole = 0..self.fragment.text().len();
        let (value, _) = self.table(table, whole.clone());
        let root = Node::new(self.fragment.span(whole), value);
        // What the parser refused although its name is now its own: a part of it is there twice.
        for range in self.renamed.originals() {
            if !self.noted.contains(&range.start) {
                let name = self.written(&range);
                let message = format!("duplicate key `{}`", shown_name(name));
                let span = self.fragment.span(range);
                self.problems.push(Problem::new(span, message));
            }
        }
        (root, self.problems)
    }

    /// The node of a value, and where it lies with everything below it.
    fn node(&mut self, value: Spanned<DeValue<'_>>) -> (Node, Range<usize>) {
        let range = self.range(value.span());
        let (value, range) = match value.into_inner() {
            DeValue::String(text) => (scalar(ScalarKind::String, &text), range),
            DeValue::Integer(_) => (self.as_written(ScalarKind::Integer, &range), range),
            DeValue::Float(_) => (self.as_written(ScalarKind::Float, &range), range),
            DeValue::Boolean(value) => (self.as_written(ScalarKind::Bool(value), &range), range),
            DeValue::Datetime(_) => (self.as_written(ScalarKind::DateTime, &range), range),
            DeValue::Array(array) => {
                let mut whole = range;
                let mut items = Vec::with_capacity(array.len());
                // A value that does not parse has no place.
                for item in array.into_iter().filter(|item| !item.span().is_empty()) {
                    let (item, range) = self.node(item);
                    whole = over(&whole, &range);
                    items.push(item);
                }
                (Value::Sequence(items), whole)
            }
            DeValue::Table(table) => self.table(table, range),
        };
        (Node::new(self.fragment.span(range.clone()), value), range)
    }

    fn table(&mut self, table: DeTable<'_>, range: Range<usize>) -> (Value, Range<usize>) {
        // The parser sorts by name.
        let mut members: Vec<(Spanned<DeString<'_>>, _)> = table.into_iter().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        let mut mapping = Mapping::new();
        let mut whole = range;
        for (key, value) in members {
            let (key, key_range) = self.key(&key);
            whole = over(&whole, &key_range);
            let value = if value.span().is_empty() {
                let end = key_range.end..key_range.end;
                Node::new(self.fragment.span(end), scalar(ScalarKind::Null, ""))
            } else {
                let (value, value_range) = self.node(value);
                whole = over(&whole, &value_range);
                value
            };
            let (text, span) = (key.text.clone(), key.span);
            if let Some(first) = mapping.insert(Entry { key, value }) {
                self.noted.push(key_range.start);
                let problem = Problem::duplicate_key(&text, span, first.key.span);
                self.problems.push(problem);
            }
        }
        (Value::Mapping(mapping), whole)
    }

    fn key(&self, key: &Spanned<DeString<'_>>) -> (Key, Range<usize>) {
        let (text, range) = match self.renamed.original_key(key.get_ref()) {
            Some(range) => (decoded_key(self.written(&range)), range),
            None => (key.get_ref().as_ref().into(), self.range(key.span())),
        };
        let span = self.fragment.span(range.clone());
        (Key { text, span }, range)
    }

    fn range(&self, range: Range<usize>) -> Range<usize> {
        let range = self.renamed.original_range(range);
        super::on_characters(self.fragment.text(), range)
    }

    fn written(&self, range: &Range<usize>) -> &'a str {
        self.fragment.text().get(range.clone()).unwrap_or_default()
    }

    fn as_written(&self, kind: ScalarKind, range: &Range<usize>) -> Value {
        scalar(kind, self.written(range))
    }
}

fn scalar(kind: ScalarKind, text: &str) -> Value {
    let text = text.into();
    Value::Scalar(Scalar { kind, text })
}

fn over(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    one.start.min(other.start)..one.end.max(other.end)
}

/// What a key's token stands for.
fn decoded_key(token: &str) -> Box<str> {
    let line = format!("{token} = 0");
    let (table, _) = DeTable::parse_recoverable(&line);
    let key = table.get_ref().keys().next();
    key.map_or_else(|| token.into(), |key| key.get_ref().as_ref().into())
}
