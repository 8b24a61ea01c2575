//! Constants in templates, as Go writes them.

use std::ops::Range;

use super::super::provenance::{Place, Text};
use super::tree::Number;

/// What a quoted or raw string stands for.
pub(super) fn string(token: &str) -> Option<String> {
    if let Some(raw) = token.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(raw.replace('\r', ""));
    }
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    let is_as_it_is = |byte: u8| !matches!(byte, b'\\' | b'"' | b'\n');
    if inner.bytes().all(is_as_it_is) {
        return Some(inner.to_owned());
    }
    let mut bytes = Vec::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match unescape(character, &mut characters, '"')? {
            Unescaped::Byte(byte) => bytes.push(byte),
            Unescaped::Character(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

enum Unescaped {
    Byte(u8),
    Character(char),
}

fn unescape(first: char, rest: &mut std::str::Chars<'_>, quote: char) -> Option<Unescaped> {
    if first != '\\' {
        return (first != quote && first != '\n').then_some(Unescaped::Character(first));
    }
    let escaped = rest.next()?;
    let mut digits = |count: usize, radix: u32, value: u32| {
        (0..count).try_fold(value, |value, _| {
            Some(value * radix + rest.next()?.to_digit(radix)?)
        })
    };
    Some(Unescaped::Character(match escaped {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        'x' => return Some(Unescaped::Byte(u8::try_from(digits(2, 16, 0)?).ok()?)),
        'u' => char::from_u32(digits(4, 16, 0)?)?,
        'U' => char::from_u32(digits(8, 16, 0)?)?,
        '0'..='7' => {
            let value = digits(2, 8, escaped.to_digit(8)?)?;
            return Some(Unescaped::Byte(u8::try_from(value).ok()?));
        }
        _ if escaped == quote => quote,
        _ => return None,
    }))
}

/// A constant's text, with its place in the template: exact where nothing is escaped.
pub(super) fn placed(origin: &Text, inner: Range<usize>, text: &str) -> Text {
    if origin.get(inner.clone()) == Some(text) {
        return origin.slice(inner);
    }
    match origin.template_span(inner) {
        Some(span) => Text::of_template(text, Place::whole(span)),
        None => Text::from(text),
    }
}

/// What a number or character stands for.
pub(super) fn number(token: &str) -> Result<Number, String> {
    if let Some(inner) = token.strip_prefix('\'') {
        let inner = inner.strip_suffix('\'').unwrap_or(inner);
        let mut characters = inner.chars();
        let value = characters
            .next()
            .and_then(|first| unescape(first, &mut characters, '\''))
            .map(|value| match value {
                Unescaped::Byte(byte) => u32::from(byte),
                Unescaped::Character(character) => u32::from(character),
            });
        let (Some(value), None) = (value, characters.next()) else {
            return Err("malformed character constant".to_owned());
        };
        return Ok(Number {
            integer: Some(i64::from(value)),
            unsigned: Some(u64::from(value)),
            float: Some(f64::from(value)),
            looks_float: false,
            character: true,
        });
    }
    let bad = || Err(format!("bad number syntax: \"{token}\""));
    let unsigned = parse_unsigned(token.strip_prefix('+').unwrap_or(token));
    let integer = parse_integer(token);
    let mut number = Number {
        integer,
        unsigned: if token.starts_with('+') {
            None
        } else {
            unsigned
        },
        float: None,
        looks_float: token.contains(['.', 'e', 'E', 'p', 'P'])
            && (!token.contains(['x', 'X']) || token.contains(['.', 'p', 'P'])),
        character: false,
    };
    if let Some(integer) = integer {
        #[expect(clippy::cast_precision_loss, reason = "as Go converts it")]
        let float = integer as f64;
        number.float = Some(float);
        if integer == 0 {
            number.unsigned = Some(0);
        }
        return Ok(number);
    }
    if let Some(unsigned) = number.unsigned {
        #[expect(clippy::cast_precision_loss, reason = "as Go converts it")]
        let float = unsigned as f64;
        number.float = Some(float);
        return Ok(number);
    }
    let Some(float) = parse_float(token) else {
        return bad();
    };
    if !number.looks_float {
        return Err(format!("integer overflow: \"{token}\""));
    }
    number.float = Some(float);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole and in range"
    )]
    if float.fract() == 0.0 && float.abs() < 9.2e18 {
        number.integer = Some(float as i64);
        number.unsigned = u64::try_from(float as i64).ok();
    }
    Ok(number)
}

/// An integer as Go's `strconv.ParseInt(text, 0, 64)` reads it.
pub(crate) fn parse_integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = i128::from(parse_unsigned(digits)?);
    i64::try_from(if negative { -value } else { value }).ok()
}

fn parse_unsigned(text: &str) -> Option<u64> {
    let lower = text.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits, prefixed) = match lower.as_deref() {
        Some("0x") => (16, text.get(2..)?, true),
        Some("0o") => (8, text.get(2..)?, true),
        Some("0b") => (2, text.get(2..)?, true),
        _ if text.len() > 1 && text.starts_with('0') => (8, text.get(1..)?, true),
        _ => (10, text, false),
    };
    if !underscores_fit(digits, prefixed) {
        return None;
    }
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(&digits, radix).ok()
}

/// An underscore may stand only between digits, or between a prefix and a digit.
fn underscores_fit(digits: &str, prefixed: bool) -> bool {
    let digits = if prefixed {
        digits.strip_prefix('_').unwrap_or(digits)
    } else {
        digits
    };
    !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__")
}

/// A float as Go's `strconv.ParseFloat` reads it, but for hexadecimal ones.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        return text.parse().ok();
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(value)
}
