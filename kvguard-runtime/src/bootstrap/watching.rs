//! A key that is watched, also where the store loses the watch.

use std::sync::Arc;

use super::error::BootstrapErrorKind;
use super::events::Events;
use crate::{Change, Key, KvStore, Revision, StoreError, Value, Watch};

/// A key that is watched.
pub(super) struct Watching {
    pub(super) store: Arc<dyn KvStore>,
    pub(super) key: Key,
    pub(super) events: Events,
    state: State,
    /// Whether anything came since the watch was begun.
    has_told: bool,
    /// Whether a value or a deletion did.
    has_told_value: bool,
}

enum State {
    Open(Watch),
    /// The watch ended without an error, and is to be begun again.
    Lost,
    Over,
}

/// What came.
pub(super) enum News {
    Set {
        value: Value,
        revision: Option<Revision>,
        /// Whether the watch begins with it, so that it may have been there before.
        is_first: bool,
    },
    Deleted,
    Interrupted(StoreError),
    Ended(BootstrapErrorKind),
}

impl Watching {
    pub(super) fn new(store: Arc<dyn KvStore>, key: &Key, events: Events, watch: Watch) -> Self {
        Self {
            store,
            key: key.clone(),
            events,
            state: State::Open(watch),
            has_told: false,
            has_told_value: false,
        }
    }

    /// What comes next; nothing after the end.
    pub(super) async fn next(&mut self) -> Option<News> {
        loop {
            match &mut self.state {
                State::Over => return None,
                State::Open(watch) => match watch.next().await {
                    Some(Ok(change)) => {
                        self.has_told = true;
                        let is_first = !std::mem::replace(&mut self.has_told_value, true);
                        return Some(match change {
                            Change::Set { value, revision } => News::Set {
                                value,
                                revision,
                                is_first,
                            },
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
                        self.has_told_value = false;
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
