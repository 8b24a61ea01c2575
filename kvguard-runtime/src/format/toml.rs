//! TOML.

use toml::Value;
use toml::value::Datetime;

use super::{DATETIME, FormatFault, Mapping, Tree, position, text};

pub(super) fn read(bytes: &[u8]) -> Result<Tree, FormatFault> {
    let table: toml::Table = toml::from_str(text(bytes)?).map_err(|error: toml::de::Error| {
        FormatFault::Syntax(error.span().map(|span| position(bytes, span.start)))
    })?;
    from_value(Value::Table(table))
}

fn from_value(value: Value) -> Result<Tree, FormatFault> {
    Ok(match value {
        Value::String(text) => Tree::String(text),
        Value::Integer(number) => Tree::Number(number.into()),
        Value::Float(number) => {
            Tree::Number(serde_json::Number::from_f64(number).ok_or(FormatFault::Unsupported)?)
        }
        Value::Boolean(value) => Tree::Bool(value),
        Value::Datetime(time) => {
            let mut mapping = Mapping::new();
            mapping.insert(DATETIME.to_owned(), Tree::String(time.to_string()));
            Tree::Object(mapping)
        }
        Value::Array(items) => Tree::Array(
            items
                .into_iter()
                .map(from_value)
                .collect::<Result<_, _>>()?,
        ),
        Value::Table(table) => Tree::Object(
            table
                .into_iter()
                .map(|(key, value)| Ok((key, from_value(value)?)))
                .collect::<Result<_, _>>()?,
        ),
    })
}

pub(super) fn write(mapping: &Mapping) -> Result<Vec<u8>, FormatFault> {
    let table = Value::Table(to_table(mapping)?);
    toml::to_string_pretty(&table)
        .map(String::into_bytes)
        .map_err(|_| FormatFault::Unwritable)
}

fn to_table(mapping: &Mapping) -> Result<toml::Table, FormatFault> {
    let mut table = toml::Table::new();
    for (key, tree) in mapping {
        // TOML has no null: what is absent is the same.
        if !tree.is_null() {
            table.insert(key.clone(), to_value(tree)?);
        }
    }
    Ok(table)
}

fn to_value(tree: &Tree) -> Result<Value, FormatFault> {
    Ok(match tree {
        Tree::Null => return Err(FormatFault::Unwritable),
        Tree::Bool(value) => Value::Boolean(*value),
        Tree::Number(number) => match (number.as_i64(), number.is_u64(), number.as_f64()) {
            (Some(integer), ..) => Value::Integer(integer),
            (None, false, Some(float)) => Value::Float(float),
            _ => return Err(FormatFault::Unwritable),
        },
        Tree::String(text) => Value::String(text.clone()),
        Tree::Array(items) => Value::Array(items.iter().map(to_value).collect::<Result<_, _>>()?),
        Tree::Object(mapping) => match datetime(mapping) {
            Some(time) => Value::Datetime(time),
            None => Value::Table(to_table(mapping)?),
        },
    })
}

fn datetime(mapping: &Mapping) -> Option<Datetime> {
    match mapping.get(DATETIME)? {
        Tree::String(time) if mapping.len() == 1 => time.parse().ok(),
        _ => None,
    }
}
