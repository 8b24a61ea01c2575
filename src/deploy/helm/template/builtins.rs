//! The functions that Go's `text/template` has itself.

use super::super::functions::Run;
use super::super::provenance::Text;
use super::arguments::Arguments;
use super::compare;
use super::execute::{Frame, Refusal};
use super::print;
use super::value::{Data, IntegerType, Items, MapType, Value};

type Result = std::result::Result<Value, Refusal>;

/// What a builtin takes, and how it runs. Helm's and Sprig's functions of the same name go before.
pub(super) fn find(name: &str) -> Option<(&'static str, Run)> {
    Some(match name {
        "and" | "or" => ("aa*", |_, _| Ok(Value::NIL)),
        "not" => ("a", |_, arguments| {
            Ok(Value::bool(!arguments.get(0).is_true()))
        }),
        "len" => ("a", |_, arguments| len(arguments.get(0))),
        "index" => ("aa*", |_, arguments| index(arguments)),
        "print" => ("a*", |_, arguments| {
            print::sprint(arguments.all()).map(Value::from)
        }),
        "println" => ("a*", |_, arguments| {
            print::sprintln(arguments.all()).map(Value::from)
        }),
        "printf" => ("sa*", |frame, arguments| printf(frame, arguments)),
        "html" => ("a*", |_, arguments| {
            escape(arguments, |c| match c {
                '"' => Some("&#34;"),
                '\'' => Some("&#39;"),
                '&' => Some("&amp;"),
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                '\0' => Some("\u{fffd}"),
                _ => None,
            })
        }),
        "js" => ("a*", |_, arguments| js(arguments)),
        "urlquery" => ("a*", |_, arguments| {
            let text = print::evaluated(arguments.all())?;
            Ok(super::super::functions::query_escape(&text).into())
        }),
        "call" => ("aa*", |_, arguments| {
            if arguments.get(0).is_nil() {
                Err("call of nil".into())
            } else {
                Err(format!("non-function of type {}", arguments.get(0).type_name()).into())
            }
        }),
        "eq" => ("aa*", |_, arguments| {
            compare::equal_any(arguments.get(0), arguments.from(1)).map(Value::bool)
        }),
        "ne" => ("aa", |_, arguments| {
            compare::equal_any(arguments.get(0), arguments.from(1)).map(|equal| Value::bool(!equal))
        }),
        "lt" => ("aa", |_, arguments| {
            compare::less(arguments.get(0), arguments.get(1)).map(Value::bool)
        }),
        "le" => ("aa", |_, arguments| less_or_equal(arguments, false)),
        "gt" => ("aa", |_, arguments| less_or_equal(arguments, true)),
        "ge" => ("aa", |_, arguments| {
            compare::less(arguments.get(0), arguments.get(1)).map(|less| Value::bool(!less))
        }),
        _ => return None,
    })
}

/// `le`, of which `gt` is the opposite.
fn less_or_equal(arguments: &Arguments, negated: bool) -> Result {
    let (first, second) = (arguments.get(0), arguments.get(1));
    let holds =
        compare::less(first, second)? || compare::equal_any(first, std::slice::from_ref(second))?;
    Ok(Value::bool(holds != negated))
}

fn printf(frame: &mut Frame<'_>, arguments: &Arguments) -> Result {
    let format = arguments.text(0);
    frame.engine.step(format.len())?;
    let text = print::sprintf(&format, arguments.from(1))?;
    let made = Value::from(text);
    // What prints one value and nothing else is that value.
    Ok(match (format.as_str(), arguments.from(1)) {
        ("%s" | "%v" | "%d" | "%q", [only]) => match only.as_text() {
            Some(text) if matches!(format.as_str(), "%s" | "%v") => Value::text(text.clone()),
            _ => made.placed_like(only),
        },
        _ => made,
    })
}

fn len(value: &Value) -> Result {
    Ok(Value::size(match &value.data {
        Data::Text(text) => text.len(),
        Data::List(list) => list.items().len(),
        Data::Map(map) => map.len(),
        Data::Nil => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Data::NilInterface => return Err("len of nil pointer".into()),
        Data::Object(object) => match object.items() {
            Some(items) => items.len(),
            None => return Err(format!("len of type {}", value.type_name()).into()),
        },
        _ => return Err(format!("len of type {}", value.type_name()).into()),
    }))
}

fn index(arguments: &Arguments) -> Result {
    let mut item = arguments.get(0).clone();
    if item.is_nil() {
        return Err("index of untyped nil".into());
    }
    for index in arguments.from(1) {
        item = match &item.data {
            Data::Map(map) => {
                let Some(name) = index.as_text() else {
                    if index.is_nil() {
                        return Err("value is nil; should be of type string".into());
                    }
                    return Err(
                        format!("value has type {}; should be string", index.type_name()).into(),
                    );
                };
                match map.get(name) {
                    Some(value) => value.held(),
                    None if map.of == MapType::Text => Value::from(""),
                    None => Data::NilInterface.into(),
                }
            }
            Data::List(list) => {
                let position = position(index, list.items().len())?;
                let found = list.items().get(position).cloned().map(Value::held);
                found.ok_or("reflect: slice index out of range")?
            }
            Data::Text(text) => {
                let position = position(index, text.len())?;
                let byte = text.as_bytes().get(position).copied();
                let byte = byte.ok_or("reflect: string index out of range")?;
                Data::Integer(i64::from(byte), IntegerType::Uint8).into()
            }
            Data::Nil | Data::NilInterface => return Err("index of nil pointer".into()),
            Data::Object(object) => match object.index(index) {
                Some(value) => value,
                None => {
                    return Err(format!("can't index item of type {}", item.type_name()).into());
                }
            },
            _ => return Err(format!("can't index item of type {}", item.type_name()).into()),
        };
    }
    Ok(item)
}

fn position(index: &Value, length: usize) -> std::result::Result<usize, Refusal> {
    match index.data {
        Data::Integer(value, _) => usize::try_from(value)
            .ok()
            .filter(|position| *position <= length)
            .ok_or_else(|| format!("index out of range: {value}").into()),
        Data::Nil | Data::NilInterface => Err("cannot index slice/array with nil".into()),
        _ => Err(format!("cannot index slice/array with type {}", index.type_name()).into()),
    }
}

fn escape(arguments: &Arguments, replaced: fn(char) -> Option<&'static str>) -> Result {
    let text = print::evaluated(arguments.all())?;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match replaced(character) {
            Some(replacement) => escaped.push_str(replacement),
            None => escaped.push(character),
        }
    }
    Ok(escaped.into())
}

fn js(arguments: &Arguments) -> Result {
    use std::fmt::Write;
    let text = print::evaluated(arguments.all())?;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\'' => escaped.push_str("\\'"),
            '"' => escaped.push_str("\\\""),
            '<' | '>' | '&' | '=' | '\0'..='\x1f' => {
                let _ = write!(escaped, "\\u{:04X}", u32::from(character));
            }
            _ if !character.is_ascii() && !print::is_printable(character) => {
                let _ = write!(escaped, "\\u{:04X}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    Ok(escaped.into())
}

/// A string of bytes that are no text stands for nothing that YAML could hold.
pub(crate) fn bytes_of(text: &Text) -> Value {
    let items = text
        .bytes()
        .map(|byte| Data::Integer(i64::from(byte), IntegerType::Uint8).into())
        .collect();
    Value::list_of(items, Items::Bytes)
}
