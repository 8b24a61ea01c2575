//! Sprig's functions on mappings.

use std::sync::Arc;

use super::super::provenance::Text;
use super::super::template::value::{Data, Items, List, MAX_VALUE_DEPTH, Map, MapType, Value};
use super::super::template::{Arguments, Frame, Refusal};
use super::defaults::empty;
use super::strings::text_of;
use super::{Function, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("dict", "a*", dict),
    Function::new("get", "ms", |_, a| {
        let found = a.map(0).and_then(|map| map.get(&a.text(1)));
        Ok(found.unwrap_or_else(|| Value::from("")))
    }),
    Function::new("set", "msa", |_, a| {
        let map = a.map(0).filter(|map| map.of != MapType::Nil);
        let map = map.ok_or("assignment to entry in nil map")?;
        map.insert(a.text(1).as_str(), a.get(2).clone());
        Ok(a.get(0).clone())
    }),
    Function::new("unset", "ms", |_, a| {
        if let Some(map) = a.map(0) {
            map.remove(&a.text(1));
        }
        Ok(or_empty(a.get(0)))
    }),
    Function::new("hasKey", "ms", |_, a| {
        Ok(Value::bool(
            a.map(0).is_some_and(|map| map.contains(&a.text(1))),
        ))
    }),
    Function::new("pluck", "sm*", |_, a| {
        let maps = a.from(1).iter().filter_map(Value::as_map);
        Ok(Value::list(
            maps.filter_map(|map| map.get(&a.text(0))).collect(),
        ))
    }),
    Function::new("keys", "m*", |frame, a| {
        let mut keys = Vec::new();
        for map in a.all().iter().filter_map(Value::as_map) {
            frame.engine.step(map.len())?;
            for (name, item) in map.to_vec() {
                keys.push(match item.key_place {
                    Some(place) => Text::of_value(name.clone(), place),
                    None => Text::from(&*name),
                });
            }
        }
        Ok(Value::texts(keys))
    }),
    Function::new("values", "m", |frame, a| {
        let Some(map) = a.map(0) else {
            return Ok(Value::list(Vec::new()));
        };
        frame.engine.step(map.len())?;
        let values = map.to_vec().into_iter().map(|(_, item)| item.value);
        Ok(Value::list(values.collect()))
    }),
    Function::new("pick", "ms*", |_, a| {
        let picked = Map::new(MapType::Any);
        for name in a.from(1).iter().filter_map(Value::as_text) {
            if let Some(item) = a.map(0).and_then(|map| map.item(name)) {
                picked.insert_item(name.as_str(), item);
            }
        }
        Ok(picked.into())
    }),
    Function::new("omit", "ms*", |_, a| {
        let kept = a
            .map(0)
            .map_or_else(|| Map::new(MapType::Any), Map::shallow_copy);
        for name in a.from(1).iter().filter_map(Value::as_text) {
            kept.remove(name);
        }
        Ok(kept.into())
    }),
    Function::new("merge", "mm*", |frame, a| merge_all(frame, a, false)),
    Function::new("mustMerge", "mm*", |frame, a| merge_all(frame, a, false)),
    Function::new("mergeOverwrite", "mm*", |frame, a| {
        merge_all(frame, a, true)
    }),
    Function::new("mustMergeOverwrite", "mm*", |frame, a| {
        merge_all(frame, a, true)
    }),
    Function::new("deepCopy", "a", |frame, a| {
        if a.get(0).is_nil() {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        deep_copy(frame, a.get(0), 0)
    }),
    Function::new("mustDeepCopy", "a", |frame, a| {
        if a.get(0).is_nil() {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        deep_copy(frame, a.get(0), 0)
    }),
    Function::new("dig", "a*", dig),
];

fn or_empty(value: &Value) -> Value {
    match value.data {
        Data::Map(_) => value.clone(),
        _ => Map::new(MapType::Nil).into(),
    }
}

fn dict(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let map = Map::new(MapType::Any);
    for pair in arguments.all().chunks(2) {
        let [key, rest @ ..] = pair else { continue };
        let value = rest.first().cloned().unwrap_or_else(|| Value::from(""));
        map.insert(text_of(key)?, value);
    }
    Ok(map.into())
}

fn merge_all(frame: &mut Frame<'_>, arguments: &Arguments, overwrites: bool) -> Outcome {
    let mut target = or_empty(arguments.get(0));
    let filled = arguments
        .from(1)
        .iter()
        .filter_map(Value::as_map)
        .any(|map| map.of != MapType::Nil);
    if filled && target.as_map().is_some_and(|map| map.of == MapType::Nil) {
        target = Map::new(MapType::Any).into();
    }
    let Some(map) = target.as_map() else {
        return Ok(target);
    };
    for source in arguments.from(1).iter().filter_map(Value::as_map) {
        merge(frame, map, source, overwrites, 0)?;
    }
    Ok(target)
}

fn merge(
    frame: &mut Frame<'_>,
    target: &Map,
    source: &Map,
    overwrites: bool,
    depth: usize,
) -> Result<(), Refusal> {
    if depth > MAX_VALUE_DEPTH {
        return Err("values are nested too deeply to be merged".into());
    }
    if target.is(source) {
        return Ok(());
    }
    for (name, item) in source.to_vec() {
        frame.engine.step(1)?;
        let present = target.get(&name);
        if item.value.is_nil() {
            if overwrites {
                target.insert_item(name, item);
            }
            continue;
        }
        if let (Some(present), Some(inner)) = (&present, item.value.as_map())
            && let Some(present) = present.as_map()
        {
            let was_empty = present.len() == 0;
            merge(frame, present, inner, overwrites, depth + 1)?;
            if !(was_empty && present.len() == 0) {
                continue;
            }
        }
        if overwrites || present.is_none_or(|present| empty(&present)) {
            target.insert_item(name, item);
        }
    }
    Ok(())
}

fn deep_copy(frame: &mut Frame<'_>, value: &Value, depth: usize) -> Outcome {
    if depth > MAX_VALUE_DEPTH {
        return Err("values are nested too deeply to be copied".into());
    }
    frame.engine.step(1)?;
    let data = match &value.data {
        Data::Map(map) => {
            let copy = Map::new(map.of);
            for (name, mut item) in map.to_vec() {
                item.value = deep_copy(frame, &item.value, depth + 1)?;
                copy.insert_item(name, item);
            }
            Data::Map(copy)
        }
        Data::List(List {
            nil: false,
            of,
            items: _,
        }) if *of == Items::Any => {
            let items = value.as_list().unwrap_or_default();
            let copies: Result<Vec<Value>, Refusal> = items
                .iter()
                .map(|item| deep_copy(frame, item, depth + 1))
                .collect();
            Value::list(copies?).data
        }
        data => data.clone(),
    };
    Ok(Value {
        data,
        place: value.place,
    })
}

fn dig(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let [keys @ .., fallback, dict] = arguments.all() else {
        return Err("dig needs at least three arguments".into());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let wrong = |value: &Value, wanted: &str| {
        let found = if value.is_nil() {
            "nil"
        } else {
            value.type_name()
        };
        Refusal::Error(format!(
            "interface conversion: interface {{}} is {found}, not {wanted}"
        ))
    };
    let plain_map = |value: &Value| match value.as_map() {
        Some(map) if map.of == MapType::Any => Ok(map.clone()),
        _ => Err(wrong(value, "map[string]interface {}")),
    };
    let mut map = plain_map(dict)?;
    let mut names: Vec<Arc<str>> = Vec::new();
    for key in keys {
        let name = key.as_text().ok_or_else(|| wrong(key, "string"))?;
        names.push(Arc::from(name.as_str()));
    }
    let last = names.len() - 1;
    for (index, name) in names.iter().enumerate() {
        let Some(step) = map.get(name) else {
            return Ok(fallback.clone());
        };
        if index == last {
            return Ok(step);
        }
        map = plain_map(&step)?;
    }
    Ok(fallback.clone())
}
