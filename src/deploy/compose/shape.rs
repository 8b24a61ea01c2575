//! The long form of what a service holds, as compose-go's `transform` package makes it.

use super::interpolate::{Text, UNKNOWN};
use super::tree::{Entry, Map, Scalar, Tree, Value};
use super::{Problems, shown};
use crate::source::Span;

/// The target of a short volume before it is cleaned, which is what compose-go compares first.
pub const AS_WRITTEN: &str = "target as written";

/// Reports a service name that compose refuses.
pub fn service_name(name: &str, span: Span, problems: &mut Problems) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || !name.bytes().all(fits) {
        let message = "a service's name can only have letters, digits, `.`, `_` and `-`";
        problems.invalid(span, message);
    }
}

/// Brings a field of a service into its long form; null if it is of no use here or not what it must be.
/// What is null stays null: it overrides nothing, and is judged after merging.
pub fn field(service: &str, name: &str, tree: Tree, problems: &mut Problems) -> Tree {
    let span = tree.span;
    if tree.is_null() {
        return tree;
    }
    let place = || format!("`{name}` of service `{}`", shown(service));
    let must_be = |what: &str, tree: &Tree, problems: &mut Problems| {
        problems.invalid(
            tree.span,
            format!("{} must be {what}, not {}", place(), tree.kind_name()),
        );
        empty(name, span)
    };
    match (name, tree.value) {
        ("environment", Value::Map(map)) => {
            Tree::new(span, Value::Map(environment(service, map, problems)))
        }
        ("environment", value @ Value::List(_)) | ("extends", value @ Value::Map(_)) => {
            Tree::new(span, value)
        }
        ("environment", value) => must_be(
            "a mapping or a list of `NAME=value`",
            &Tree::new(span, value),
            problems,
        ),
        (
            "env_file",
            value @ Value::Scalar(Scalar {
                is_string: true, ..
            }),
        ) => {
            let path = map([("path", Tree::new(span, value))], span);
            Tree::new(span, Value::List(vec![path]))
        }
        ("env_file" | "configs" | "secrets" | "volumes" | "profiles", Value::List(items)) => {
            let items = items.into_iter().filter_map(|item| {
                let (item_span, kind) = (item.span, item.kind_name());
                let shaped = match name {
                    "env_file" => keyed("path", item),
                    "configs" | "secrets" => keyed("source", item),
                    "volumes" => volume(item, problems),
                    _ => item.as_string().is_some().then_some(item),
                };
                if shaped.is_none() {
                    let message = format!("an item of {} cannot be {kind}", place());
                    problems.invalid(item_span, message);
                }
                shaped
            });
            let items = items.collect();
            Tree::new(span, Value::List(items))
        }
        ("env_file", value) => must_be(
            "a path or a list of paths",
            &Tree::new(span, value),
            problems,
        ),
        ("configs" | "secrets" | "volumes" | "profiles", value) => {
            must_be("a list", &Tree::new(span, value), problems)
        }
        (
            "extends",
            value @ Value::Scalar(Scalar {
                is_string: true, ..
            }),
        ) => map([("service", Tree::new(span, value))], span),
        ("extends", value) => must_be(
            "a service's name, or `service` and `file`",
            &Tree::new(span, value),
            problems,
        ),
        ("container_name" | "hostname" | "image", value) => match value {
            value @ Value::Scalar(Scalar {
                is_string: true, ..
            }) => Tree::new(span, value),
            value => must_be("a string", &Tree::new(span, value), problems),
        },
        ("networks", Value::List(items)) => {
            let names = items.iter().filter_map(|item| {
                let name = item.as_string()?.text.clone();
                let value = Tree::new(item.span, Value::Null);
                let key = item.span;
                Some((name, Entry { key, value }))
            });
            Tree::new(span, Value::Map(names.collect()))
        }
        ("networks" | "deploy", value @ Value::Map(_))
        | ("extra_hosts", value @ (Value::Map(_) | Value::List(_)))
        | ("links" | "external_links" | "volumes_from", value @ Value::List(_))
        | ("command" | "entrypoint", value @ (Value::Scalar(_) | Value::List(_)))
        | ("network_mode" | "scale", value @ Value::Scalar(_)) => Tree::new(span, value),
        // Only whether there is one matters.
        ("build" | "provider", _) => Tree::string(span, "set"),
        // What else a service has makes no difference to its workload.
        _ => Tree::new(span, Value::Null),
    }
}

/// What stands in for a field that is wrong, so that it is not reported twice.
fn empty(name: &str, span: Span) -> Tree {
    match name {
        "container_name" | "hostname" | "image" => Tree::string(span, "set"),
        "extends" => map([], span),
        _ => Tree::new(span, Value::List(Vec::new())),
    }
}

fn environment(service: &str, map: Map, problems: &mut Problems) -> Map {
    let fits = |name: &String, entry: &Entry| {
        let message = match &entry.value.value {
            _ if name.is_empty() => "a variable's name is empty".to_owned(),
            Value::Null | Value::Scalar(_) => return true,
            _ => format!(
                "the variable `{}` of service `{}` must be a single value, not {}",
                shown(name),
                shown(service),
                entry.value.kind_name()
            ),
        };
        problems.invalid(entry.key, message);
        false
    };
    let mut fits = fits;
    map.into_iter()
        .filter(|(name, entry)| fits(name, entry))
        .collect()
}

fn keyed(key: &str, item: Tree) -> Option<Tree> {
    let span = item.span;
    match item.value {
        value @ Value::Scalar(Scalar {
            is_string: true, ..
        }) => Some(map([(key, Tree::new(span, value))], span)),
        Value::Map(fields)
            if fields
                .get(key)
                .is_some_and(|field| field.value.as_string().is_some()) =>
        {
            Some(Tree::new(span, Value::Map(fields)))
        }
        _ => None,
    }
}

fn map<const N: usize>(fields: [(&str, Tree); N], key: Span) -> Tree {
    let fields = fields.map(|(name, value)| (name.to_owned(), Entry { key, value }));
    Tree::new(key, Value::Map(fields.into_iter().collect()))
}

/// A volume in its long form: `type`, `source` unless it is anonymous, `target`.
fn volume(item: Tree, problems: &mut Problems) -> Option<Tree> {
    let span = item.span;
    let text = match item.value {
        Value::Map(fields) => {
            let is_string = |name| super::tree::string_of(&fields, name).is_some();
            let missing = ["type", "target"].into_iter().find(|name| !is_string(name));
            let bind = super::tree::string_of(&fields, "type")
                .is_some_and(|(kind, _)| kind.text == "bind");
            let missing = missing.or((bind && !is_string("source")).then_some("source"));
            if let Some(missing) = missing {
                problems.invalid(
                    span,
                    format!("a volume in the long form needs `{missing}`, a string"),
                );
                return Some(Tree::new(span, Value::Null));
            }
            return Some(Tree::new(span, Value::Map(fields)));
        }
        Value::Scalar(Scalar {
            text,
            is_string: true,
        }) => text,
        _ => return None,
    };
    match short_volume(&text.text) {
        Ok((source, target)) => {
            let part = |part: &str| {
                let opaque = text.opaque && part.contains(UNKNOWN);
                let text = Text {
                    text: part.to_owned(),
                    opaque,
                };
                Tree::new(
                    span,
                    Value::Scalar(Scalar {
                        text,
                        is_string: true,
                    }),
                )
            };
            let kind = if is_file_path(&source) {
                "bind"
            } else {
                "volume"
            };
            let cleaned = super::merge::clean(&target);
            let mut fields = vec![
                ("type", part(kind)),
                ("target", part(&cleaned)),
                (AS_WRITTEN, part(&target)),
            ];
            if !source.is_empty() {
                fields.push(("source", part(&source)));
            }
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Entry { key: span, value }));
            Some(Tree::new(span, Value::Map(fields.collect())))
        }
        Err(message) => {
            problems.invalid(span, message);
            Some(Tree::new(span, Value::Null))
        }
    }
}

/// The source, which may be empty, and the target of a volume in the short form.
fn short_volume(text: &str) -> Result<(String, String), &'static str> {
    if text.is_empty() {
        return Err("a volume is empty; write `source:target`");
    }
    if text.len() <= 2 {
        return Ok((String::new(), text.to_owned()));
    }
    let mut fields: Vec<String> = Vec::new();
    let mut field = String::new();
    for character in text.chars() {
        let is_drive =
            field.len() == 1 && field.starts_with(|first: char| first.is_ascii_alphabetic());
        if character == ':' && !is_drive {
            fields.push(std::mem::take(&mut field));
        } else {
            field.push(character);
        }
    }
    fields.push(field);
    if fields.iter().any(String::is_empty) {
        return Err("a volume has an empty part between colons; write `source:target`");
    }
    let mut fields = fields.into_iter();
    match (fields.next(), fields.next(), fields.next(), fields.next()) {
        (_, _, _, Some(_)) => Err("a volume has too many colons; write `source:target:options`"),
        (Some(source), Some(target), _, _) => Ok((source, target)),
        (target, _, _, _) => Ok((String::new(), target.unwrap_or_default())),
    }
}

/// Whether a source is a path, not the name of a volume.
fn is_file_path(source: &str) -> bool {
    let mut characters = source.chars();
    let drive = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && characters.next() == Some(':');
    source.starts_with(['.', '/', '~']) || source.starts_with(r"\\") || drive
}
