//! A watch of a key in memory.

use tokio::sync::watch;

use super::data::Held;
use super::{MemoryStore, error};
use crate::{Change, Key, Operation, Revision, StoreError, StoreErrorKind};

/// A watch under way.
pub(super) struct Watched {
    store: MemoryStore,
    key: Key,
    /// The revision that was told last.
    seen: Option<Revision>,
    lost_watches: u64,
    changed: watch::Receiver<()>,
    has_told_outage: bool,
    is_over: bool,
}

impl Watched {
    /// A watch that begins with what the key holds.
    pub(super) fn new(store: &MemoryStore, key: &Key, held: Option<&Held>) -> Self {
        Self {
            // A deletion before it is not told.
            seen: match held {
                Some(Held::Removed { revision }) => Some(*revision),
                _ => None,
            },
            lost_watches: store.faults().lost_watches,
            changed: store.shared.changed.subscribe(),
            store: store.clone(),
            key: key.clone(),
            has_told_outage: false,
            is_over: false,
        }
    }

    /// The next change, once there is one.
    pub(super) async fn next(mut self) -> Option<(Result<Change, StoreError>, Self)> {
        loop {
            self.changed.mark_unchanged();
            if self.is_over || self.store.faults().lost_watches != self.lost_watches {
                return None;
            }
            if let Some(change) = self.now() {
                return Some((change, self));
            }
            // The sender lives as long as the store in `self`.
            self.changed.changed().await.ok()?;
        }
    }

    /// What is to be told as things stand.
    fn now(&mut self) -> Option<Result<Change, StoreError>> {
        let fail = |kind| Some(Err(error(Operation::Watch, Some(&self.key), kind)));
        if self.store.faults().is_disconnected {
            let is_told = std::mem::replace(&mut self.has_told_outage, true);
            return if is_told {
                None
            } else {
                fail(StoreErrorKind::Unavailable)
            };
        }
        self.has_told_outage = false;
        let data = self.store.data();
        if let Err(denial) = self.store.check(&data, Operation::Watch) {
            self.is_over = true;
            return fail(StoreErrorKind::PermissionDenied(denial));
        }
        let held = data.held(&self.key)?;
        if self.seen == Some(held.revision()) {
            return None;
        }
        self.seen = Some(held.revision());
        let revision = self.store.told(held.revision());
        Some(Ok(match held {
            Held::Value(entry) => Change::Set {
                value: self.store.as_read(entry.value.clone()),
                revision,
            },
            Held::Removed { .. } => Change::Deleted { revision },
        }))
    }
}
