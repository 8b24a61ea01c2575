//! The configuration, made of a tree.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::Error;

#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    pub label: String,
    pub interval_seconds: u64,
    pub database_user: String,
}

/// What is wrong with a configuration. It names fields, never values.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    Unreadable,
    NotJson,
    /// A field that is not what it has to be.
    Field(&'static str, &'static str),
}

impl Configuration {
    pub fn of(tree: &Value) -> Result<Self, Fault> {
        let label = text(tree, "/label", "label")?;
        if label.is_empty() {
            return Err(Fault::Field("label", "empty"));
        }
        let interval = tree.pointer("/interval_seconds").and_then(Value::as_u64);
        Ok(Self {
            label,
            interval_seconds: interval.ok_or(Fault::Field("interval_seconds", "no number"))?,
            database_user: text(tree, "/database/user", "database.user")?,
        })
    }
}

fn text(tree: &Value, pointer: &str, field: &'static str) -> Result<String, Fault> {
    let text = tree.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or(Fault::Field(field, "no text"))
}

pub fn parse(bytes: &[u8]) -> Result<Value, Fault> {
    let tree: Value = serde_json::from_slice(bytes).map_err(|_| Fault::NotJson)?;
    if tree.is_object() {
        Ok(tree)
    } else {
        Err(Fault::NotJson)
    }
}

/// What the service logs of its configuration.
impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            label,
            interval_seconds,
            ..
        } = self;
        write!(formatter, "label {label}, every {interval_seconds} s")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => formatter.write_str("it cannot be read"),
            Self::NotJson => formatter.write_str("it is no JSON object"),
            Self::Field(field, what) => write!(formatter, "the field {field} is {what}"),
        }
    }
}

/// The configuration file.
#[derive(Debug, Clone)]
pub struct File(Value);

impl File {
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|_| Fault::Unreadable);
        let tree = bytes.and_then(|bytes| parse(&bytes));
        tree.map(Self)
            .map_err(|fault| Error::File(path.to_owned(), fault))
    }

    pub fn tree(&self) -> &Value {
        &self.0
    }

    /// What seeds the key: the file without its secret.
    pub fn seed(&self) -> String {
        let mut tree = self.0.clone();
        if let Some(database) = tree.get_mut("database").and_then(Value::as_object_mut) {
            database.remove("password");
        }
        tree.to_string()
    }
}
