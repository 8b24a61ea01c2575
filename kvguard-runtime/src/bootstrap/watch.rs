//! Watching.

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use serde_core::de::DeserializeOwned;

use super::Bootstrap;
use super::error::{BootstrapError, BootstrapErrorKind};
use super::events::Events;
use super::fields::Over;
use super::loaded::{Loaded, Source};
use super::options::Plan;
use super::watching::{News, Watching};
use crate::format::Mapping;
use crate::{Revision, Value};

impl<T: DeserializeOwned> Bootstrap<T> {
    /// Watches the key for configurations that follow the loaded one.
    ///
    /// The files are those that were loaded; they are not read again. What changed between loading and now comes as the first
    /// update. Without a store nothing ever comes.
    ///
    /// # Errors
    ///
    /// The store's, of beginning the watch. If it [is an outage](BootstrapError::is_outage), as after a load that was
    /// [degraded](Loaded::degraded), the service may try again later.
    pub async fn watch(&self, loaded: &Loaded<T>) -> Result<Updates<T>, BootstrapError> {
        self.watch_after(loaded).await
    }

    /// The same, after a load whose configuration is kept elsewhere.
    pub(crate) async fn watch_after<U>(
        &self,
        loaded: &Loaded<U>,
    ) -> Result<Updates<T>, BootstrapError> {
        let plan = &self.plan;
        let watching = match (self.store().await?, &loaded.key) {
            (Some(store), Some(key)) => {
                let watch = store
                    .watch(key)
                    .await
                    .map_err(|error| plan.error(BootstrapErrorKind::Store(error)))?;
                let events = Events::new(&plan.declared.service, key);
                Some(Watching::new(store, key, events, watch))
            }
            _ => None,
        };
        Ok(Updates {
            plan: plan.clone(),
            watching,
            asked: None,
            last: Arc::clone(&loaded.merged),
            revision: loaded.revision,
            is_degraded: loaded.degraded.is_some(),
            files: Arc::clone(&loaded.files),
        })
    }
}

/// New configurations, each checked as a loaded one is.
///
/// Dropping it ends the watch.
pub struct Updates<T> {
    plan: Plan,
    watching: Option<Watching>,
    /// A valid value that is not taken yet.
    asked: Option<Asked<T>>,
    /// The tree of the configuration that is in use.
    last: Arc<Mapping>,
    /// The last revision that is known.
    revision: Option<Revision>,
    is_degraded: bool,
    files: Arc<super::files::Files>,
}

/// What a new value makes.
struct Checked<T> {
    /// The configuration, unless it is the one in use.
    changed: Option<(T, Arc<Mapping>)>,
    is_first: bool,
}

/// The same with its revision, which may have to be asked for.
struct Asked<T> {
    checked: Checked<T>,
    revision: AskedRevision,
}

type AskedRevision = Pin<Box<dyn Future<Output = Option<Revision>> + Send>>;

impl<T: DeserializeOwned> Updates<T> {
    /// Waits for the next configuration; nothing after the last. Dropping the future loses none.
    ///
    /// What is written to the key is an update only if it makes another configuration than the one in use: a service never restarts for a
    /// value that was written anew, or that the watch begins with. The event `KV update detected` tells of each write all the same. A service
    /// that has to act on each write watches its key by [`KvStore::watch`](crate::KvStore::watch).
    ///
    /// Several changes in quick succession may come as the last of them.
    ///
    /// # Errors
    ///
    /// An update that is not applied: malformed, not what the configuration type takes, without a critical field, or a deletion of
    /// the key. The configuration in use stays in use, and the watch goes on. An outage comes once; the watch goes on by
    /// itself when the store is back. A watch that the store lost without an error is begun again, once for each time that it told
    /// something. After any other error, and one of beginning it again, nothing follows.
    pub async fn next(&mut self) -> Option<Result<Loaded<T>, BootstrapError>> {
        loop {
            if let Some(asked) = &mut self.asked {
                let revision = asked.revision.as_mut().await;
                if let Some(Asked { checked, .. }) = self.asked.take()
                    && let Some(loaded) = self.taken(checked, revision)
                {
                    return Some(Ok(loaded));
                }
                continue;
            }
            let news = self.watching.as_mut()?.next().await?;
            let watching = self.watching.as_ref()?;
            let kind = match news {
                News::Set {
                    value,
                    revision,
                    is_first,
                } => {
                    let checked = match self.checked(watching, &value, is_first) {
                        Ok(checked) => checked,
                        Err(error) => return Some(Err(error)),
                    };
                    // It is kept while it is waited for, or to stop waiting would lose the value.
                    let revision = match revision {
                        Some(revision) => Box::pin(ready(Some(revision))),
                        None => asked_revision(watching, value),
                    };
                    self.asked = Some(Asked { checked, revision });
                    continue;
                }
                News::Deleted => {
                    let key = watching.key.clone();
                    let error = self.plan.error(BootstrapErrorKind::KeyDeleted { key });
                    watching.events.update_rejected(&error);
                    return Some(Err(error));
                }
                News::Interrupted(error) => {
                    watching.events.watch_interrupted(&error.with_causes());
                    BootstrapErrorKind::Store(error)
                }
                News::Ended(kind) => {
                    watching.events.watch_ended(&kind);
                    kind
                }
            };
            return Some(Err(self.plan.error(kind)));
        }
    }

    /// What a new value makes, if that is valid.
    fn checked(
        &self,
        watching: &Watching,
        value: &Value,
        is_first: bool,
    ) -> Result<Checked<T>, BootstrapError> {
        let plan = &self.plan;
        let Watching { key, events, .. } = watching;
        let made = plan.overlay(key, value, events).and_then(|overlay| {
            let merged = plan.merged(&self.files, Some(&overlay));
            if merged == *self.last && !self.is_degraded {
                return Ok(None);
            }
            let config = plan.typed(&merged, &self.files, Some(&Over::of_key(key, &overlay)))?;
            Ok(Some((config, Arc::new(merged))))
        });
        match made {
            Ok(changed) => Ok(Checked { changed, is_first }),
            Err(error) => {
                events.update_rejected(&error);
                Err(error)
            }
        }
    }

    /// Takes a valid value, and tells of it if it is new; the configuration if that is another one.
    fn taken(&mut self, checked: Checked<T>, revision: Option<Revision>) -> Option<Loaded<T>> {
        let watching = self.watching.as_ref()?;
        let is_new = match (&checked.changed, self.revision, revision) {
            (Some(_), _, _) => true,
            (None, Some(last), Some(now)) => last != now,
            (None, _, _) => !checked.is_first,
        };
        if is_new {
            let changed = checked.changed.is_some();
            watching.events.update_detected(revision, changed);
        }
        if is_new || revision.is_some() {
            self.revision = revision;
        }
        let (config, merged) = checked.changed?;
        self.last = Arc::clone(&merged);
        self.is_degraded = false;
        Some(Loaded {
            config,
            source: Source::Kv,
            degraded: None,
            seeded: false,
            key: Some(watching.key.clone()),
            revision,
            merged,
            files: Arc::clone(&self.files),
        })
    }
}

/// Asks the store for the revision of a value that a watch told without one; nothing where the key holds another value by now, or
/// cannot be read.
fn asked_revision(watching: &Watching, value: Value) -> AskedRevision {
    let (store, key) = (Arc::clone(&watching.store), watching.key.clone());
    Box::pin(async move {
        let entry = store.get(&key).await.ok()??;
        (entry.value == value).then_some(entry.revision)
    })
}

impl<T> fmt::Debug for Updates<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Updates")
            .field("service", &self.plan.declared.service)
            .finish_non_exhaustive()
    }
}
