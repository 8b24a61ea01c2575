//! What was written through a store, so that it is not read back older.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Key, Revision};

/// The last revision that was written of each key.
#[derive(Default)]
pub(super) struct Written(Mutex<HashMap<Key, Last>>);

/// What was written last.
#[derive(Clone, Copy)]
struct Last {
    revision: Revision,
    /// Whether it was purged since, so that nothing is left of it.
    is_purged: bool,
}

impl Written {
    pub(super) fn note(&self, key: &Key, revision: Revision) {
        let mut written = self.written();
        let last = Last {
            revision,
            is_purged: false,
        };
        match written.get_mut(key) {
            // Acknowledgements may come in another order than the writes.
            Some(known) if known.revision >= revision => {}
            Some(known) => *known = last,
            None => {
                written.insert(key.clone(), last);
            }
        }
    }

    /// Notes that a key was purged: a read that finds nothing is not too old then.
    pub(super) fn note_purge(&self, key: &Key) {
        if let Some(last) = self.written().get_mut(key) {
            last.is_purged = true;
        }
    }

    /// Whether the last that was done to a key was to purge it.
    pub(super) fn is_purged(&self, key: &Key) -> bool {
        self.written().get(key).is_some_and(|last| last.is_purged)
    }

    /// The revision that a read may not be older than.
    pub(super) fn of(&self, key: &Key) -> Option<Revision> {
        self.written().get(key).map(|last| last.revision)
    }

    /// Forgets a revision that the bucket does not hold any more.
    pub(super) fn forget(&self, key: &Key, revision: Revision) {
        let mut written = self.written();
        if written.get(key).map(|last| last.revision) == Some(revision) {
            written.remove(key);
        }
    }

    fn written(&self) -> MutexGuard<'_, HashMap<Key, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Written;
    use crate::{Key, Revision};

    #[test]
    fn the_greatest_revision_counts_until_it_is_forgotten() {
        const KEY: Key = Key::from_static("a");
        let written = Written::default();
        written.note(&KEY, Revision::new(3));
        written.note(&KEY, Revision::new(2));
        written.forget(&KEY, Revision::new(2));
        assert_eq!(written.of(&KEY), Some(Revision::new(3)));
        written.forget(&KEY, Revision::new(3));
        assert_eq!(written.of(&KEY), None);
    }

    #[test]
    fn a_key_is_purged_until_it_is_written_again() {
        const KEY: Key = Key::from_static("a");
        let written = Written::default();
        written.note_purge(&KEY);
        assert!(!written.is_purged(&KEY));
        written.note(&KEY, Revision::new(3));
        written.note_purge(&KEY);
        written.note(&KEY, Revision::new(2));
        assert!(written.is_purged(&KEY));
        written.note(&KEY, Revision::new(4));
        assert!(!written.is_purged(&KEY));
    }
}
