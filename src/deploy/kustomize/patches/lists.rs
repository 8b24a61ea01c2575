//! Strategic merges of lists, item by item.

use std::collections::HashMap;

use crate::source::{Entry, Key, Node, Scalar, ScalarKind, Value};

use super::super::context::{Outcome, refuse};
use super::super::resource::{scalar_text, text_at};
use super::super::schema::{Schema, Shape};
use super::strategic::{DIRECTIVE, Directive, directive, walk};

/// Merges a list whose items are merged; without keys, of single values.
pub(super) fn sequence(
    old: Option<Node>,
    patch: Option<&Node>,
    keys: &[&str],
    schema: Option<Schema>,
) -> Outcome<Option<Node>> {
    if patch.is_some_and(Node::is_null) {
        return Ok(None);
    }
    let mut added = patch
        .and_then(Node::as_sequence)
        .unwrap_or_default()
        .to_vec();
    let mut replaced = old.is_none();
    if !replaced && let Some(value) = list_directive(&added) {
        match directive(value)? {
            Directive::Delete => return Ok(None),
            said => replaced = said == Directive::Replace,
        }
        added.retain(|item| item.get(DIRECTIVE).is_none_or(|_| !is_alone(item)));
    }
    let (span, tag, items) = match (old, patch) {
        (Some(old), _) if !replaced => match old.value {
            Value::Sequence(items) => (old.span, old.tag, items),
            _ => return Ok(None),
        },
        (_, Some(patch)) => (patch.span, patch.tag.clone(), added.clone()),
        (old, None) => return Ok(old),
    };
    let items = match keys {
        [] => primitives(&items, &added),
        [key] => by_key(items, &added, key, schema)?,
        _ => by_keys(items, &added, keys, schema)?,
    };
    let mut node = Node::new(span, Value::Sequence(items));
    node.tag = tag;
    Ok(Some(node))
}

fn is_alone(item: &Node) -> bool {
    item.as_mapping().is_some_and(|mapping| mapping.len() == 1)
}

/// The directive for a whole list: an item that says nothing else.
fn list_directive(items: &[Node]) -> Option<&Node> {
    let first = items.iter().find(|item| item.get(DIRECTIVE).is_some())?;
    first.get(DIRECTIVE).filter(|_| is_alone(first))
}

fn primitives(items: &[Node], added: &[Node]) -> Vec<Node> {
    let mut seen = std::collections::HashSet::new();
    let all = added.iter().chain(items);
    all.filter(|item| seen.insert(scalar_text(item).to_owned()))
        .cloned()
        .collect()
}

fn key_text(item: &Node, key: &str) -> String {
    text_at(item, &[key]).to_owned()
}

/// The items of the patch first, each merged with the one of its name, then the rest.
fn by_key(
    items: Vec<Node>,
    added: &[Node],
    key: &str,
    schema: Option<Schema>,
) -> Outcome<Vec<Node>> {
    let mut first_of_patch: HashMap<String, &Node> = HashMap::new();
    let mut first_of_items: HashMap<String, usize> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    for item in added {
        let text = key_text(item, key);
        if !text.is_empty() && !first_of_patch.contains_key(&text) {
            first_of_patch.insert(text.clone(), item);
            order.push(text);
        }
    }
    for (position, item) in items.iter().enumerate() {
        let text = key_text(item, key);
        if text.is_empty() || first_of_items.contains_key(&text) {
            continue;
        }
        if !first_of_patch.contains_key(&text) {
            order.push(text.clone());
        }
        first_of_items.insert(text, position);
    }
    let mut items: Vec<Option<Node>> = items.into_iter().map(Some).collect();
    let mut merged: Vec<Node> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    for text in order {
        let patch = first_of_patch.get(&text).copied();
        let place = first_of_items
            .get(&text)
            .and_then(|position| items.get_mut(*position));
        let is_replaced = patch
            .and_then(|patch| patch.get(DIRECTIVE))
            .is_some_and(|value| scalar_text(value) == "replace");
        let value = match place {
            // kustomize leaves an item of a list that is to be replaced as it is.
            Some(place) if is_replaced => place.clone(),
            Some(place) => walk(place.clone(), patch, Shape::Other(schema))?,
            None => walk(patch.cloned(), patch, Shape::Other(schema))?,
        };
        match value.filter(|value| value.as_mapping().is_none_or(|mapping| !mapping.is_empty())) {
            Some(value) => {
                positions.insert(text.clone(), merged.len());
                if let Some(position) = first_of_items.get(&text)
                    && let Some(place) = items.get_mut(*position)
                {
                    *place = Some(value.clone());
                }
                merged.push(value);
            }
            None => {
                if first_of_items.contains_key(&text) {
                    for item in &mut items {
                        if item
                            .as_ref()
                            .is_some_and(|item| key_text(item, key) == text)
                        {
                            *item = None;
                        }
                    }
                }
            }
        }
    }
    // Of several items of one name the last one stays.
    for item in items.into_iter().flatten() {
        match positions.get(&key_text(&item, key)) {
            Some(position) => {
                if let Some(place) = merged.get_mut(*position) {
                    *place = item;
                }
            }
            None => merged.push(item),
        }
    }
    Ok(merged)
}

/// The most pairs of items that are compared where a list has several keys.
const MAX_PAIRS: usize = 1_000_000;

type Values = Vec<String>;

/// The same for lists of several keys, of which each item may have some.
fn by_keys(
    mut items: Vec<Node>,
    added: &[Node],
    keys: &[&str],
    schema: Option<Schema>,
) -> Outcome<Vec<Node>> {
    let count = items.len() + added.len();
    if let Some(first) = items.first().or(added.first())
        && count * count > MAX_PAIRS
    {
        return refuse(first.span, "this list is too long to be merged");
    }
    let mut all: Vec<Values> = Vec::new();
    for item in added.iter().chain(&items) {
        let values: Values = keys.iter().map(|key| key_text(item, key)).collect();
        if !all.contains(&values) {
            all.push(values);
        }
    }
    unify(&mut all);
    let used: Vec<&str> = keys
        .iter()
        .enumerate()
        .filter(|(index, _)| {
            all.iter()
                .any(|values| values.get(*index).is_some_and(|value| !value.is_empty()))
        })
        .map(|(_, key)| *key)
        .collect();
    let used = if used.is_empty() { keys.to_vec() } else { used };
    let mut merged: Vec<Node> = Vec::new();
    for values in &all {
        let wanted: Vec<(&str, &str)> = keys
            .iter()
            .zip(values)
            .filter(|(key, _)| used.contains(*key))
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let told: Vec<(&str, &str)> = wanted
            .iter()
            .copied()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let position = items.iter().position(|item| has(item, &told));
        let patch = added.iter().find(|item| has(item, &told));
        let old = position.and_then(|position| items.get(position)).cloned();
        let value = match (old, patch) {
            (None, None) => None,
            (None, Some(patch)) => walk(Some(patch.clone()), Some(patch), Shape::Other(schema))?,
            (Some(old), patch) => walk(Some(old), patch, Shape::Other(schema))?,
        };
        let Some(mut value) = value.filter(|value| {
            value
                .as_mapping()
                .is_some_and(|mapping| !mapping.is_empty())
        }) else {
            items.retain(|item| !has(item, &told));
            continue;
        };
        if let Value::Mapping(mapping) = &mut value.value {
            for (key, text) in &told {
                if mapping.get(key).is_none() {
                    let span = value.span;
                    let kind = if text.parse::<i64>().is_ok() {
                        ScalarKind::Integer
                    } else {
                        ScalarKind::String
                    };
                    let scalar = Scalar {
                        kind,
                        text: (*text).into(),
                    };
                    let key = Key {
                        text: (*key).into(),
                        span,
                    };
                    mapping.insert(Entry {
                        key,
                        value: Node::new(span, Value::Scalar(scalar)),
                    });
                }
            }
        }
        if let Some(place) = position.and_then(|position| items.get_mut(position)) {
            *place = value.clone();
        }
        match merged.iter_mut().find(|item| has(item, &told)) {
            Some(place) => *place = value,
            None => merged.push(value),
        }
    }
    for item in items {
        let told: Vec<(&str, &str)> = used
            .iter()
            .map(|key| (*key, text_at(&item, &[*key])))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        match merged.iter_mut().find(|one| has(one, &told)) {
            Some(place) if used.len() == 1 => *place = item,
            _ => {
                merged.retain(|one| !has(one, &told));
                merged.push(item);
            }
        }
    }
    Ok(merged)
}

fn has(item: &Node, wanted: &[(&str, &str)]) -> bool {
    !wanted.is_empty()
        && wanted
            .iter()
            .all(|(key, value)| text_at(item, &[*key]) == *value)
}

/// Items that agree in all keys that both have are one.
fn unify(all: &mut [Values]) {
    for one in 0..all.len() {
        for other in 0..all.len() {
            let unified = unified(&all[one], &all[other]);
            if let Some(values) = unified {
                all[one].clone_from(&values);
                all[other] = values;
            }
        }
    }
}

fn unified(one: &Values, other: &Values) -> Option<Values> {
    let mut common = false;
    let mut values = Values::new();
    for (one, other) in one.iter().zip(other) {
        common |= one == other;
        if one != other && !one.is_empty() && !other.is_empty() {
            return None;
        }
        values.push(if one.is_empty() {
            other.clone()
        } else {
            one.clone()
        });
    }
    common.then_some(values)
}
