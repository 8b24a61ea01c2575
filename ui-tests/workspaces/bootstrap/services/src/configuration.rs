//! The gauge's configuration, and what all of its services share.

use std::fmt;
use std::path::Path;

use kvguard_runtime::{Key, KvStore, StoreError, kv_key};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const KEY: Key = kv_key!("gauge");

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub listen: String,
    pub interval_seconds: u32,
    pub log_level: Level,
    #[serde(default)]
    pub site: String,
    pub database: Database,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Debug,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Database {
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub password: String,
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum Error {
    Store(StoreError),
    Value(Key, String),
    File(String),
    Missing(&'static str),
    /// An error that tells nothing.
    Bare,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(formatter),
            Self::Value(key, why) => write!(formatter, "`{key}` holds no configuration: {why}"),
            Self::File(why) => write!(formatter, "the file holds no configuration: {why}"),
            Self::Missing(field) => write!(formatter, "the field `{field}` is missing"),
            Self::Bare => formatter.write_str("something is wrong"),
        }
    }
}

impl std::error::Error for Error {}

pub fn file(path: &Path) -> Result<Value, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::File(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| Error::File(error.to_string()))
}

pub fn value(bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::Value(KEY, error.to_string()))
}

/// Lays one tree over another.
pub fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// The configuration of a tree, its site from the environment.
pub fn of_tree(tree: Value) -> Result<Config, Error> {
    let mut config: Config =
        serde_json::from_value(tree).map_err(|error| Error::Value(KEY, error.to_string()))?;
    config.site = std::env::var("SITE").unwrap_or_default();
    Ok(config)
}

pub fn checked(config: Config) -> Result<Config, Error> {
    if config.listen.is_empty() {
        return Err(Error::Missing("listen"));
    }
    if config.database.host.is_empty() {
        return Err(Error::Missing("database.host"));
    }
    if config.site.is_empty() {
        return Err(Error::Missing("site"));
    }
    Ok(config)
}

/// A seed without its secret.
pub fn seed(mut tree: Value) -> String {
    if let Some(database) = tree.get_mut("database").and_then(Value::as_object_mut) {
        database.remove("password");
    }
    tree.to_string()
}

/// What the store holds, seeded if it holds nothing.
pub async fn overlay(store: &dyn KvStore, file: &Value) -> Result<Option<Value>, Error> {
    if let Some(entry) = store.get(&KEY).await.map_err(Error::Store)? {
        return value(entry.value.as_bytes()).map(Some);
    }
    match store.create(&KEY, seed(file.clone()).into()).await {
        Ok(_) => Ok(None),
        Err(error) if error.is_conflict() => {
            let entry = store.get(&KEY).await.map_err(Error::Store)?;
            entry.map(|entry| value(entry.value.as_bytes())).transpose()
        }
        // At the edge somebody else seeds.
        Err(error) if error.is_permission_denied() && is_edge() => Ok(None),
        Err(error) => Err(Error::Store(error)),
    }
}

pub fn is_edge() -> bool {
    std::env::var("SITE").is_ok_and(|site| site == "edge")
}

/// As [`overlay`], and nothing is written at the edge.
pub async fn overlay_where_allowed(
    store: &dyn KvStore,
    file: &Value,
) -> Result<Option<Value>, Error> {
    if is_edge() {
        let entry = store.get(&KEY).await.map_err(Error::Store)?;
        return entry.map(|entry| value(entry.value.as_bytes())).transpose();
    }
    overlay(store, file).await
}
