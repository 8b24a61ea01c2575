//! YAML as Helm writes and reads it.

use std::cmp::Ordering;
use std::fmt::Write;
use std::sync::Arc;

use super::super::provenance::{Place, TextBuilder};
use super::super::template::number;
use super::super::template::value::{Data, Item, Items, MAX_VALUE_DEPTH, Map, MapType, Value};
use super::super::template::{Frame, Refusal};
use super::yaml_scalar::{Style, is_printable, style};

type Written = Result<bool, Refusal>;

/// Writes a value as Helm's `toYaml` does; none if it cannot be written.
pub(crate) fn write(
    frame: &mut Frame<'_>,
    value: &Value,
    pretty: bool,
) -> Result<Option<Value>, Refusal> {
    let mut writer = Writer {
        out: TextBuilder::default(),
        pretty,
    };
    let written = writer.node(frame, value, 0, Context::Top, 0)?;
    let text = writer.out.finish();
    let end = text.strip_suffix('\n').map_or(text.len(), str::len);
    Ok(written.then(|| Value::text(text.slice(0..end))))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Top,
    Entry,
    Item,
}

struct Writer {
    out: TextBuilder,
    pretty: bool,
}

impl Writer {
    fn push(&mut self, text: &str, place: Option<Place>) {
        self.out.push(text, None, place);
    }

    fn node(
        &mut self,
        frame: &mut Frame<'_>,
        value: &Value,
        indent: usize,
        context: Context,
        depth: usize,
    ) -> Written {
        if depth > MAX_VALUE_DEPTH {
            return Err("values are nested too deeply to be written as YAML".into());
        }
        frame.engine.step(1)?;
        frame.engine.spend(indent)?;
        match &value.data {
            Data::Map(map) if map.len() > 0 => self.map(frame, map, indent, context, depth),
            Data::List(list) if list.of == Items::Bytes => {
                let message = "kvguard cannot write bytes as YAML".to_owned();
                Err(Refusal::Unsupported(message))
            }
            Data::List(list) if !list.items().is_empty() => {
                self.list(frame, list.items(), indent, context, depth)
            }
            Data::Object(object) => {
                if let Some(plain) = object.plain() {
                    self.node(frame, &plain, indent, context, depth + 1)
                } else {
                    let message = format!("kvguard cannot write a {} as YAML", value.type_name());
                    Err(Refusal::Unsupported(message))
                }
            }
            _ => {
                if context != Context::Top {
                    self.push(" ", None);
                }
                let written = self.scalar(value, indent, context);
                self.push("\n", None);
                Ok(written)
            }
        }
    }

    fn map(
        &mut self,
        frame: &mut Frame<'_>,
        map: &Map,
        indent: usize,
        context: Context,
        depth: usize,
    ) -> Written {
        match context {
            Context::Entry => self.push("\n", None),
            Context::Item => self.push(" ", None),
            Context::Top => {}
        }
        let mut entries = map.to_vec();
        entries.sort_by(|first, second| natural(&first.0, &second.0));
        for (index, (name, item)) in entries.iter().enumerate() {
            if index > 0 || context == Context::Entry {
                self.pad(indent);
            }
            self.key(name, item);
            let inner = match &item.value.data {
                // A list may stand as far left as the key that it belongs to.
                Data::List(_) if !self.pretty => indent,
                _ => indent + 2,
            };
            if !self.node(frame, &item.value, inner, Context::Entry, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn pad(&mut self, indent: usize) {
        self.push(&" ".repeat(indent), None);
    }

    fn key(&mut self, name: &Arc<str>, item: &Item) {
        match style(name, true) {
            Style::Plain => self.push(name, item.key_place),
            Style::Single => {
                let text = format!("'{}'", name.replace('\'', "''"));
                self.push(&text, item.key_place);
            }
            _ => self.push(&double_quoted(name), item.key_place),
        }
        // A key that is long is written with a question mark, which reads as the same.
        self.push(":", None);
    }

    fn list(
        &mut self,
        frame: &mut Frame<'_>,
        items: &[Value],
        indent: usize,
        context: Context,
        depth: usize,
    ) -> Written {
        match context {
            Context::Entry => self.push("\n", None),
            Context::Item => self.push(" ", None),
            Context::Top => {}
        }
        for (index, item) in items.iter().enumerate() {
            if index > 0 || context == Context::Entry {
                self.pad(indent);
            }
            self.push("-", None);
            if !self.node(frame, item, indent + 2, Context::Item, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn scalar(&mut self, value: &Value, indent: usize, context: Context) -> bool {
        match &value.data {
            Data::Bool(flag) => self.push(if *flag { "true" } else { "false" }, value.place),
            Data::Integer(integer, _) => self.push(&integer.to_string(), value.place),
            Data::Float(float) => match yaml_float(*float, self.pretty) {
                Some(text) => self.push(&text, value.place),
                None => return false,
            },
            Data::List(list) if list.nil && !self.pretty => self.push("null", value.place),
            Data::List(_) => self.push("[]", value.place),
            Data::Map(map) if map.of == MapType::Nil && !self.pretty => {
                self.push("null", value.place);
            }
            Data::Map(_) => self.push("{}", value.place),
            Data::Text(text) => match style(text, false) {
                Style::Plain if text.is_empty() => self.push("\"\"", text.value_place()),
                Style::Plain => self.plain(text, indent, context),
                Style::Single => {
                    let quoted = format!("'{}'", text.replace('\'', "''"));
                    let quoted = self.folded(&quoted, indent, context, false);
                    self.push(&quoted, text.value_place());
                }
                Style::Double => {
                    let quoted = self.folded(&double_quoted(text), indent, context, true);
                    self.push(&quoted, text.value_place());
                }
                Style::Literal => {
                    let indent = if context == Context::Top { 2 } else { indent };
                    self.literal(text, indent);
                }
            },
            Data::Nil | Data::NilInterface | Data::Object(_) => self.push("null", value.place),
        }
        true
    }

    /// How far right the line has come, in characters.
    fn column(&self) -> usize {
        let text = self.out.as_str();
        let line = text
            .rfind('\n')
            .map_or(text, |at| text.get(at + 1..).unwrap_or_default());
        line.chars().count()
    }

    /// Without quotes; what is short stays as it is, byte for byte.
    fn plain(&mut self, text: &super::super::provenance::Text, indent: usize, context: Context) {
        let folded = self.folded(text, indent, context, false);
        if folded == text.as_str() {
            self.out.push_slice(text, 0..text.len());
        } else {
            self.push(&folded, text.value_place());
        }
    }

    /// A text with a line break for each first single space past the width of a line.
    fn folded(&self, text: &str, indent: usize, context: Context, escapes: bool) -> String {
        const WIDTH: usize = 80;
        let mut column = self.column();
        if self.pretty || !text.contains(' ') || column + text.len() <= WIDTH {
            return text.to_owned();
        }
        let indent = if context == Context::Top { 2 } else { indent };
        let quoted = text.starts_with(['"', '\'']);
        let mut out = String::with_capacity(text.len() + 16);
        let mut after_space = false;
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let inside = !quoted || (at > 1 && at + 2 < text.len());
            let may_break = escapes || next != Some(' ');
            if character == ' ' && !after_space && column > WIDTH && inside && may_break {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
                if escapes && next == Some(' ') {
                    out.push('\\');
                    column += 1;
                }
            } else {
                out.push(character);
                column += 1;
            }
            after_space = character == ' ';
        }
        out
    }

    fn literal(&mut self, text: &super::super::provenance::Text, indent: usize) {
        let mut header = String::from("|");
        if text.starts_with([' ', '\n']) {
            header.push('2');
        }
        if !text.ends_with('\n') {
            header.push('-');
        } else if text.ends_with("\n\n") || text.as_str() == "\n" {
            header.push('+');
        }
        self.push(&header, None);
        let body = text.strip_suffix('\n').map_or(text.len(), str::len);
        let mut from = 0;
        while from <= body {
            let end = text
                .get(from..body)
                .and_then(|rest| rest.find('\n'))
                .map_or(body, |at| from + at);
            self.push("\n", None);
            if end > from {
                self.pad(indent);
                self.out.push_slice(text, from..end);
            }
            from = end + 1;
        }
    }
}

fn yaml_float(value: f64, pretty: bool) -> Option<String> {
    if pretty {
        return Some(match number::float_general(value).as_str() {
            "+Inf" => ".inf".to_owned(),
            "-Inf" => "-.inf".to_owned(),
            "NaN" => ".nan".to_owned(),
            text => text.to_owned(),
        });
    }
    let json = number::float_json(value)?;
    // What JSON writes without a point is read back as an integer.
    if json
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-')
    {
        let fits = json.parse::<i64>().is_ok() || json.parse::<u64>().is_ok();
        if fits {
            return Some(if json == "-0" { "0".to_owned() } else { json });
        }
    }
    Some(number::float_general(value))
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            _ if is_printable(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02X}"),
                    0x100..=0xffff => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// The order that Go's YAML library writes keys in: numbers in names by their size.
fn natural(first: &str, second: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (first.chars().collect(), second.chars().collect());
    let differ = a.iter().zip(&b).position(|(a, b)| a != b);
    let Some(at) = differ else {
        return a.len().cmp(&b.len());
    };
    let (one, two) = (
        a.get(at).copied().unwrap_or(' '),
        b.get(at).copied().unwrap_or(' '),
    );
    match (one.is_alphabetic(), two.is_alphabetic()) {
        (true, true) => return one.cmp(&two),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let mut start = (0_i64, 0_i64);
    if one == '0' || two == '0' {
        let before = a.get(..at).unwrap_or_default().iter().rev();
        let mut digits = before.take_while(|digit| digit.is_ascii_digit());
        if digits.any(|digit| *digit != '0') {
            start = (1, 1);
        }
    }
    let number = |characters: &[char], start: i64| {
        let digits = characters
            .iter()
            .skip(at)
            .take_while(|c| c.is_ascii_digit());
        digits.fold((start, at), |(value, end), digit| {
            let digit = i64::from(digit.to_digit(10).unwrap_or(0));
            (value.wrapping_mul(10).wrapping_add(digit), end + 1)
        })
    };
    let (first_number, first_end) = number(&a, start.0);
    let (second_number, second_end) = number(&b, start.1);
    first_number
        .cmp(&second_number)
        .then(first_end.cmp(&second_end))
        .then(one.cmp(&two))
}

/// Go's nil mapping.
pub(crate) fn nil_map() -> Value {
    Map::new(MapType::Nil).into()
}

/// An empty mapping, as the functions that read give it.
pub(crate) fn empty_map() -> Map {
    Map::new(MapType::Any)
}
