//! What a compose file holds after interpolation, typed as compose-go types it.

use std::collections::BTreeMap;

use super::interpolate::{Text, UNKNOWN};
pub use super::map::Map;
use crate::deploy::Known;
use crate::source::Span;

/// A value and where it is written; of a quoted scalar, what is between the quotes.
#[derive(Debug, Clone)]
pub struct Tree {
    pub span: Span,
    pub value: Value,
}

#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Scalar(Scalar),
    List(Vec<Tree>),
    Map(Map),
    /// An item of an `environment`.
    Assignment(Box<Assignment>),
}

/// A scalar that is not null.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The text; of a number, as compose-go prints it.
    pub text: Text,
    /// Whether it is a string, not a number or a truth value.
    pub is_string: bool,
}

/// A variable of an `environment`; without a value it is passed on from the interpolation variables.
#[derive(Debug, Clone)]
pub struct Assignment {
    pub name: String,
    pub name_span: Span,
    pub value: Option<Text>,
    pub value_span: Span,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: Span,
    pub value: Tree,
}

/// What is known of each variable that `${…}` can name.
pub type Environment = BTreeMap<String, Interpolated>;

/// A variable that `${…}` can name.
#[derive(Debug, Clone)]
pub struct Interpolated {
    pub value: Known,
    /// Where an environment file gives it its value.
    pub place: Option<Span>,
}

impl Tree {
    pub fn new(span: Span, value: Value) -> Self {
        Self { span, value }
    }

    pub fn string(span: Span, text: impl Into<String>) -> Self {
        let text = Text {
            text: text.into(),
            opaque: false,
        };
        Self::new(
            span,
            Value::Scalar(Scalar {
                text,
                is_string: true,
            }),
        )
    }

    pub fn as_string(&self) -> Option<&Text> {
        match &self.value {
            Value::Scalar(Scalar {
                text,
                is_string: true,
            }) => Some(text),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn as_list(&self) -> &[Tree] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// How many values this consists of.
    pub fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Tree::size).sum(),
            Value::Map(map) => map_size(map),
            _ => 0,
        }
    }

    /// What this is, for a message.
    pub fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Scalar(scalar) if scalar.is_string => "a string",
            Value::Scalar(_) => "a number or a truth value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Assignment(_) => "a variable",
        }
    }
}

/// How many values a mapping consists of.
pub fn map_size(map: &Map) -> usize {
    map.values().map(|entry| entry.value.size()).sum()
}

/// A text that is wholly what is known of a variable.
pub fn text_of(known: &Known) -> Text {
    match known {
        Known::Text(text) => Text {
            text: text.clone(),
            opaque: false,
        },
        Known::Opaque | Known::Computed => Text {
            text: UNKNOWN.to_string(),
            opaque: true,
        },
    }
}

/// The string a name has in a mapping, with its span.
pub fn string_of<'a>(map: &'a Map, name: &str) -> Option<(&'a Text, Span)> {
    let entry = map.get(name)?;
    Some((entry.value.as_string()?, entry.value.span))
}
