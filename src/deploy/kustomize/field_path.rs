//! The paths by which transformers find the fields they write: `spec/template/metadata/labels`.

use crate::source::{Entry, Key, Mapping, Node, Scalar, ScalarKind, Span, Value};

use super::context::{Outcome, refuse};
use super::resource::{Gvk, split_api_version, text_at};

/// A field of some kinds of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    /// The objects that have it.
    pub gvk: Gvk,
    /// Where it is.
    pub path: String,
    parts: Vec<String>,
    /// Whether it is made where it is missing.
    pub create: bool,
}

impl FieldSpec {
    pub fn new(gvk: Gvk, path: &str, create: bool) -> Self {
        let parts = split(path, '/');
        Self {
            gvk,
            path: path.to_owned(),
            parts,
            create,
        }
    }

    /// A field of objects of every kind.
    pub fn of_all(path: &str, create: bool) -> Self {
        Self::new(Gvk::default(), path, create)
    }

    /// Whether an object is of a kind that has the field.
    pub fn applies_to(&self, node: &Node) -> bool {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        if !fits(&self.gvk.kind, text_at(node, &["kind"])) {
            return false;
        }
        let (group, version) = split_api_version(text_at(node, &["apiVersion"]));
        fits(&self.gvk.group, group) && fits(&self.gvk.version, version)
    }

    /// Calls `set` for each place in the object that the path leads to.
    pub fn visit(&self, node: &mut Node, make: Make, span: Span, set: Setter<'_>) -> Outcome {
        if !self.applies_to(node) {
            return Ok(());
        }
        self.visit_anyway(node, make, span, set)
    }

    /// The same, whatever kind the object is of.
    pub fn visit_anyway(
        &self,
        node: &mut Node,
        make: Make,
        span: Span,
        set: Setter<'_>,
    ) -> Outcome {
        let make = if self.create { make } else { Make::Nothing };
        walk(node, &self.parts, make, span, set)
    }
}

/// What is done with a value.
pub type Setter<'s> = &'s mut dyn FnMut(&mut Node) -> Outcome;

/// What is made at the end of a path that ends before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    Nothing,
    Scalar,
    Mapping,
}

fn walk(node: &mut Node, path: &[String], make: Make, span: Span, set: Setter<'_>) -> Outcome {
    let Some((part, rest)) = path.split_first() else {
        return set(node);
    };
    if node.is_null() {
        return Ok(());
    }
    match &mut node.value {
        Value::Sequence(items) => {
            for item in items {
                walk(item, path, make, span, set)?;
            }
            Ok(())
        }
        Value::Mapping(mapping) => {
            let (name, is_list) = match part.strip_suffix("[]") {
                Some(name) => (name, true),
                None => (part.as_str(), false),
            };
            let made = match make {
                Make::Nothing => None,
                _ if is_list => None,
                Make::Scalar if rest.is_empty() => Some(absent(span)),
                _ => Some(Node::new(span, Value::Mapping(Mapping::new()))),
            };
            if let Some(made) = made {
                make_field(mapping, name, made, span);
            }
            match mapping.get_mut(name) {
                Some(field) => {
                    if field.is_null() && is_list {
                        field.value = Value::Sequence(Vec::new());
                    }
                    walk(field, rest, make, span, set)
                }
                None => Ok(()),
            }
        }
        Value::Scalar(_) => refuse(
            node.span,
            format!(
                "a mapping or a list is needed here, as a transformer looks for `{}` in it",
                super::shown(part)
            ),
        ),
    }
}

fn make_field(mapping: &mut Mapping, name: &str, made: Node, span: Span) {
    match mapping.get_mut(name) {
        Some(field) if field.is_null() && made.as_mapping().is_some() => *field = made,
        Some(_) => {}
        None => {
            let key = Key {
                text: name.into(),
                span,
            };
            mapping.insert(Entry { key, value: made });
        }
    }
}

/// A value that is to be set.
fn absent(span: Span) -> Node {
    Node::new(
        span,
        Value::Scalar(Scalar {
            kind: ScalarKind::Null,
            text: "".into(),
        }),
    )
}

/// Splits a path at a sign that no backslash stands before.
pub fn split(path: &str, separator: char) -> Vec<String> {
    let mut pieces: Vec<&str> = path.split(separator).collect();
    if pieces.len() > 1 && pieces.first() == Some(&"") {
        pieces.remove(0);
    }
    let mut parts: Vec<String> = Vec::new();
    for piece in pieces {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(separator);
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

/// Splits a path at its dots; `[a.b/c]` is one name, `[name=a.b]` one item of a list.
pub fn split_dotted(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut pieces = split(path, '.').into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            parts.push(piece);
            continue;
        }
        let mut bracketed = piece;
        for piece in pieces.by_ref() {
            bracketed.push('.');
            bracketed.push_str(&piece);
            if piece.ends_with(']') {
                break;
            }
        }
        if !bracketed.contains('=') {
            bracketed = bracketed.trim_matches(['[', ']']).to_owned();
        }
        parts.push(bracketed);
    }
    parts
}

/// A field that a path leads to: a name, a number (from 0), `-` (the last one), or `[name=value]`. The
/// names in front of brackets, `containers[0]`, are told apart first. `Err` says what is wrong.
pub fn look_up<'n>(node: &'n Node, path: &[String]) -> Result<Option<&'n Node>, String> {
    let mut node = node;
    for part in path
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
    {
        let found = match &node.value {
            _ if node.is_null() => None,
            Value::Sequence(items) => item(items, part)?,
            Value::Mapping(mapping) if part.parse::<i64>().is_err() && !is_bracketed(part) => {
                mapping.get(part)
            }
            _ => {
                return Err(format!(
                    "`{}` does not fit what is there",
                    super::shown(part)
                ));
            }
        };
        match found {
            Some(found) => node = found,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

fn item<'n>(items: &'n [Node], part: &str) -> Result<Option<&'n Node>, String> {
    if let Ok(index) = part.parse::<usize>() {
        return Ok(items.get(index));
    }
    if part == "-" {
        return Ok(items.last());
    }
    if let Some((name, value)) = condition(part) {
        return Ok(items.iter().find(|item| fits(item, name, value)));
    }
    Err(format!("`{}` is no item of a list", super::shown(part)))
}

fn fits(item: &Node, name: &str, value: &str) -> bool {
    let scalar = if name.is_empty() {
        Some(item)
    } else {
        item.get(name)
    };
    scalar
        .and_then(Node::as_scalar)
        .is_some_and(|scalar| &*scalar.text == value)
}

pub fn is_bracketed(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// The name and the value of `[name=value]`.
pub fn condition(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

/// `containers[0]` as a name and a number.
pub fn split_indices(parts: Vec<String>) -> Vec<String> {
    let mut split = Vec::new();
    for part in parts {
        let index = part
            .strip_suffix(']')
            .and_then(|rest| rest.rsplit_once('['))
            .filter(|(_, index)| {
                !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())
            });
        match index {
            Some((name, index)) => {
                if !name.is_empty() {
                    split.push(name.to_owned());
                }
                split.push(index.to_owned());
            }
            None => split.push(part),
        }
    }
    split
}
