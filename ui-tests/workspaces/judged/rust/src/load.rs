//! The file, and the store's value over it.

use serde_json::Value;

use crate::{Client, Configuration, Error, Fault, File, parse};

/// Loads the configuration. A key that holds nothing is seeded from the file.
pub async fn load(client: &Client, file: &File) -> Result<Configuration, Error> {
    let mut held = client.get().await?;
    if held.is_none() && !client.create(file.seed()).await? {
        // Another was quicker.
        held = client.get().await?;
    }
    let Some(value) = held else {
        return Configuration::of(file.tree()).map_err(|fault| malformed(client, fault));
    };
    laid_over(file, &value).map_err(|fault| malformed(client, fault))
}

/// A value of the store laid over the file, field by field.
pub fn laid_over(file: &File, value: &[u8]) -> Result<Configuration, Fault> {
    let mut tree = file.tree().clone();
    merge(&mut tree, parse(value)?);
    Configuration::of(&tree)
}

fn malformed(client: &Client, fault: Fault) -> Error {
    Error::Value(client.key().clone(), fault)
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
