//! Sprig's functions on lists.

use super::super::template::compare::deep_equal;
use super::super::template::value::{Data, Items, List, Value};
use super::super::template::{Arguments, Frame, Refusal};
use super::defaults::empty;
use super::{Function, Outcome, out_of_range};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("list", "a*", |_, a| Ok(Value::list(a.all().to_vec()))),
    Function::new("tuple", "a*", |_, a| Ok(Value::list(a.all().to_vec()))),
    Function::new("append", "aa", push),
    Function::new("push", "aa", push),
    Function::new("mustAppend", "aa", push),
    Function::new("mustPush", "aa", push),
    Function::new("prepend", "aa", prepend),
    Function::new("mustPrepend", "aa", prepend),
    Function::new("first", "a", first),
    Function::new("mustFirst", "a", first),
    Function::new("last", "a", last),
    Function::new("mustLast", "a", last),
    Function::new("rest", "a", rest),
    Function::new("mustRest", "a", rest),
    Function::new("initial", "a", initial),
    Function::new("mustInitial", "a", initial),
    Function::new("reverse", "a", reverse),
    Function::new("mustReverse", "a", reverse),
    Function::new("uniq", "a", uniq),
    Function::new("mustUniq", "a", uniq),
    Function::new("compact", "a", compact),
    Function::new("mustCompact", "a", compact),
    Function::new("without", "aa*", without),
    Function::new("mustWithout", "aa*", without),
    Function::new("has", "aa", has),
    Function::new("mustHas", "aa", has),
    Function::new("slice", "aa*", slice),
    Function::new("mustSlice", "aa*", slice),
    Function::new("concat", "a*", concat),
    Function::new("chunk", "ia", chunk),
    Function::new("mustChunk", "ia", chunk),
];

/// The items of a list; what else there is is refused with the function's own words.
fn items(value: &Value, words: &str) -> Result<Vec<Value>, Refusal> {
    match &value.data {
        Data::List(list) => Ok(list.items().to_vec()),
        Data::Nil | Data::NilInterface => {
            Err("runtime error: invalid memory address or nil pointer dereference".into())
        }
        Data::Object(object) if object.kind_name() == "slice" => {
            let items = object.items().unwrap_or_default();
            Ok(items.into_iter().map(|(_, item)| item).collect())
        }
        _ => Err(format!("{words} {}", value.kind_name()).into()),
    }
}

fn push(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let mut list = items(arguments.get(0), "Cannot push on type")?;
    list.push(arguments.get(1).clone());
    Ok(Value::list(list))
}

fn prepend(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let mut list = items(arguments.get(0), "Cannot prepend on type")?;
    list.insert(0, arguments.get(1).clone());
    Ok(Value::list(list))
}

fn first(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(arguments.get(0), "Cannot find first on type")?;
    Ok(list.first().cloned().unwrap_or(Value::NIL))
}

fn last(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(arguments.get(0), "Cannot find last on type")?;
    Ok(list.last().cloned().unwrap_or(Value::NIL))
}

fn rest(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(arguments.get(0), "Cannot find rest on type")?;
    Ok(match list.split_first() {
        Some((_, rest)) => Value::list(rest.to_vec()),
        None => Value::nil_list(Items::Any),
    })
}

fn initial(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(arguments.get(0), "Cannot find initial on type")?;
    Ok(match list.split_last() {
        Some((_, initial)) => Value::list(initial.to_vec()),
        None => Value::nil_list(Items::Any),
    })
}

fn reverse(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let mut list = items(arguments.get(0), "Cannot find reverse on type")?;
    list.reverse();
    Ok(Value::list(list))
}

fn in_list(frame: &mut Frame<'_>, list: &[Value], needle: &Value) -> Result<bool, Refusal> {
    for item in list {
        frame.engine.step(1)?;
        if deep_equal(needle, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(arguments.get(0), "Cannot find uniq on type")?;
    let mut kept = Vec::new();
    for item in list {
        if !in_list(frame, &kept, &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn compact(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let mut list = items(arguments.get(0), "Cannot compact on type")?;
    list.retain(|item| !empty(item));
    Ok(Value::list(list))
}

fn without(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(arguments.get(0), "Cannot find without on type")?;
    let mut kept = Vec::new();
    for item in list {
        if !in_list(frame, arguments.from(1), &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn has(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    if arguments.get(1).is_nil() {
        return Ok(Value::bool(false));
    }
    let list = items(arguments.get(1), "Cannot find has on type")?;
    in_list(frame, &list, arguments.get(0)).map(Value::bool)
}

fn slice(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(
        arguments.get(0),
        "list should be type of slice or array but",
    )?;
    if list.is_empty() {
        return Ok(Value::NIL);
    }
    let bound = |position: usize| arguments.all().get(position).map(super::math::integer_of);
    let start = bound(1).unwrap_or(0);
    let end = match bound(2) {
        Some(end) => end,
        None => i64::try_from(list.len()).unwrap_or(i64::MAX),
    };
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(start, end)| list.get(start..end));
    let of = match &arguments.get(0).data {
        Data::List(List { of, .. }) => *of,
        _ => Items::Any,
    };
    Ok(Value::list_of(part.ok_or_else(out_of_range)?.to_vec(), of))
}

fn concat(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let mut all = Vec::new();
    for list in arguments.all() {
        let list = match items(list, "Cannot concat type") {
            Err(Refusal::Error(message)) if message.starts_with("Cannot") => {
                return Err(format!("{message} as list").into());
            }
            list => list?,
        };
        frame.engine.step(list.len())?;
        all.extend(list);
    }
    if all.is_empty() {
        return Ok(Value::nil_list(Items::Any));
    }
    Ok(Value::list(all))
}

fn chunk(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let list = items(arguments.get(1), "Cannot chunk type")?;
    let Some(size) = usize::try_from(arguments.int(0))
        .ok()
        .filter(|size| *size > 0)
    else {
        return Err("runtime error: makeslice: len out of range".into());
    };
    let chunks = list.chunks(size).map(|chunk| Value::list(chunk.to_vec()));
    Ok(Value::list_of(chunks.collect(), Items::Lists))
}
