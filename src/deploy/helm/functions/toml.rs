//! TOML as Helm writes and reads it.

use std::fmt::Write;

use super::super::template::number;
use super::super::template::value::{Data, MAX_VALUE_DEPTH, Map, MapType, Value};
use super::super::template::{Frame, Refusal};
use super::super::values::value_of;
use crate::source::{Fragment, Sources, toml as reader};

/// Writes a mapping as TOML. What cannot be written gives Helm's words instead.
pub(super) fn write(frame: &mut Frame<'_>, value: &Value) -> Result<Value, Refusal> {
    let mut writer = Writer {
        out: String::new(),
        failed: None,
    };
    match &value.data {
        Data::Map(map) => writer.table(frame, &[], map, 0)?,
        Data::Nil | Data::NilInterface => {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        _ => writer.value(frame, value, 0)?,
    }
    Ok(match writer.failed {
        Some(message) => message.into(),
        None => writer.out.into(),
    })
}

struct Writer {
    out: String,
    failed: Option<&'static str>,
}

fn is_table(value: &Value) -> bool {
    matches!(value.data, Data::Map(_))
}

fn is_tables(value: &Value) -> bool {
    value
        .as_list()
        .is_some_and(|items| !items.is_empty() && items.iter().all(is_table))
}

impl Writer {
    fn table(
        &mut self,
        frame: &mut Frame<'_>,
        path: &[String],
        map: &Map,
        depth: usize,
    ) -> Result<(), Refusal> {
        if depth > MAX_VALUE_DEPTH {
            return Err("values are nested too deeply to be written as TOML".into());
        }
        let entries = map.to_vec();
        frame.engine.step(entries.len())?;
        // Plain values come before tables.
        for (name, item) in &entries {
            if is_table(&item.value) || is_tables(&item.value) || item.value.is_nil() {
                continue;
            }
            self.indent(path.len());
            let _ = write!(self.out, "{} = ", key(name));
            self.value(frame, &item.value, depth + 1)?;
            self.out.push('\n');
        }
        for (name, item) in &entries {
            let mut inner = path.to_vec();
            inner.push(key(name));
            if let Some(map) = item.value.as_map() {
                self.header(&inner, "[", "]", path.is_empty());
                self.table(frame, &inner, map, depth + 1)?;
            } else if is_tables(&item.value) {
                for table in item.value.as_list().unwrap_or_default() {
                    self.header(&inner, "[[", "]]", true);
                    if let Some(map) = table.as_map() {
                        self.table(frame, &inner, map, depth + 1)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn header(&mut self, path: &[String], open: &str, close: &str, blank: bool) {
        if blank && !self.out.is_empty() {
            self.out.push('\n');
        }
        self.indent(path.len() - 1);
        let _ = writeln!(self.out, "{open}{}{close}", path.join("."));
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.out.push_str("  ");
        }
    }

    fn value(&mut self, frame: &mut Frame<'_>, value: &Value, depth: usize) -> Result<(), Refusal> {
        if depth > MAX_VALUE_DEPTH {
            return Err("values are nested too deeply to be written as TOML".into());
        }
        frame.engine.step(1)?;
        match &value.data {
            Data::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Data::Integer(value, _) => {
                let _ = write!(self.out, "{value}");
            }
            Data::Float(value) => self.out.push_str(&float(*value)),
            Data::Text(text) => self.string(text),
            Data::List(list) => {
                self.out.push('[');
                for (index, item) in list.items().iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    if item.is_nil() {
                        self.failed = Some("toml: cannot encode array with nil element");
                    }
                    self.value(frame, item, depth + 1)?;
                }
                self.out.push(']');
            }
            Data::Map(map) => {
                self.out.push('{');
                let entries = map.to_vec();
                let present = entries.iter().filter(|(_, item)| !item.value.is_nil());
                for (index, (name, item)) in present.enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    let _ = write!(self.out, "{} = ", key(name));
                    self.value(frame, &item.value, depth + 1)?;
                }
                self.out.push('}');
            }
            Data::Nil | Data::NilInterface => {}
            Data::Object(object) => {
                if let Some(plain) = object.plain() {
                    self.value(frame, &plain, depth + 1)?;
                } else {
                    let message = format!("kvguard cannot write a {} as TOML", value.type_name());
                    return Err(Refusal::Unsupported(message));
                }
            }
        }
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\0'..='\x1f' | '\x7f' => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(character));
                }
                _ => self.out.push(character),
            }
        }
        self.out.push('"');
    }
}

fn float(value: f64) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() {
            "-nan"
        } else {
            "nan"
        }
        .to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let text = number::float_fixed(value, None);
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(bare) {
        return name.to_owned();
    }
    let mut writer = Writer {
        out: String::new(),
        failed: None,
    };
    writer.string(name);
    writer.out
}

/// Reads TOML; whole numbers stay whole.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let fragment = Fragment::of_source(&sources, id);
    let documents = reader::read(&fragment);
    if let Some(problem) = documents.problems.first() {
        let line = sources.location(problem.span).line;
        return Err(format!("toml: line {line}: {}", problem.message));
    }
    Ok(match documents.roots.first() {
        Some(root) => typed(&sources, root),
        None => Map::new(MapType::Any).into(),
    })
}

fn typed(sources: &Sources, node: &crate::source::Node) -> Value {
    use crate::source::{ScalarKind, Value as Written};
    match &node.value {
        Written::Scalar(scalar) if scalar.kind == ScalarKind::Integer => {
            let plain = scalar.text.replace('_', "");
            let value = super::super::template::literal::parse_integer(&plain);
            Value::int64(value.unwrap_or(0))
        }
        Written::Sequence(items) => {
            Value::list(items.iter().map(|item| typed(sources, item)).collect())
        }
        Written::Mapping(mapping) => {
            let map = Map::new(MapType::Any);
            for entry in mapping.entries() {
                map.insert(&*entry.key.text, typed(sources, &entry.value));
            }
            map.into()
        }
        Written::Scalar(_) => Value {
            place: None,
            data: match value_of(sources, node).data {
                Data::Text(text) => Data::Text(text.to_string().into()),
                data => data,
            },
        },
    }
}
