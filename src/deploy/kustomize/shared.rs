//! Values that are one and the same in several places of an object.
//!
//! kustomize puts a label that it writes to several fields (the labels of a workload, its selector, its
//! pods') there as one value, so that whoever changes it in one of them later changes it in all.

use crate::source::{Node, Span, Value};

use super::resource::{Resource, scalar_text};
use super::resource_map::ResourceMap;

/// A value that is in several places.
#[derive(Debug, Clone)]
pub struct Shared {
    span: Span,
    text: String,
    places: Vec<Vec<String>>,
}

/// Notes the values of some spans that are in several places now, and were in none before.
pub fn note(resource: &mut Resource, spans: &[Span]) {
    let mut found: Vec<(Span, String, Vec<String>)> = Vec::new();
    collect(&resource.node, spans, None, &mut found);
    for span in spans {
        let here = found.iter().filter(|(other, _, _)| other == span);
        let is_known = |place: &Vec<String>| {
            resource
                .shared
                .iter()
                .any(|shared| shared.places.contains(place))
        };
        let (mut text, mut places) = (String::new(), Vec::new());
        for (_, value, place) in here {
            if !is_known(place) {
                text.clone_from(value);
                places.push(place.clone());
            }
        }
        if places.len() > 1 {
            resource.shared.push(Shared {
                span: *span,
                text,
                places,
            });
        }
    }
}

/// A step on the way to a value, and the one before it.
#[derive(Clone, Copy)]
struct Step<'s> {
    part: Part<'s>,
    before: Option<&'s Step<'s>>,
}

#[derive(Clone, Copy)]
enum Part<'s> {
    Name(&'s str),
    Index(usize),
}

/// The way to a value.
fn way(last: Option<&Step<'_>>) -> Vec<String> {
    let steps = std::iter::successors(last, |step| step.before);
    let mut way: Vec<String> = steps
        .map(|step| match step.part {
            Part::Name(name) => name.to_owned(),
            Part::Index(index) => index.to_string(),
        })
        .collect();
    way.reverse();
    way
}

fn collect(
    node: &Node,
    spans: &[Span],
    before: Option<&Step<'_>>,
    found: &mut Vec<(Span, String, Vec<String>)>,
) {
    match &node.value {
        Value::Scalar(_) if spans.contains(&node.span) => {
            found.push((node.span, scalar_text(node).to_owned(), way(before)));
        }
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                let part = Part::Index(index);
                collect(item, spans, Some(&Step { part, before }), found);
            }
        }
        Value::Mapping(mapping) => {
            for entry in mapping.entries() {
                let part = Part::Name(&entry.key.text);
                collect(&entry.value, spans, Some(&Step { part, before }), found);
            }
        }
    }
}

/// Changes, wherever a shared value is, what was changed in one of its places.
pub fn settle(resources: &mut ResourceMap) {
    if resources
        .list()
        .iter()
        .all(|resource| resource.shared.is_empty())
    {
        return;
    }
    for resource in resources.list_mut() {
        let mut groups = std::mem::take(&mut resource.shared);
        for shared in &mut groups {
            let changed = shared.places.iter().rev().find_map(|place| {
                let node = at(&mut resource.node, place)?;
                let is_other = node.span != shared.span || scalar_text(node) != shared.text;
                is_other.then(|| node.clone())
            });
            let Some(value) = changed.filter(|value| value.as_scalar().is_some()) else {
                continue;
            };
            for place in &shared.places {
                if let Some(node) = at(&mut resource.node, place) {
                    *node = value.clone();
                }
            }
            shared.span = value.span;
            scalar_text(&value).clone_into(&mut shared.text);
        }
        resource.shared = groups;
    }
}

fn at<'n>(node: &'n mut Node, place: &[String]) -> Option<&'n mut Node> {
    let mut node = node;
    for part in place {
        node = match &mut node.value {
            Value::Mapping(mapping) => mapping.get_mut(part)?,
            Value::Sequence(items) => items.get_mut(part.parse::<usize>().ok()?)?,
            Value::Scalar(_) => return None,
        };
    }
    Some(node)
}
