//! YAML.

use serde_yaml::Value;

use super::{FormatFault, Mapping, Position, Tree, text};

pub(super) fn read(bytes: &[u8]) -> Result<Tree, FormatFault> {
    let mut value: Value = serde_yaml::from_str(text(bytes)?).map_err(|error| fault(&error))?;
    value.apply_merge().map_err(|_| FormatFault::Unsupported)?;
    from_value(value)
}

fn fault(error: &serde_yaml::Error) -> FormatFault {
    let position = error.location().map(|location| Position {
        line: location.line(),
        column: location.column(),
    });
    if error.to_string().contains("duplicate entry") {
        // The position is that of the mapping.
        FormatFault::DuplicateKey(None)
    } else {
        FormatFault::Syntax(position)
    }
}

fn from_value(value: Value) -> Result<Tree, FormatFault> {
    Ok(match value {
        Value::Null => Tree::Null,
        Value::Bool(value) => Tree::Bool(value),
        Value::Number(number) => Tree::Number(
            if let Some(number) = number.as_i64() {
                Some(number.into())
            } else if let Some(number) = number.as_u64() {
                Some(number.into())
            } else {
                number.as_f64().and_then(serde_json::Number::from_f64)
            }
            .ok_or(FormatFault::Unsupported)?,
        ),
        Value::String(text) => Tree::String(text),
        Value::Sequence(items) => Tree::Array(
            items
                .into_iter()
                .map(from_value)
                .collect::<Result<_, _>>()?,
        ),
        Value::Mapping(entries) => {
            let mut mapping = Mapping::new();
            for (key, value) in entries {
                if mapping.insert(name(key)?, from_value(value)?).is_some() {
                    return Err(FormatFault::DuplicateKey(None));
                }
            }
            Tree::Object(mapping)
        }
        Value::Tagged(_) => return Err(FormatFault::Unsupported),
    })
}

fn name(key: Value) -> Result<String, FormatFault> {
    match key {
        Value::String(name) => Ok(name),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => {
            Err(FormatFault::Unsupported)
        }
    }
}

pub(super) fn write(mapping: &Mapping) -> Result<Vec<u8>, FormatFault> {
    serde_yaml::to_string(mapping)
        .map(String::into_bytes)
        .map_err(|_| FormatFault::Unwritable)
}
