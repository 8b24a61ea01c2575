//! Sprig's functions on strings.

use super::super::provenance::{Text, TextBuilder};
use super::super::template::print;
use super::super::template::value::{Data, Map, MapType, Value};
use super::super::template::{Arguments, Frame, Refusal};
use super::{Function, Outcome, no_text, out_of_range, text_shapes, words};
use crate::source::bytes::{line_breaks, position};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("hello", "", |_, _| Ok("Hello!".into())),
    Function::new("trim", "s", |_, a| Ok(trimmed(&a.text(0), str::trim))),
    Function::new("upper", "s", |_, a| derived(&a.text(0), words::upper_all)),
    Function::new("lower", "s", |_, a| derived(&a.text(0), words::lower_all)),
    Function::new("title", "s", |_, a| derived(&a.text(0), words::title)),
    Function::new("untitle", "s", |_, a| derived(&a.text(0), words::untitle)),
    Function::new("nospace", "s", |_, a| derived(&a.text(0), words::nospace)),
    Function::new("initials", "s", |_, a| derived(&a.text(0), words::initials)),
    Function::new("swapcase", "s", |_, a| {
        derived(&a.text(0), words::swap_case)
    }),
    Function::new("snakecase", "s", |_, a| {
        derived(&a.text(0), |text| words::delimited(text, '_'))
    }),
    Function::new("kebabcase", "s", |_, a| {
        derived(&a.text(0), |text| words::delimited(text, '-'))
    }),
    Function::new("camelcase", "s", |_, a| derived(&a.text(0), words::pascal)),
    Function::new("trimAll", "ss", |_, a| Ok(trim_all(&a.text(0), &a.text(1)))),
    Function::new("trimall", "ss", |_, a| Ok(trim_all(&a.text(0), &a.text(1)))),
    Function::new("trimSuffix", "ss", |_, a| {
        let (suffix, text) = (a.text(0), a.text(1));
        Ok(trimmed(&text, |t| {
            t.strip_suffix(suffix.as_str()).unwrap_or(t)
        }))
    }),
    Function::new("trimPrefix", "ss", |_, a| {
        let (prefix, text) = (a.text(0), a.text(1));
        Ok(trimmed(&text, |t| {
            t.strip_prefix(prefix.as_str()).unwrap_or(t)
        }))
    }),
    Function::new("contains", "ss", |_, a| {
        Ok(Value::bool(a.text(1).contains(a.text(0).as_str())))
    }),
    Function::new("hasPrefix", "ss", |_, a| {
        Ok(Value::bool(a.text(1).starts_with(a.text(0).as_str())))
    }),
    Function::new("hasSuffix", "ss", |_, a| {
        Ok(Value::bool(a.text(1).ends_with(a.text(0).as_str())))
    }),
    Function::new("quote", "a*", quote),
    Function::new("squote", "a*", squote),
    Function::new("cat", "a*", cat),
    Function::new("indent", "is", |frame, a| {
        indent(frame, a.int(0), &a.text(1), false)
    }),
    Function::new("nindent", "is", |frame, a| {
        indent(frame, a.int(0), &a.text(1), true)
    }),
    Function::new("replace", "sss", replace),
    Function::new("plural", "ssi", |_, a| {
        Ok(Value::text(a.text(usize::from(a.int(2) != 1))))
    }),
    Function::new("toString", "a", |_, a| {
        Ok(match a.get(0).as_text() {
            Some(text) => Value::text(text.clone()),
            None => Value::from(text_of(a.get(0))?).placed_like(a.get(0)),
        })
    }),
    Function::new("toStrings", "a", |_, a| {
        Ok(Value::texts(texts_of(a.get(0))?))
    }),
    Function::new("repeat", "is", repeat),
    Function::new("substr", "iis", |_, a| {
        substring(a.int(0), a.int(1), &a.text(2))
    }),
    Function::new("trunc", "is", |_, a| trunc(a.int(0), &a.text(1))),
    Function::new("abbrev", "is", |_, a| {
        text_shapes::abbreviated(0, a.int(0), &a.text(1)).map(Value::from)
    }),
    Function::new("abbrevboth", "iis", |_, a| {
        text_shapes::abbreviated_both(a.int(0), a.int(1), &a.text(2)).map(Value::from)
    }),
    Function::new("wrap", "is", |_, a| {
        Ok(text_shapes::wrapped(&a.text(1), a.int(0), "\n", false).into())
    }),
    Function::new("wrapWith", "iss", |_, a| {
        Ok(text_shapes::wrapped(&a.text(2), a.int(0), &a.text(1), true).into())
    }),
    Function::new("join", "sa", |frame, a| {
        let parts = texts_of(a.get(1))?;
        let mut builder = TextBuilder::default();
        for (index, part) in parts.iter().enumerate() {
            frame.engine.spend(part.len() + a.text(0).len())?;
            if index > 0 {
                builder.push_slice(&a.text(0), 0..a.text(0).len());
            }
            builder.push_slice(part, 0..part.len());
        }
        Ok(Value::text(builder.finish()))
    }),
    Function::new("split", "ss", |_, a| {
        Ok(numbered(split(&a.text(1), &a.text(0), None)))
    }),
    Function::new("splitn", "sis", |_, a| {
        Ok(match a.int(1) {
            0 => numbered(Vec::new()),
            count => numbered(split(&a.text(2), &a.text(0), usize::try_from(count).ok())),
        })
    }),
    Function::new("splitList", "ss", |_, a| {
        Ok(Value::texts(split(&a.text(1), &a.text(0), None)))
    }),
    Function::new("sortAlpha", "a", |_, a| {
        let mut texts = match a.get(0).data {
            Data::List(_) => texts_of(a.get(0))?,
            _ => vec![Text::from(text_of(a.get(0))?)],
        };
        texts.sort_by(|first, second| first.as_str().cmp(second.as_str()));
        Ok(Value::texts(texts))
    }),
    Function::new("shuffle", "s", |_, a| Ok(Value::text(a.text(0)))),
];

fn derived(text: &Text, made: impl FnOnce(&str) -> String) -> Outcome {
    Ok(Value::text(Text::derived(made(text), text)))
}

fn trimmed(text: &Text, kept: impl Fn(&str) -> &str) -> Value {
    let part = kept(text);
    let start = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    if start > text.len() {
        return Value::from(part);
    }
    Value::text(text.slice(start..start + part.len()))
}

fn trim_all(cut: &str, text: &Text) -> Value {
    trimmed(text, |text| text.trim_matches(|c| cut.contains(c)))
}

/// A value as a string, as Sprig's `strval` has it.
pub(super) fn text_of(value: &Value) -> Result<String, Refusal> {
    print::plain(value)
}

/// The items of a list as strings, without those that are nothing.
pub(super) fn texts_of(value: &Value) -> Result<Vec<Text>, Refusal> {
    let as_text = |value: &Value| match value.as_text() {
        Some(text) => Ok(text.clone()),
        None => Value::from(text_of(value)?)
            .placed_like(value)
            .as_text()
            .cloned()
            .ok_or_else(out_of_range),
    };
    match &value.data {
        Data::Nil | Data::NilInterface => Ok(Vec::new()),
        Data::List(list) => list
            .items()
            .iter()
            .filter(|item| !item.is_nil())
            .map(as_text)
            .collect(),
        Data::Object(object) => match object.items() {
            Some(items) => items.iter().map(|(_, item)| as_text(item)).collect(),
            None => Ok(vec![as_text(value)?]),
        },
        _ => Ok(vec![as_text(value)?]),
    }
}

fn quote(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    quoted(arguments, |value| Ok(print::quoted(&text_of(value)?)))
}

fn squote(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    quoted(arguments, |value| Ok(format!("'{}'", print::plain(value)?)))
}

fn quoted(arguments: &Arguments, quote: impl Fn(&Value) -> Result<String, Refusal>) -> Outcome {
    let given: Vec<&Value> = arguments.all().iter().filter(|v| !v.is_nil()).collect();
    let parts = given.iter().map(|value| quote(value));
    let joined = Value::from(parts.collect::<Result<Vec<_>, _>>()?.join(" "));
    Ok(match given.as_slice() {
        [only] => match (only.as_text(), joined.as_text()) {
            (Some(origin), Some(made)) => Value::text(Text::derived(made.to_string(), origin)),
            _ => joined.placed_like(only),
        },
        _ => joined,
    })
}

fn cat(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let given = arguments.all().iter().filter(|value| !value.is_nil());
    let parts: Result<Vec<String>, Refusal> = given.map(print::plain).collect();
    Ok(parts?.join(" ").into())
}

fn indent(frame: &mut Frame<'_>, spaces: i64, text: &Text, breaks: bool) -> Outcome {
    let Ok(spaces) = usize::try_from(spaces) else {
        return Err("strings: negative Repeat count".into());
    };
    let lines = 1 + line_breaks(text.as_bytes());
    frame.engine.spend(spaces.saturating_mul(lines))?;
    let pad = " ".repeat(spaces);
    let mut builder = TextBuilder::with_capacity(text.len() + spaces * lines + 1);
    if breaks {
        builder.push_str("\n");
    }
    builder.push_str(&pad);
    let mut from = 0;
    while let Some(length) = position(&text.as_bytes()[from..], b'\n') {
        let next = from + length + 1;
        builder.push_slice(text, from..next);
        builder.push_str(&pad);
        from = next;
    }
    builder.push_slice(text, from..text.len());
    Ok(Value::text(builder.finish()))
}

fn replace(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let (old, new, text) = (arguments.text(0), arguments.text(1), arguments.text(2));
    let count = text.matches(old.as_str()).count();
    frame
        .engine
        .spend(text.len().saturating_add(count.saturating_mul(new.len())))?;
    if old.is_empty() {
        return derived(&text, |text| text.replace("", new.as_str()));
    }
    let mut builder = TextBuilder::default();
    let mut from = 0;
    for (at, found) in text.match_indices(old.as_str()) {
        builder.push_slice(&text, from..at);
        builder.push_slice(&new, 0..new.len());
        from = at + found.len();
    }
    builder.push_slice(&text, from..text.len());
    Ok(Value::text(builder.finish()))
}

fn repeat(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let text = arguments.text(1);
    let Ok(count) = usize::try_from(arguments.int(0)) else {
        return Err("strings: negative Repeat count".into());
    };
    frame.engine.spend(text.len().saturating_mul(count))?;
    if text.is_empty() {
        return Ok("".into());
    }
    derived(&text, |text| text.repeat(count))
}

fn bytes(text: &Text, start: i64, end: i64) -> Outcome {
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(out_of_range());
    };
    if start > end || end > text.len() {
        return Err(out_of_range());
    }
    if text.get(start..end).is_none() {
        return Err(no_text());
    }
    Ok(Value::text(text.slice(start..end)))
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

fn substring(start: i64, end: i64, text: &Text) -> Outcome {
    if start < 0 {
        return bytes(text, 0, end);
    }
    if end < 0 || end > length(text) {
        return bytes(text, start, length(text));
    }
    bytes(text, start, end)
}

fn trunc(count: i64, text: &Text) -> Outcome {
    let length = length(text);
    if count < 0 && length.saturating_add(count) > 0 {
        return bytes(text, length + count, length);
    }
    if count >= 0 && length > count {
        return bytes(text, 0, count);
    }
    Ok(Value::text(text.clone()))
}

/// The parts between separators; an empty separator splits into characters.
fn split(text: &Text, separator: &str, most: Option<usize>) -> Vec<Text> {
    let most = most.unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut from = 0;
    if separator.is_empty() {
        for (at, character) in text.char_indices() {
            if parts.len() + 1 >= most {
                break;
            }
            from = at + character.len_utf8();
            parts.push(text.slice(at..from));
        }
        if from < text.len() {
            parts.push(text.slice(from..text.len()));
        }
        return parts;
    }
    for (at, found) in text.match_indices(separator) {
        if parts.len() + 1 >= most {
            break;
        }
        parts.push(text.slice(from..at));
        from = at + found.len();
    }
    parts.push(text.slice(from..text.len()));
    parts
}

fn numbered(parts: Vec<Text>) -> Value {
    let map = Map::new(MapType::Text);
    for (index, part) in parts.into_iter().enumerate() {
        map.insert(format!("_{index}"), Value::text(part));
    }
    map.into()
}
