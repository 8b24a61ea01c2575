//! What the cases are written with: what is expected, and a failure that tells what came instead.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::timeout;

use super::Failure;
use crate::{Change, Key, KvStore, StoreError, StoreErrorKind, Value, Watch};

pub(super) const KEY: Key = Key::from_static("config/conformance.json");
pub(super) const OTHER: Key = Key::from_static("config/other.json");

/// How long a change may take to come to a watch.
pub(super) const CHANGE_DEADLINE: Duration = Duration::from_secs(10);

/// What an operation gave, or a failure that tells what was done.
pub(super) fn done<T>(what: &str, outcome: Result<T, StoreError>) -> Result<T, Failure> {
    outcome.map_err(|error| format!("{what} failed: {}", error.with_causes()))
}

/// That an operation failed with an error of a kind, about the key.
pub(super) fn refused<T>(
    what: &str,
    key: &Key,
    outcome: Result<T, StoreError>,
    expected: &str,
    is_expected: impl Fn(&StoreErrorKind) -> bool,
) -> Result<(), Failure> {
    match outcome {
        Ok(_) => Err(format!("{what} was done, where {expected} was expected")),
        Err(error) if !is_expected(error.kind()) => Err(format!(
            "{what} failed with `{}`, where {expected} was expected",
            error.with_causes()
        )),
        Err(error) if error.key() != Some(key) => Err(format!(
            "{what} failed with `{error}`, which does not name the key `{key}`"
        )),
        Err(_) => Ok(()),
    }
}

pub(super) fn conflict<T>(
    what: &str,
    key: &Key,
    outcome: Result<T, StoreError>,
) -> Result<(), Failure> {
    refused(what, key, outcome, "a conflict", |kind| {
        matches!(kind, StoreErrorKind::Conflict)
    })
}

pub(super) fn denied<T>(
    what: &str,
    key: &Key,
    outcome: Result<T, StoreError>,
) -> Result<(), Failure> {
    refused(what, key, outcome, "permission denied", |kind| {
        matches!(kind, StoreErrorKind::PermissionDenied(_))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the cases read so")]
pub(super) fn equal<T: PartialEq + Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{what}: {found:?}, where {expected:?} was expected"
    ))
}

/// That a key holds just this.
pub(super) async fn holds(
    store: &dyn KvStore,
    key: &Key,
    expected: Option<&[u8]>,
) -> Result<(), Failure> {
    let entry = done("a get", store.get(key).await)?;
    let found = entry.as_ref().map(|entry| entry.value.as_bytes());
    match (found, expected) {
        (found, expected) if found == expected => Ok(()),
        (Some(_), Some(_)) => Err(format!("`{key}` holds another value than was expected")),
        (Some(_), None) => Err(format!("`{key}` holds a value, where none was expected")),
        (None, _) => Err(format!("`{key}` holds nothing, where a value was expected")),
    }
}

/// The next change of a watch as its value, none for a deletion.
pub(super) async fn next(watch: &mut Watch) -> Result<Option<Value>, Failure> {
    let change = timeout(CHANGE_DEADLINE, watch.next())
        .await
        .map_err(|_| format!("the watch told nothing within {CHANGE_DEADLINE:?}"))?
        .ok_or("the watch ended")?;
    Ok(match done("a watch", change)? {
        Change::Set { value, .. } => Some(value),
        Change::Deleted { .. } => None,
    })
}

/// That the next change of a watch is just this.
pub(super) async fn tells(watch: &mut Watch, expected: Option<&[u8]>) -> Result<(), Failure> {
    let value = next(watch).await?;
    match (value.as_ref().map(Value::as_bytes), expected) {
        (found, expected) if found == expected => Ok(()),
        (Some(_), Some(_)) => Err("the watch told another value than was expected".to_owned()),
        (Some(_), None) => Err("the watch told a value, where a deletion was expected".to_owned()),
        (None, _) => Err("the watch told a deletion, where a value was expected".to_owned()),
    }
}
