//! Configurations as texts and trees.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{BootstrapError, ConfigFormat, Result};

/// The keys that are not written to the store. Only TOML is rid of them.
const SECRETS: &[&str] = &["token", "secret", "password", "api_key"];

pub(crate) fn parse<T: DeserializeOwned>(format: ConfigFormat, bytes: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes).map_err(cannot)?;
    match format {
        ConfigFormat::Json => serde_json::from_str(text).map_err(cannot),
        ConfigFormat::Toml => toml::from_str(text).map_err(cannot),
    }
}

pub(crate) fn over<T: Serialize + DeserializeOwned>(
    format: ConfigFormat,
    config: &T,
    value: &[u8],
) -> Result<T> {
    let mut tree = serde_json::to_value(config).map_err(cannot)?;
    merge(&mut tree, parse(format, value)?);
    serde_json::from_value(tree).map_err(cannot)
}

pub(crate) fn seed<T: Serialize>(format: ConfigFormat, config: &T) -> Result<Vec<u8>> {
    match format {
        ConfigFormat::Json => serde_json::to_vec(config).map_err(cannot),
        ConfigFormat::Toml => {
            let text = toml::to_string(config).map_err(cannot)?;
            let is_kept = |line: &&str| {
                let key = line.split('=').next().unwrap_or_default().trim();
                !SECRETS.contains(&key)
            };
            let lines: Vec<&str> = text.lines().filter(is_kept).collect();
            Ok(lines.join("\n").into_bytes())
        }
    }
}

fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

fn cannot(error: impl std::fmt::Display) -> BootstrapError {
    BootstrapError::Parse(error.to_string())
}
