//! The key that is written to probe a store. It never stays.
//!
//! Its name is random, and a store may not be able to list its keys. So before it is written, its name is written to a key of a fixed
//! name, [`OPEN`], which is removed last. A run that is killed in between leaves both, and the next one finds the probe key by it.

use std::sync::Arc;

use kvguard_runtime::{Key, KvStore, StoreError, Value};

use super::prober::random;
use crate::live::failure::Failure;
use crate::live::session::{Leftover, Session};

/// What the names of probe keys begin with.
const PREFIX: &str = "kvguard/probe/";

/// The key that holds the name of the probe key while a probe runs.
const OPEN: Key = Key::from_static("kvguard/probe/open");

/// How often another run may be quicker to write [`OPEN`].
const MOST_TRIES: usize = 4;

/// Writes a probe key as somebody who may, and has it removed at the end, however the command ends.
///
/// # Errors
///
/// The login may not write it, so that it could not remove it either; or the store does not answer.
pub async fn write(
    session: &mut Session,
    store: &Arc<dyn KvStore>,
    shown: &str,
) -> Result<Key, Failure> {
    let name = format!("{PREFIX}{}", random());
    let key = Key::new(name.clone())
        .map_err(|error| Failure::Other(format!("`{name}` is no key: {error}")))?;
    let failed = |error: StoreError| not_written(shown, error);
    for _ in 0..MOST_TRIES {
        remove_left(session, store, shown).await?;
        // From here on it must be removed, also where the answer does not come.
        session.leftovers.push(Leftover {
            store: Arc::clone(store),
            shown: shown.to_owned(),
            keys: vec![key.clone(), OPEN],
        });
        match store.create(&OPEN, Value::from(name.as_str())).await {
            Ok(_) => {
                store
                    .put(&key, Value::from("kvguard probes this store"))
                    .await
                    .map_err(failed)?;
                return Ok(key);
            }
            Err(error) => {
                // Nothing was written, or it is another run's.
                if error.is_conflict() || error.is_permission_denied() {
                    session.leftovers.pop();
                }
                if !error.is_conflict() {
                    return Err(failed(error));
                }
            }
        }
    }
    Err(Failure::Other(format!(
        "{shown}: other runs probe the store at the same time; run one after the other"
    )))
}

/// Removes the probe key that an interrupted run left, and says so.
async fn remove_left(
    session: &mut Session,
    store: &Arc<dyn KvStore>,
    shown: &str,
) -> Result<(), Failure> {
    let failed = |error: StoreError| not_written(shown, error);
    let Some(open) = store.get(&OPEN).await.map_err(failed)? else {
        return Ok(());
    };
    let name = String::from_utf8(open.value.into_bytes()).unwrap_or_default();
    // Whatever stands there, nothing but a probe key is removed.
    let left = name
        .starts_with(PREFIX)
        .then(|| Key::new(name.clone()).ok());
    if let Some(key) = left.flatten() {
        store.purge(&key).await.map_err(failed)?;
        session.seen.probed.push(format!(
            "removed the probe key `{name}` from {shown}, which a run that was interrupted had left"
        ));
    }
    store.purge(&OPEN).await.map_err(failed)?;
    Ok(())
}

/// Why there is no probe key.
fn not_written(shown: &str, error: StoreError) -> Failure {
    if error.is_permission_denied() {
        return Failure::Other(format!(
            "{shown}: nothing was probed, as the login that the command was given may not write and remove keys below `{PREFIX}`: {}; give it one that may",
            error.with_causes()
        ));
    }
    Failure::of(shown, error)
}
