//! JSON as Go's `encoding/json` writes and reads it.

use std::fmt::Write;

use super::super::provenance::{Place, Text, TextBuilder};
use super::super::template::number;
use super::super::template::value::{Data, Items, MAX_VALUE_DEPTH, Map, MapType, Value};
use super::super::template::{Frame, Refusal};

/// How to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) pretty: bool,
    /// Whether `<`, `>` and `&` are written as escapes.
    pub(crate) escapes_html: bool,
}

/// A value as JSON; none if JSON cannot hold it.
pub(crate) fn write(
    frame: &mut Frame<'_>,
    value: &Value,
    style: Style,
) -> Result<Option<Text>, Refusal> {
    let mut out = TextBuilder::default();
    let complete = node(frame, &mut out, value, style, 0)?;
    Ok(complete.then(|| out.finish()))
}

fn line(out: &mut TextBuilder, style: Style, depth: usize) {
    if style.pretty {
        out.push_str("\n");
        for _ in 0..depth {
            out.push_str("  ");
        }
    }
}

/// A value's place, of which no byte stands for just one of what is written.
fn whole(place: Option<Place>) -> Option<Place> {
    place.map(|place| Place::whole(place.span))
}

fn node(
    frame: &mut Frame<'_>,
    out: &mut TextBuilder,
    value: &Value,
    style: Style,
    depth: usize,
) -> Result<bool, Refusal> {
    if depth > MAX_VALUE_DEPTH {
        return Err("values are nested too deeply to be written as JSON".into());
    }
    frame.engine.step(1)?;
    let place = whole(value.place);
    match &value.data {
        Data::Nil | Data::NilInterface => out.push("null", None, place),
        Data::Bool(value) => out.push(if *value { "true" } else { "false" }, None, place),
        Data::Integer(value, _) => out.push(&value.to_string(), None, place),
        Data::Float(value) => match number::float_json(*value) {
            Some(text) => out.push(&text, None, place),
            None => return Ok(false),
        },
        Data::Text(text) => out.push(
            &string(text, style.escapes_html),
            None,
            whole(text.value_place()),
        ),
        Data::List(list) if list.nil => out.push_str("null"),
        Data::List(list) if list.of == Items::Bytes => {
            let bytes: Vec<u8> = list
                .items()
                .iter()
                .map(|item| u8::try_from(super::math::integer_of(item)).unwrap_or(0))
                .collect();
            out.push_str(&string(&super::encoding::base64(&bytes), false));
        }
        Data::List(list) => {
            out.push_str("[");
            for (index, item) in list.items().iter().enumerate() {
                if index > 0 {
                    out.push_str(",");
                }
                line(out, style, depth + 1);
                if !node(frame, out, item, style, depth + 1)? {
                    return Ok(false);
                }
            }
            if !list.items().is_empty() {
                line(out, style, depth);
            }
            out.push_str("]");
        }
        Data::Map(map) if map.of == MapType::Nil => out.push_str("null"),
        Data::Map(map) => {
            out.push_str("{");
            let entries = map.to_vec();
            for (index, (name, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(",");
                }
                line(out, style, depth + 1);
                out.push_str(&string(name, style.escapes_html));
                out.push_str(if style.pretty { ": " } else { ":" });
                if !node(frame, out, &item.value, style, depth + 1)? {
                    return Ok(false);
                }
            }
            if !entries.is_empty() {
                line(out, style, depth);
            }
            out.push_str("}");
        }
        Data::Object(object) => {
            if let Some(plain) = object.plain() {
                return node(frame, out, &plain, style, depth + 1);
            }
            let message = format!("kvguard cannot write a {} as JSON", value.type_name());
            return Err(Refusal::Unsupported(message));
        }
    }
    Ok(true)
}

fn string(text: &str, escapes_html: bool) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' if escapes_html => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Reads JSON.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.unexpected("after top-level value"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn unexpected(&self, place: &str) -> String {
        if self.rest().is_empty() {
            "unexpected end of JSON input".to_owned()
        } else {
            format!("invalid character {place}")
        }
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_VALUE_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.space();
        let words = [
            ("null", Value::NIL),
            ("true", Value::bool(true)),
            ("false", Value::bool(false)),
        ];
        for (word, value) in words {
            if self.take(word) {
                return Ok(value);
            }
        }
        match self.rest().bytes().next() {
            Some(b'"') => self.string().map(Value::from),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.map(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.take("]") {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.take("]") {
                return Ok(Value::list(items));
            }
            if !self.take(",") {
                return Err(self.unexpected("after array element"));
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let map = Map::new(MapType::Any);
        self.space();
        if self.take("}") {
            return Ok(map.into());
        }
        loop {
            self.space();
            if !self.rest().starts_with('"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let name = self.string()?;
            self.space();
            if !self.take(":") {
                return Err(self.unexpected("after object key"));
            }
            let value = self.value(depth + 1)?;
            map.insert(name, value);
            self.space();
            if self.take("}") {
                return Ok(map.into());
            }
            if !self.take(",") {
                return Err(self.unexpected("after object key:value pair"));
            }
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let rest = self.rest();
        let mut length = usize::from(rest.starts_with('-'));
        let digits = |from: usize| {
            let tail = rest.get(from..).unwrap_or_default();
            tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len()
        };
        let whole = digits(length);
        let zero = rest.get(length..).is_some_and(|tail| tail.starts_with('0'));
        if whole == 0 {
            return Err(self.unexpected("in numeric literal"));
        }
        length += if zero { 1 } else { whole };
        if rest.get(length..).is_some_and(|tail| tail.starts_with('.')) {
            let fraction = digits(length + 1);
            if fraction == 0 {
                return Err(self.unexpected("after decimal point in numeric literal"));
            }
            length += 1 + fraction;
        }
        if rest
            .get(length..)
            .is_some_and(|tail| tail.starts_with(['e', 'E']))
        {
            length += 1;
            if rest
                .get(length..)
                .is_some_and(|tail| tail.starts_with(['+', '-']))
            {
                length += 1;
            }
            let exponent = digits(length);
            if exponent == 0 {
                return Err(self.unexpected("in exponent of numeric literal"));
            }
            length += exponent;
        }
        let text = rest.get(..length).unwrap_or_default();
        let value: f64 = text.parse().map_err(|_| "invalid number".to_owned())?;
        if !value.is_finite() {
            return Err("number out of range".to_owned());
        }
        self.at += length;
        Ok(Value::float(value))
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let Some(character) = rest.chars().next() else {
                return Err(self.unexpected("in string literal"));
            };
            self.at += character.len_utf8();
            match character {
                '"' => return Ok(out),
                '\\' => self.escape(&mut out)?,
                '\0'..='\x1f' => return Err("invalid character in string literal".to_owned()),
                _ => out.push(character),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), String> {
        let rest = self.rest();
        let Some(escaped) = rest.chars().next() else {
            return Err(self.unexpected("in string escape code"));
        };
        self.at += escaped.len_utf8();
        out.push(match escaped {
            '"' | '\\' | '/' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.hexadecimal()?;
                let is_high = (0xd800..0xdc00).contains(&high);
                if is_high && self.rest().starts_with("\\u") {
                    let before = self.at;
                    self.at += 2;
                    let low = self.hexadecimal()?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        char::from_u32(code).unwrap_or('\u{fffd}')
                    } else {
                        self.at = before;
                        '\u{fffd}'
                    }
                } else {
                    char::from_u32(high).unwrap_or('\u{fffd}')
                }
            }
            _ => return Err("invalid character in string escape code".to_owned()),
        });
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let digits = self
            .rest()
            .get(..4)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(value) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return Err("invalid character in \\u hexadecimal character escape".to_owned());
        };
        self.at += 4;
        Ok(value)
    }
}
