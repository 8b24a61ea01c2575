//! The fleets that are measured, and what of them.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use toml::{Table, Value};

use super::Arguments;
use crate::run::{read, write};
use crate::{Failure, root};

/// The fleet that is always there.
const EXAMPLE: &str = "examples/fleet";

/// A fleet, and whether what hangs on how much a fleet holds has limits.
pub struct Fleet {
    pub name: String,
    pub directory: PathBuf,
    pub policy: PathBuf,
    pub has_limits: bool,
}

/// The fleets that are there.
pub fn all(arguments: &Arguments) -> Result<Vec<Fleet>, Failure> {
    let whole = |path: &Path| {
        std::path::absolute(path)
            .ok()
            .filter(|path| path.exists())
            .ok_or_else(|| format!("{} is not there", path.display()))
    };
    let example = root().join(EXAMPLE);
    let mut fleets = vec![Fleet {
        name: EXAMPLE.to_owned(),
        policy: example.join("kvguard.toml"),
        directory: example,
        has_limits: false,
    }];
    if let Some(directory) = &arguments.fleet {
        let directory = whole(directory)?;
        let policy = match &arguments.policy {
            Some(policy) => whole(policy)?,
            None => whole(&directory.join("kvguard.toml"))?,
        };
        fleets.push(Fleet {
            name: "the real fleet".to_owned(),
            directory,
            policy,
            has_limits: true,
        });
    } else {
        println!("no real fleet: name one with --fleet DIR --policy FILE");
    }
    Ok(fleets)
}

/// A policy that keeps some kinds of a fleet's deployments.
pub struct Narrowed {
    directory: TempDir,
    /// The deployments that it keeps.
    pub deployments: Vec<Table>,
}

impl Narrowed {
    /// The policy's file.
    pub fn policy(&self) -> PathBuf {
        self.directory.path().join("kvguard.toml")
    }
}

/// Takes out of a fleet's policy every deployment of another kind, and what is said of it; nothing if none is
/// left. The command's `--deployment` would not do: it narrows what is told, not what is read.
pub fn narrowed(fleet: &Fleet, kinds: &[&str]) -> Result<Option<Narrowed>, Failure> {
    let text = read(&fleet.policy)?;
    let mut policy: Table = text
        .parse()
        .map_err(|error| format!("{}: {error}", fleet.policy.display()))?;
    let Some(Value::Array(all)) = policy.remove("deployment") else {
        return Err(format!("{}: no deployment", fleet.policy.display()));
    };
    let (kept, dropped): (Vec<Table>, Vec<Table>) = all
        .into_iter()
        .filter_map(|deployment| match deployment {
            Value::Table(deployment) => Some(deployment),
            _ => None,
        })
        .partition(|deployment| {
            text_of(deployment, "kind").is_some_and(|kind| kinds.contains(&kind))
        });
    if kept.is_empty() {
        return Ok(None);
    }
    let dropped: Vec<&str> = dropped
        .iter()
        .filter_map(|deployment| text_of(deployment, "name"))
        .collect();
    for (_, value) in &mut policy {
        forget(value, &dropped);
    }
    let deployments = kept.iter().cloned().map(Value::Table).collect();
    policy.insert("deployment".to_owned(), Value::Array(deployments));
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let narrowed = Narrowed {
        directory,
        deployments: kept,
    };
    write(&narrowed.policy(), &policy.to_string())?;
    Ok(Some(narrowed))
}

/// A string of a table.
pub fn text_of<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    table.get(name)?.as_str()
}

/// Removes what is said of some deployments only.
fn forget(value: &mut Value, deployments: &[&str]) {
    match value {
        Value::Array(items) => {
            items.retain(|item| {
                let of = item.get("deployment").and_then(Value::as_str);
                of.is_none_or(|of| !deployments.contains(&of))
            });
            for item in items {
                forget(item, deployments);
            }
        }
        Value::Table(table) => {
            for (_, value) in table {
                forget(value, deployments);
            }
        }
        _ => {}
    }
}
