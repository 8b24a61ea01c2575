//! What was written through a store, so that it is not read back older.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Key, Revision};

/// The last revision that was written of each key.
#[derive(Default)]
pub(super) struct Written(Mutex<HashMap<Key, Revision>>);

impl Written {
    pub(super) fn note(&self, key: &Key, revision: Revision) {
        let mut written = self.written();
        match written.get_mut(key) {
            // Acknowledgements may come in another order than the writes.
            Some(known) => *known = revision.max(*known),
            None => {
                written.insert(key.clone(), revision);
            }
        }
    }

    /// The revision that a read may not be older than.
    pub(super) fn of(&self, key: &Key) -> Option<Revision> {
        self.written().get(key).copied()
    }

    /// Forgets a revision that the bucket does not hold any more.
    pub(super) fn forget(&self, key: &Key, revision: Revision) {
        let mut written = self.written();
        if written.get(key) == Some(&revision) {
            written.remove(key);
        }
    }

    fn written(&self) -> MutexGuard<'_, HashMap<Key, Revision>> {
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
}
