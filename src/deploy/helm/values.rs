//! The values of a chart: read from YAML, layered, and handed down to subcharts.

use std::collections::BTreeMap;

use super::chart::Chart;
use super::provenance::{Place, Text, TextBuilder};
use super::template::literal::{parse_float, parse_integer};
use super::template::number;
use super::template::value::{Data, Item, Map, MapType, Value};
use crate::source::{Documents, Fragment, Key, Node, ScalarKind, Sources, yaml};

/// A node as templates see it: numbers are floats, and everything knows its place.
pub(crate) fn value_of(sources: &Sources, node: &Node) -> Value {
    let place = Some(Place::whole(node.span));
    let data = match &node.value {
        crate::source::Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Data::NilInterface,
            ScalarKind::Bool(value) => Data::Bool(value),
            ScalarKind::Integer => Data::Float(integer(&scalar.text)),
            ScalarKind::Float => Data::Float(float(&scalar.text)),
            ScalarKind::String | ScalarKind::DateTime => {
                Data::Text(placed(sources, node, &scalar.text))
            }
        },
        crate::source::Value::Sequence(items) => {
            Value::list(items.iter().map(|item| value_of(sources, item)).collect()).data
        }
        crate::source::Value::Mapping(mapping) => {
            let map = Map::new(MapType::Any);
            for entry in mapping.entries() {
                let item = Item {
                    key_place: Some(Place::whole(entry.key.span)),
                    value: value_of(sources, &entry.value),
                };
                map.insert_item(key_text(sources, &entry.key), item);
            }
            Data::Map(map)
        }
    };
    Value { data, place }
}

/// A name as JSON has it, which knows only strings: `on` is `true`, `010` is `8`.
fn key_text(sources: &Sources, key: &Key) -> String {
    let is_plain = sources.text(key.span) == &*key.text;
    let kind = if is_plain {
        yaml::plain_scalar_kind(&key.text)
    } else {
        ScalarKind::String
    };
    match kind {
        ScalarKind::Bool(value) => value.to_string(),
        ScalarKind::Integer => format!("{}", integer(&key.text)),
        ScalarKind::Float => number::float_general(float(&key.text)),
        _ => key.text.to_string(),
    }
}

/// A string with the places of its lines.
fn placed(sources: &Sources, node: &Node, text: &str) -> Text {
    let written = sources.text(node.span);
    if written == text {
        return Text::of_value(text, Place::verbatim(node.span));
    }
    if !text.contains('\n') {
        return Text::of_value(text, Place::whole(node.span));
    }
    let fragment = Fragment::of_text_unnoted(sources, node.span, text.into());
    let mut builder = TextBuilder::with_capacity(text.len());
    for (line, span) in fragment.lines() {
        let is_ended = text.as_bytes().get(line.end) == Some(&b'\n');
        let whole = line.start..line.end + usize::from(is_ended);
        let place = if sources.text(span) == &text[line] {
            Place::verbatim(span)
        } else {
            Place::whole(span)
        };
        builder.push(&text[whole], None, Some(place));
    }
    builder.finish()
}

fn integer(text: &str) -> f64 {
    let plain = text.replace('_', "");
    if let Some(value) = parse_integer(&plain) {
        #[expect(clippy::cast_precision_loss, reason = "as Helm reads numbers")]
        return value as f64;
    }
    let digits = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    parse_float(&plain)
        .or_else(|| parse_float(digits))
        .unwrap_or(0.0)
}

fn float(text: &str) -> f64 {
    let plain = text.replace('_', "");
    parse_float(&plain).unwrap_or(0.0)
}

/// Reads a text as one YAML document, as `fromYaml` does.
pub(crate) fn from_yaml(text: &Text) -> Result<Value, String> {
    let mut sources = Sources::new();
    let id = sources.add("", text.as_str());
    let fragment = Fragment::of_source(&sources, id);
    let Documents { roots, problems } = yaml::read(&fragment);
    if let Some(problem) = problems.iter().find(|problem| problem.related.is_none()) {
        let line = sources.location(problem.span).line;
        return Err(format!(
            "error converting YAML to JSON: yaml: line {line}: {}",
            problem.message
        ));
    }
    let value = roots
        .first()
        .map_or(Value::NIL, |root| value_of(&sources, root));
    Ok(retraced(value, text))
}

/// The same values with places in the files instead of in the text that was read.
fn retraced(value: Value, text: &Text) -> Value {
    let place_of = |place: Place| {
        let range = place.span.start as usize..place.span.end as usize;
        let traced = text.trace(range)?;
        Some(Place::whole(traced.primary))
    };
    let place = value.place.and_then(place_of);
    let data = match value.data {
        Data::Text(inner) => {
            let found = inner.value_place().and_then(place_of).or(place);
            Data::Text(match found {
                Some(place) => Text::of_value(inner.shared(), place),
                None => Text::from(inner.as_str()),
            })
        }
        Data::List(list) => {
            let items = list.items().iter().cloned();
            Value::list(items.map(|item| retraced(item, text)).collect()).data
        }
        Data::Map(map) => {
            for (name, item) in map.to_vec() {
                let item = Item {
                    key_place: item.key_place.and_then(place_of),
                    value: retraced(item.value, text),
                };
                map.insert_item(name, item);
            }
            Data::Map(map)
        }
        data => data,
    };
    Value { data, place }
}

/// A copy that shares nothing.
pub(crate) fn copied(map: &Map) -> Map {
    let copy = Map::new(MapType::Any);
    for (name, mut item) in map.to_vec() {
        if let Data::Map(inner) = &item.value.data {
            item.value.data = Data::Map(copied(inner));
        }
        copy.insert_item(name, item);
    }
    copy
}

/// Values of a later file over those of earlier ones.
pub(crate) fn layer(base: &Map, over: &Map) {
    for (name, item) in over.to_vec() {
        let below = base.get(&name);
        match (below.as_ref().and_then(Value::as_map), item.value.as_map()) {
            (Some(below), Some(above)) => layer(below, above),
            _ => base.insert_item(name, item),
        }
    }
}

/// `--set`: a path of names and positions, and a value that is null, a truth value, a whole number or text.
pub(crate) fn set_all(values: &Map, set: &BTreeMap<String, String>) -> Result<(), String> {
    for (path, text) in set {
        let steps = steps(path).ok_or_else(|| {
            format!(
                "`{}` is no path of a value",
                crate::source::shown_name(path)
            )
        })?;
        let root = Value::from(values.clone());
        put(Some(&root), &steps, parsed(text)).map_err(|()| {
            format!(
                "`{}` leads through a value that has no names",
                crate::source::shown_name(path)
            )
        })?;
    }
    Ok(())
}

#[derive(Debug)]
enum Step {
    Name(String),
    Position(usize),
}

/// How long a list `--set` may make, as in Helm.
const MAX_POSITION: usize = 65_536;

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut name = String::new();
    let mut characters = path.chars();
    let mut after_position = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => name.push(characters.next()?),
            '.' if after_position && name.is_empty() => after_position = false,
            '.' => steps.push(Step::Name(std::mem::take(&mut name))),
            '[' => {
                if !name.is_empty() {
                    steps.push(Step::Name(std::mem::take(&mut name)));
                }
                let digits: String = characters.by_ref().take_while(|c| *c != ']').collect();
                let position = digits.parse().ok().filter(|at| *at <= MAX_POSITION)?;
                steps.push(Step::Position(position));
                after_position = true;
            }
            _ => {
                after_position = false;
                name.push(character);
            }
        }
    }
    if !name.is_empty() {
        steps.push(Step::Name(name));
    }
    let named = matches!(steps.first(), Some(Step::Name(_)));
    (named && steps.len() <= crate::source::MAX_DEPTH).then_some(steps)
}

fn parsed(text: &str) -> Value {
    if let Some(list) = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        let items = list.split(',').filter(|_| !list.is_empty());
        return Value::list(items.map(parsed).collect());
    }
    match text {
        "null" => Data::NilInterface.into(),
        "true" => Value::bool(true),
        "false" => Value::bool(false),
        "0" => Value::int64(0),
        _ if text.starts_with('0') => text.into(),
        _ => match text.parse::<i64>() {
            Ok(number) => Value::int64(number),
            Err(_) => text.into(),
        },
    }
}

fn put(current: Option<&Value>, steps: &[Step], value: Value) -> Result<Value, ()> {
    let Some((step, rest)) = steps.split_first() else {
        return Ok(value);
    };
    match step {
        Step::Name(name) => {
            let map = match current {
                Some(current) if !current.is_nil() => current.as_map().ok_or(())?.clone(),
                _ => Map::new(MapType::Any),
            };
            let inner = put(map.get(name).as_ref(), rest, value)?;
            map.insert(name.as_str(), inner);
            Ok(map.into())
        }
        Step::Position(at) => {
            let mut items = match current {
                Some(current) if !current.is_nil() => current.as_list().ok_or(())?.to_vec(),
                _ => Vec::new(),
            };
            if items.len() <= *at {
                items.resize(*at + 1, Data::NilInterface.into());
            }
            let inner = put(items.get(*at), rest, value)?;
            if let Some(slot) = items.get_mut(*at) {
                *slot = inner;
            }
            Ok(Value::list(items))
        }
    }
}

/// A chart's own values, and its subcharts', below what is given. With `keeps_null`, null stays; otherwise
/// it takes out what is below.
pub(crate) fn coalesce(chart: &Chart, given: &Map, keeps_null: bool) -> Result<(), String> {
    for (name, item) in copied(&chart.values).to_vec() {
        let Some(present) = given.get(&name) else {
            given.insert_item(name, item);
            continue;
        };
        if present.is_nil() && !keeps_null {
            given.remove(&name);
        } else if let (Some(over), Some(below)) = (present.as_map(), item.value.as_map()) {
            let is_child = chart.dependencies.iter().any(|child| child.name == *name);
            tables(over, below, keeps_null || is_child);
        }
    }
    for child in &chart.dependencies {
        let name = child.name.as_str();
        let values = match given.get(name) {
            None => {
                let values = Map::new(MapType::Any);
                given.insert(name, values.clone().into());
                values
            }
            Some(value) => match value.as_map() {
                Some(map) => map.clone(),
                None => return Err(name.to_owned()),
            },
        };
        globals(&values, given);
        coalesce(child, &values, keeps_null)?;
    }
    Ok(())
}

/// What `over` does not say, as `below` says it.
pub(crate) fn tables(over: &Map, below: &Map, keeps_null: bool) {
    for (name, item) in below.to_vec() {
        match over.get(&name) {
            Some(present) if present.is_nil() && !keeps_null => over.remove(&name),
            None => over.insert_item(name, item),
            Some(present) => {
                if let (Some(over), Some(below)) = (present.as_map(), item.value.as_map()) {
                    tables(over, below, keeps_null);
                }
            }
        }
    }
}

/// A parent's globals go before a subchart's.
fn globals(child: &Map, parent: &Map) {
    const GLOBAL: &str = "global";
    let table = |map: &Map| match map.get(GLOBAL) {
        None => Some(Map::new(MapType::Any)),
        Some(value) => value.as_map().cloned(),
    };
    let (Some(own), Some(above)) = (table(child), table(parent)) else {
        return;
    };
    for (name, mut item) in above.to_vec() {
        let present = own.get(&name);
        match (item.value.as_map(), present) {
            (Some(map), present) => {
                let map = map.shallow_copy();
                match present {
                    None => {}
                    Some(present) => match present.as_map() {
                        Some(present) => tables(&map, present, true),
                        None => continue,
                    },
                }
                item.value.data = Data::Map(map);
                own.insert_item(name, item);
            }
            (None, Some(present)) if present.as_map().is_some() => {}
            (None, _) => own.insert_item(name, item),
        }
    }
    child.insert(GLOBAL, own.into());
}

/// The table at a path of names.
pub(crate) fn table_at(values: &Map, path: &str) -> Option<Map> {
    let mut map = values.clone();
    for name in path.split('.') {
        let inner = map.get(name)?;
        map = inner.as_map()?.clone();
    }
    Some(map)
}

/// The value at a path of names.
pub(crate) fn value_at(values: &Map, path: &str) -> Option<Value> {
    match path.rsplit_once('.') {
        Some((tables, name)) => table_at(values, tables)?.get(name),
        None => values.get(path),
    }
}

/// Takes out every null.
pub(crate) fn without_null(values: &Map) -> Map {
    let kept = Map::new(MapType::Any);
    for (name, mut item) in values.to_vec() {
        if item.value.is_nil() {
            continue;
        }
        if let Data::Map(inner) = &item.value.data {
            item.value.data = Data::Map(without_null(inner));
        }
        kept.insert_item(name, item);
    }
    kept
}
