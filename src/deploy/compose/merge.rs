//! Merging, as compose-go's `override` package does it.

use std::collections::HashMap;

use super::shape::AS_WRITTEN;
use super::tree::{Assignment, Entry, Map, Tree, Value, string_of};
use super::{Problems, interpolate::UNKNOWN};
use crate::source::Span;

/// Merges a file over the ones before it.
pub fn model(base: &mut Map, over: Map, problems: &mut Problems) {
    for (name, mut entry) in over {
        let Some(present) = base.get_mut(&name) else {
            if name == "services" && entry.value.is_null() {
                let message =
                    "`services` is empty; the services below it may have slid to the left edge";
                problems.invalid(entry.key, message);
                continue;
            }
            settle_services(&name, &mut entry.value.value);
            base.insert(name, entry);
            continue;
        };
        if entry.value.is_null() {
            continue;
        }
        match (&mut present.value.value, entry.value.value) {
            (Value::Map(present), Value::Map(over)) if name == "services" => {
                for (service, entry) in over {
                    named(present, service.clone(), entry, problems);
                    present.get_mut(&service).into_iter().for_each(settle);
                }
            }
            (Value::Map(present), Value::Map(over)) => {
                for (resource, entry) in over {
                    merge_resource(present, resource, entry);
                }
            }
            (present, mut value) => {
                settle_services(&name, &mut value);
                *present = value;
            }
        }
    }
}

/// Merges a service over the one of the same name, which keeps its place.
pub fn named(services: &mut Map, name: String, over: Entry, problems: &mut Problems) {
    let Some(base) = services.get_mut(&name) else {
        services.insert(name, over);
        return;
    };
    match (&mut base.value.value, over.value.value) {
        (_, Value::Null) => {}
        (Value::Map(base), Value::Map(over)) => service(base, over),
        (Value::Null, value) => base.value.value = value,
        _ => problems.invalid(
            over.key,
            format!("the service `{}` is not a mapping", super::shown(&name)),
        ),
    }
}

/// Merges a service's fields over those of a base.
pub fn service(base: &mut Map, over: Map) {
    for (name, entry) in over {
        let Some(present) = base.get_mut(&name) else {
            base.insert(name, entry);
            continue;
        };
        if entry.value.is_null() {
            continue;
        }
        present.key = entry.key;
        let old = std::mem::replace(&mut present.value, Tree::new(entry.key, Value::Null));
        present.value = field(&name, old, entry.value);
    }
    unique(base);
}

fn field(name: &str, base: Tree, over: Tree) -> Tree {
    let span = over.span;
    match (name, base.value, over.value) {
        ("environment", base, over) => {
            let mut items = assignments(base);
            items.extend(assignments(over));
            Tree::new(span, Value::List(items))
        }
        ("command" | "entrypoint", _, over) => Tree::new(span, over),
        (_, Value::List(mut items), Value::List(over)) => {
            items.extend(over);
            Tree::new(span, Value::List(items))
        }
        ("networks", Value::Map(mut base), Value::Map(over)) => {
            for (network, entry) in over {
                merge_resource(&mut base, network, entry);
            }
            Tree::new(span, Value::Map(base))
        }
        (_, Value::Map(mut base), Value::Map(over)) => {
            base.extend(over);
            Tree::new(span, Value::Map(base))
        }
        (_, _, over) => Tree::new(span, over),
    }
}

/// The items of an `environment`, however it is written.
pub fn assignments(environment: Value) -> Vec<Tree> {
    match environment {
        Value::List(items) => items,
        Value::Map(map) => map
            .into_iter()
            .map(|(name, entry)| assignment(name, entry))
            .collect(),
        _ => Vec::new(),
    }
}

fn assignment(name: String, entry: Entry) -> Tree {
    let behind = Span {
        start: entry.key.end,
        ..entry.key
    };
    let (value, value_span) = match entry.value.value {
        Value::Scalar(scalar) => (Some(scalar.text), entry.value.span),
        _ => (None, behind),
    };
    let assignment = Assignment {
        name,
        name_span: entry.key,
        value,
        value_span,
    };
    Tree::new(entry.key, Value::Assignment(Box::new(assignment)))
}

fn merge_resource(present: &mut Map, name: String, entry: Entry) {
    match (
        present
            .get_mut(&name)
            .map(|present| &mut present.value.value),
        entry.value.value,
    ) {
        (Some(_), Value::Null) => {}
        (Some(Value::Map(base)), Value::Map(over)) => base.extend(over),
        (_, value) => {
            let value = Tree::new(entry.value.span, value);
            present.insert(
                name,
                Entry {
                    key: entry.key,
                    value,
                },
            );
        }
    }
}

/// Settles what no other file has services for.
fn settle_services(name: &str, value: &mut Value) {
    if let ("services", Value::Map(services)) = (name, value) {
        services.values_mut().for_each(settle);
    }
}

/// Drops of a service what is overridden, of short volumes first by the target as it is written.
fn settle(service: &mut Entry) {
    let Value::Map(service) = &mut service.value.value else {
        return;
    };
    unique(service);
    let volumes = service
        .get_mut("volumes")
        .map(|entry| &mut entry.value.value);
    if let Some(Value::List(volumes)) = volumes {
        for volume in volumes {
            if let Value::Map(volume) = &mut volume.value {
                volume.remove(AS_WRITTEN);
            }
        }
        unique(service);
    }
}

/// Of items for the same thing the last one counts, at the place of the first one.
fn unique(service: &mut Map) {
    for (name, entry) in service.iter_mut() {
        let identity: fn(&Tree) -> Option<String> = match name.as_str() {
            "environment" => |item| match &item.value {
                Value::Assignment(assignment) => Some(assignment.name.clone()),
                _ => None,
            },
            "env_file" => |item| field_of(item, "path"),
            "volumes" => |item| field_of(item, AS_WRITTEN).or_else(|| field_of(item, "target")),
            "configs" => |item| target(item, ""),
            "secrets" => |item| target(item, "/run/secrets"),
            "profiles" => |item| item.as_string().map(|text| text.text.clone()),
            _ => continue,
        };
        let Value::List(items) = &mut entry.value.value else {
            continue;
        };
        let mut kept: Vec<Tree> = Vec::with_capacity(items.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        for item in std::mem::take(items) {
            // What is partly unknown may be another thing each time.
            let key = identity(&item).filter(|key| !key.contains(UNKNOWN));
            let place = key.as_ref().and_then(|key| places.get(key));
            if let Some(place) = place.and_then(|place| kept.get_mut(*place)) {
                *place = item;
                continue;
            }
            if let Some(key) = key {
                places.insert(key, kept.len());
            }
            kept.push(item);
        }
        *items = kept;
    }
}

fn field_of(item: &Tree, name: &str) -> Option<String> {
    Some(string_of(item.as_map()?, name)?.0.text.clone())
}

fn target(item: &Tree, base: &str) -> Option<String> {
    field_of(item, "target").or_else(|| Some(format!("{base}/{}", field_of(item, "source")?)))
}

/// A path of the container without `.`, `..` and doubled slashes, as Go's `path.Clean` gives it.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
