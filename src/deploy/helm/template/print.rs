//! Prints values as Go's `fmt` does.

mod scalars;

use std::fmt::Write;

use scalars::{fraction, pad, string, whole};
pub(crate) use scalars::{is_printable, quoted};

use super::execute::Refusal;
use super::value::{Data, MAX_VALUE_DEPTH, Value};

type Result<T> = std::result::Result<T, Refusal>;

/// The most that a width or precision may ask for.
const MAX_WIDTH: usize = 1_000_000;

/// As an action prints it.
pub(super) fn printed(value: &Value) -> Result<String> {
    if value.is_nil() {
        return Ok("<no value>".to_owned());
    }
    plain(value)
}

/// As `%v` prints it.
pub(crate) fn plain(value: &Value) -> Result<String> {
    let mut out = String::new();
    formatted(&mut out, 'v', &Flags::default(), value, 0)?;
    Ok(out)
}

/// What `print` gives: spaces only between two that are no strings.
pub(crate) fn sprint(values: &[Value]) -> Result<String> {
    let mut out = String::new();
    let mut after_text = true;
    for value in values {
        let is_text = value.as_text().is_some();
        if !is_text && !after_text {
            out.push(' ');
        }
        after_text = is_text;
        formatted(&mut out, 'v', &Flags::default(), value, 0)?;
    }
    Ok(out)
}

/// What `println` gives.
pub(super) fn sprintln(values: &[Value]) -> Result<String> {
    let mut out = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        formatted(&mut out, 'v', &Flags::default(), value, 0)?;
    }
    out.push('\n');
    Ok(out)
}

/// What `html` and the like work on.
pub(super) fn evaluated(values: &[Value]) -> Result<String> {
    match values {
        [only] if only.is_nil() => Ok("<no value>".to_owned()),
        _ => sprint(values),
    }
}

#[expect(clippy::struct_excessive_bools, reason = "independent flags")]
#[derive(Debug, Clone, Default)]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// What `printf` gives.
pub(crate) fn sprintf(format: &str, values: &[Value]) -> Result<String> {
    let mut out = String::new();
    let mut rest = format.chars().peekable();
    let mut next = 0;
    let mut reordered = false;
    while let Some(character) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let mut flags = Flags::default();
        while let Some(flag) = rest.peek() {
            match flag {
                '-' => {
                    flags.minus = true;
                    flags.zero = false;
                }
                '+' => flags.plus = true,
                '#' => flags.sharp = true,
                ' ' => flags.space = true,
                '0' => flags.zero = !flags.minus,
                _ => break,
            }
            rest.next();
        }
        position(&mut rest, &mut next, &mut reordered);
        flags.width = size(&mut out, &mut rest, values, &mut next, &mut flags.minus)?;
        if rest.peek() == Some(&'.') {
            rest.next();
            position(&mut rest, &mut next, &mut reordered);
            let mut negative = false;
            let precision = size(&mut out, &mut rest, values, &mut next, &mut negative)?;
            flags.precision = if negative {
                None
            } else {
                Some(precision.unwrap_or(0))
            };
        }
        position(&mut rest, &mut next, &mut reordered);
        match rest.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match values.get(next) {
                Some(value) => {
                    next += 1;
                    formatted(&mut out, verb, &flags, value, 0)?;
                }
                None if reordered => {
                    let _ = write!(out, "%!{verb}(BADINDEX)");
                }
                None => {
                    let _ = write!(out, "%!{verb}(MISSING)");
                }
            },
        }
    }
    if !reordered && next < values.len() {
        out.push_str("%!(EXTRA ");
        for (index, value) in values.iter().enumerate().skip(next) {
            if index > next {
                out.push_str(", ");
            }
            if value.is_nil() {
                out.push_str("<nil>");
            } else {
                out.push_str(value.type_name());
                out.push('=');
                formatted(&mut out, 'v', &Flags::default(), value, 0)?;
            }
        }
        out.push(')');
    }
    Ok(out)
}

/// `[n]`, which names the next argument.
fn position(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    next: &mut usize,
    reordered: &mut bool,
) {
    if rest.peek() != Some(&'[') {
        return;
    }
    *reordered = true;
    rest.next();
    let mut number = 0_usize;
    for character in rest.by_ref() {
        match character.to_digit(10) {
            Some(digit) => number = number.saturating_mul(10).saturating_add(digit as usize),
            None => break,
        }
    }
    *next = number.checked_sub(1).unwrap_or(usize::MAX);
}

/// A width or precision: digits, or `*` for an argument.
fn size(
    out: &mut String,
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    values: &[Value],
    next: &mut usize,
    minus: &mut bool,
) -> Result<Option<usize>> {
    let too_large = || Refusal::from("a width or precision that is too large");
    if rest.peek() == Some(&'*') {
        rest.next();
        let value = values.get(*next);
        *next = next.saturating_add(1);
        let Some(Data::Integer(width, _)) = value.map(|value| &value.data) else {
            out.push_str("%!(BADWIDTH)");
            return Ok(None);
        };
        if *width < 0 {
            *minus = true;
        }
        let width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        return if width > MAX_WIDTH {
            out.push_str("%!(BADWIDTH)");
            Ok(None)
        } else {
            Ok(Some(width))
        };
    }
    let mut number = None;
    while let Some(digit) = rest.peek().and_then(|digit| digit.to_digit(10)) {
        rest.next();
        let value = number.unwrap_or(0_usize) * 10 + digit as usize;
        if value > MAX_WIDTH {
            return Err(too_large());
        }
        number = Some(value);
    }
    Ok(number)
}

fn formatted(
    out: &mut String,
    verb: char,
    flags: &Flags,
    value: &Value,
    depth: usize,
) -> Result<()> {
    if depth > MAX_VALUE_DEPTH {
        return Err("values are nested too deeply to be printed".into());
    }
    let plain_signs;
    let flags = if verb == 'v' && flags.plus {
        // Of `%+v`, the sign is not about numbers.
        plain_signs = Flags {
            plus: false,
            ..flags.clone()
        };
        &plain_signs
    } else {
        flags
    };
    if verb == 'T' {
        pad(out, flags, value.type_name());
        return Ok(());
    }
    match &value.data {
        Data::Nil | Data::NilInterface => match verb {
            _ if depth > 0 && !(flags.sharp && verb == 'v') => out.push_str("<nil>"),
            'v' if depth == 0 || !flags.sharp => pad(out, flags, "<nil>"),
            'v' => out.push_str("interface {}(nil)"),
            _ => {
                let _ = write!(out, "%!{verb}(<nil>)");
            }
        },
        Data::Bool(value) if matches!(verb, 't' | 'v') => {
            pad(out, flags, if *value { "true" } else { "false" });
        }
        Data::Integer(integer, kind) => {
            if !whole(out, verb, flags, *integer, *kind) {
                bad_verb(out, verb, value)?;
            }
        }
        Data::Float(float) => {
            if !fraction(out, verb, flags, *float) {
                bad_verb(out, verb, value)?;
            }
        }
        Data::Text(text) => {
            if !string(out, verb, flags, text) {
                bad_verb(out, verb, value)?;
            }
        }
        Data::List(list) => {
            if verb == 'v' && flags.sharp {
                out.push_str(value.type_name());
                out.push('{');
            } else {
                out.push('[');
            }
            for (index, item) in list.items().iter().enumerate() {
                if index > 0 {
                    out.push_str(if flags.sharp && verb == 'v' {
                        ", "
                    } else {
                        " "
                    });
                }
                formatted(out, verb, flags, item, depth + 1)?;
            }
            out.push(if flags.sharp && verb == 'v' { '}' } else { ']' });
        }
        Data::Map(map) => {
            let sharp = flags.sharp && verb == 'v';
            if sharp {
                out.push_str(value.type_name());
                out.push('{');
            } else {
                out.push_str("map[");
            }
            for (index, (name, item)) in map.to_vec().into_iter().enumerate() {
                if index > 0 {
                    out.push_str(if sharp { ", " } else { " " });
                }
                formatted(out, verb, flags, &Value::from(&*name), depth + 1)?;
                out.push(':');
                formatted(out, verb, flags, &item.value, depth + 1)?;
            }
            out.push(if sharp { '}' } else { ']' });
        }
        Data::Object(object) => match object.printed() {
            Some(text) => {
                if !string(out, verb, flags, &text) {
                    let _ = write!(out, "%!{verb}({}={text})", value.type_name());
                }
            }
            None => {
                return Err(Refusal::Unsupported(format!(
                    "kvguard cannot print a {}",
                    value.type_name()
                )));
            }
        },
        Data::Bool(_) => bad_verb(out, verb, value)?,
    }
    Ok(())
}

fn bad_verb(out: &mut String, verb: char, value: &Value) -> Result<()> {
    let _ = write!(out, "%!{verb}({}=", value.type_name());
    formatted(out, 'v', &Flags::default(), value, 0)?;
    out.push(')');
    Ok(())
}
