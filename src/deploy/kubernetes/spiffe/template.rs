//! Templates of SPIFFE IDs: Go's `text/template` as far as such templates use it.
//!
//! SPIRE's controller manager adds no function to Go's own, so nearly every template is text and fields; `index` of a
//! map and strings besides. That is read here; what holds more is for the engine that charts are rendered with.

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::deploy::kubernetes) enum Part {
    Text(String),
    /// A field, by the names on the way to it; as it is written, if nothing is known of it.
    Field {
        path: Vec<String>,
        /// Whether the last name is the key of an `index`: Go gives nothing where that is absent.
        indexed: bool,
        written: String,
    },
}

/// What a field stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::deploy::kubernetes) enum Value<'a> {
    Text(&'a str),
    /// A map that lacks the key.
    Absent,
    /// Only the cluster knows it.
    Unknown,
    /// There is no such field.
    NoField,
}

/// Reads a template.
///
/// # Errors
///
/// What in it is not understood.
pub(in crate::deploy::kubernetes) fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut trims_next = false;
    while let Some((before, after)) = rest.split_once("{{") {
        let close = end_of_action(after).ok_or_else(|| "an action without its `}}`".to_owned())?;
        let (action, behind) = (&after[..close], &after[close + 2..]);
        let inner = action.strip_prefix('-').filter(|inner| starts_blank(inner));
        let mut literal = if trims_next {
            before.trim_start()
        } else {
            before
        };
        if inner.is_some() {
            literal = literal.trim_end();
        }
        push_text(&mut parts, literal);
        let inner = inner.unwrap_or(action);
        let trimmed = inner.strip_suffix('-').filter(|inner| ends_blank(inner));
        trims_next = trimmed.is_some();
        let body = trimmed.unwrap_or(inner).trim();
        if !(body.starts_with("/*") && body.ends_with("*/") && body.len() >= 4) {
            parts.push(self::action(body, &format!("{{{{{action}}}}}"))?);
        }
        rest = behind;
    }
    push_text(
        &mut parts,
        if trims_next { rest.trim_start() } else { rest },
    );
    Ok(parts)
}

/// Where the `}}` of an action is: not in one of its strings.
pub(super) fn end_of_action(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote: Option<u8> = None;
    let mut offset = 0;
    while let Some(byte) = bytes.get(offset) {
        match (quote, byte) {
            (Some(b'"'), b'\\') => offset += 1,
            (Some(open), close) if open == *close => quote = None,
            (None, b'"' | b'`') => quote = Some(*byte),
            (None, b'}') if bytes.get(offset + 1) == Some(&b'}') => return Some(offset),
            _ => {}
        }
        offset += 1;
    }
    None
}

fn starts_blank(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_whitespace())
}

fn ends_blank(text: &str) -> bool {
    text.ends_with(|character: char| character.is_ascii_whitespace())
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Part::Text(last)) = parts.last_mut() {
        last.push_str(text);
    } else {
        parts.push(Part::Text(text.to_owned()));
    }
}

fn action(body: &str, written: &str) -> Result<Part, String> {
    if let Some(text) = string_literal(body) {
        return Ok(Part::Text(text.to_owned()));
    }
    if let Some(arguments) = body.strip_prefix("index").filter(|rest| starts_blank(rest)) {
        let (map, key) = arguments
            .trim()
            .split_once(|character: char| character.is_ascii_whitespace())
            .ok_or_else(|| "an `index` without its key".to_owned())?;
        let mut path = field_path(map)?;
        let key = string_literal(key.trim())
            .ok_or_else(|| "an `index` whose key is no plain string".to_owned())?;
        path.push(key.to_owned());
        return Ok(Part::Field {
            path,
            indexed: true,
            written: written.to_owned(),
        });
    }
    Ok(Part::Field {
        path: field_path(body)?,
        indexed: false,
        written: written.to_owned(),
    })
}

/// A string without escapes.
fn string_literal(text: &str) -> Option<&str> {
    ['"', '`'].iter().find_map(|quote| {
        let inner = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
        (!inner.contains([*quote, '\\'])).then_some(inner)
    })
}

/// `.PodMeta.Name`, `$.PodMeta.Name`
fn field_path(text: &str) -> Result<Vec<String>, String> {
    let fields = text.strip_prefix('$').unwrap_or(text).strip_prefix('.');
    let names: Vec<String> = fields
        .unwrap_or_default()
        .split('.')
        .map(str::to_owned)
        .collect();
    let is_name = |name: &String| {
        !name.is_empty()
            && name
                .chars()
                .all(|character| character.is_alphanumeric() || character == '_')
    };
    if fields.is_some() && names.iter().all(is_name) {
        Ok(names)
    } else {
        Err("an action that is neither a field nor an `index` of one".to_owned())
    }
}

/// Renders a template. What only the cluster knows stays as it is written.
///
/// # Errors
///
/// The field that does not exist.
pub(in crate::deploy::kubernetes) fn render<'a>(
    parts: &[Part],
    value_of: impl Fn(&[String]) -> Value<'a>,
) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Field {
                path,
                indexed,
                written,
            } => match value_of(path) {
                Value::Text(value) => text.push_str(value),
                Value::Absent if *indexed => {}
                Value::Absent => text.push_str("<no value>"),
                Value::Unknown => text.push_str(written),
                Value::NoField => return Err(format!(".{}", path.join("."))),
            },
        }
    }
    Ok(text)
}

/// Whether what a template gives depends on the pod or on the node it runs on.
pub(in crate::deploy::kubernetes) fn depends_on_pod(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Text(_) => false,
        Part::Field { path, .. } => path
            .first()
            .is_some_and(|name| name.starts_with("Pod") || name.starts_with("Node")),
    })
}
