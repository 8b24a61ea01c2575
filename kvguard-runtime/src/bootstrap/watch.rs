//! Watching.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_core::de::DeserializeOwned;

use super::Bootstrap;
use super::error::{BootstrapError, BootstrapErrorKind};
use super::events::Events;
use super::fields::Over;
use super::loaded::{Loaded, Source};
use super::options::Plan;
use crate::format::Mapping;
use crate::{Change, Key, KvStore, Revision, StoreError, Value, Watch};

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
                Some(Watching {
                    store,
                    key: key.clone(),
                    events: Events::new(&plan.declared.service, key),
                    state: State::Open(watch),
                    has_told: false,
                })
            }
            _ => None,
        };
        Ok(Updates {
            plan: plan.clone(),
            configuration: PhantomData,
            watching,
            last: Arc::clone(&loaded.merged),
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
    configuration: PhantomData<fn() -> T>,
    watching: Option<Watching>,
    /// The tree of the configuration that is in use.
    last: Arc<Mapping>,
    is_degraded: bool,
    files: Arc<super::files::Files>,
}

struct Watching {
    store: Arc<dyn KvStore>,
    key: Key,
    events: Events,
    state: State,
    /// Whether anything came since the watch was begun.
    has_told: bool,
}

enum State {
    Open(Watch),
    /// The watch ended without an error, and is to be begun again.
    Lost,
    Over,
}

/// What came.
enum News {
    Set(Value, Option<Revision>),
    Deleted,
    Interrupted(StoreError),
    Ended(BootstrapErrorKind),
}

impl<T: DeserializeOwned> Updates<T> {
    /// Waits for the next configuration; nothing after the last. Dropping the future loses none.
    ///
    /// The value that the watch begins with is an update only if it makes another configuration than the one in use.
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
            let watching = self.watching.as_mut()?;
            let news = watching.next().await?;
            let kind = match news {
                News::Set(value, revision) => match self.update(&value, revision) {
                    Ok(None) => continue,
                    Ok(Some(loaded)) => return Some(Ok(loaded)),
                    Err(error) => return Some(Err(error)),
                },
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

    /// The configuration that a new value makes, unless it is the one in use.
    fn update(
        &mut self,
        value: &Value,
        revision: Option<Revision>,
    ) -> Result<Option<Loaded<T>>, BootstrapError> {
        let plan = &self.plan;
        let Some(Watching { key, events, .. }) = &self.watching else {
            return Ok(None);
        };
        let made = plan.overlay(key, value, events).and_then(|overlay| {
            let merged = plan.merged(&self.files, Some(&overlay));
            if merged == *self.last && !self.is_degraded {
                return Ok(None);
            }
            let config = plan.typed(&merged, &self.files, Some(&Over::of_key(key, &overlay)))?;
            Ok(Some((config, Arc::new(merged))))
        });
        match made {
            Ok(None) => Ok(None),
            Ok(Some((config, merged))) => {
                events.update_detected(revision);
                self.last = Arc::clone(&merged);
                self.is_degraded = false;
                Ok(Some(Loaded {
                    config,
                    source: Source::Kv,
                    degraded: None,
                    seeded: false,
                    key: Some(key.clone()),
                    revision,
                    merged,
                    files: Arc::clone(&self.files),
                }))
            }
            Err(error) => {
                events.update_rejected(&error);
                Err(error)
            }
        }
    }
}

impl Watching {
    async fn next(&mut self) -> Option<News> {
        loop {
            match &mut self.state {
                State::Over => return None,
                State::Open(watch) => match watch.next().await {
                    Some(Ok(change)) => {
                        self.has_told = true;
                        return Some(match change {
                            Change::Set { value, revision } => News::Set(value, revision),
                            Change::Deleted { .. } => News::Deleted,
                        });
                    }
                    Some(Err(error)) if error.is_outage() => {
                        self.has_told = true;
                        return Some(News::Interrupted(error));
                    }
                    Some(Err(error)) => {
                        self.state = State::Over;
                        return Some(News::Ended(BootstrapErrorKind::Store(error)));
                    }
                    // A watch that ends before it told anything would only end again.
                    None if !self.has_told => {
                        self.state = State::Over;
                        let key = self.key.clone();
                        return Some(News::Ended(BootstrapErrorKind::WatchEnded { key }));
                    }
                    None => self.state = State::Lost,
                },
                State::Lost => match self.store.watch(&self.key).await {
                    Ok(watch) => {
                        self.state = State::Open(watch);
                        self.has_told = false;
                    }
                    Err(error) => {
                        self.state = State::Over;
                        return Some(News::Ended(BootstrapErrorKind::Store(error)));
                    }
                },
            }
        }
    }
}

impl<T> fmt::Debug for Updates<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Updates")
            .field("service", &self.plan.declared.service)
            .finish_non_exhaustive()
    }
}
