//! The file of a snapshot.

use std::path::Path;

use super::{Snapshot, VERSION};
use crate::files;
use crate::live::failure::Failure;

/// The name of the file in a run's directory.
pub const FILE: &str = "snapshot.json";

/// The longest file that is read.
const MAX_BYTES: u64 = 512 << 20;

/// The text of a snapshot.
pub fn write(snapshot: &Snapshot) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(snapshot);
    let text = text.map_err(|error| Failure::Other(format!("the snapshot: {error}")))?;
    Ok(text + "\n")
}

/// Reads the snapshot of a run's directory.
///
/// # Errors
///
/// There is none, or it is none that this version of kvguard wrote.
pub fn read(run: &Path) -> Result<Snapshot, Failure> {
    let path = run.join(FILE);
    let fail = |why: String| {
        Failure::Other(format!(
            "`{}` is not the snapshot of a run: {why}; name a directory that `kvguard watchdog` wrote",
            path.display()
        ))
    };
    let bytes = files::read(&path, MAX_BYTES).map_err(|error| fail(error.to_string()))?;
    let told: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| fail(error.to_string()))?;
    let version = told.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(VERSION)) {
        return Err(fail(format!(
            "its `version` must be {VERSION}, the one that this kvguard knows"
        )));
    }
    serde_json::from_value(told).map_err(|error| fail(error.to_string()))
}
