//! The keys that one check writes.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kvguard_runtime::{InvalidKey, Key, KvStore};

/// A prefix that one check has for itself, and the keys under it that it may have written.
pub struct Scope {
    prefix: String,
    written: Mutex<BTreeSet<Key>>,
}

impl Scope {
    /// One for a prefix, which is to be a part of a key.
    pub fn new(prefix: String) -> Result<Self, InvalidKey> {
        let scope = Self {
            prefix,
            written: Mutex::default(),
        };
        scope.key(&Key::from_static("key")).map(|_| scope)
    }

    /// The key that the data service knows a check's key by.
    pub fn key(&self, key: &Key) -> Result<Key, InvalidKey> {
        Key::new(format!("{}/{key}", self.prefix))
    }

    /// Notes a key that is about to be written.
    pub fn note(&self, key: &Key) {
        self.written().insert(key.clone());
    }

    /// Removes what was written; the keys that are left, and why.
    pub async fn clean(&self, store: &impl KvStore) -> Vec<String> {
        let keys: Vec<Key> = self.written().iter().cloned().collect();
        let mut left = Vec::new();
        for key in keys {
            let removed = match store.delete(&key).await {
                Ok(()) => store.get(&key).await,
                Err(error) => Err(error),
            };
            match removed {
                Ok(None) => {}
                Ok(Some(_)) => left.push(format!("`{key}` holds a value after it was deleted")),
                Err(error) => left.push(format!("`{key}`: {error}")),
            }
        }
        left
    }

    fn written(&self) -> MutexGuard<'_, BTreeSet<Key>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
