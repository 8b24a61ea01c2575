//! What the keys hold.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// What the keys hold, with revisions that count all changes.
pub(super) struct Values {
    held: Mutex<Held>,
    changes: watch::Sender<()>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
            changes: watch::Sender::new(()),
        }
    }
}

#[derive(Default)]
struct Held {
    revision: u64,
    slots: BTreeMap<String, Slot>,
    /// Those of all values.
    bytes: usize,
}

/// What a key holds, nothing if it was deleted, and since when.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) value: Option<Vec<u8>>,
    pub(super) revision: u64,
}

impl Slot {
    fn bytes(&self) -> usize {
        self.value.as_ref().map_or(0, Vec::len)
    }
}

/// The key holds something else than was expected.
pub(super) struct Conflict;

impl Values {
    pub(super) fn get(&self, key: &str) -> Option<(Vec<u8>, u64)> {
        let held = self.held();
        let slot = held.slots.get(key)?;
        Some((slot.value.clone()?, slot.revision))
    }

    pub(super) fn slot(&self, key: &str) -> Option<Slot> {
        self.held().slots.get(key).cloned()
    }

    pub(super) fn put(&self, key: &str, value: Vec<u8>) -> u64 {
        let revision = self.held().set(key, Some(value));
        self.wake();
        revision
    }

    pub(super) fn create(&self, key: &str, value: Vec<u8>) -> Result<u64, Conflict> {
        let mut held = self.held();
        if held.slots.get(key).is_some_and(|slot| slot.value.is_some()) {
            return Err(Conflict);
        }
        let revision = held.set(key, Some(value));
        drop(held);
        self.wake();
        Ok(revision)
    }

    pub(super) fn update(&self, key: &str, value: Vec<u8>, at: u64) -> Result<u64, Conflict> {
        let mut held = self.held();
        let current = held.slots.get(key).map_or(0, |slot| slot.revision);
        if current != at {
            return Err(Conflict);
        }
        let revision = held.set(key, Some(value));
        drop(held);
        self.wake();
        Ok(revision)
    }

    pub(super) fn delete(&self, key: &str) {
        let mut held = self.held();
        if held.slots.get(key).is_some_and(|slot| slot.value.is_some()) {
            held.set(key, None);
        }
        drop(held);
        self.wake();
    }

    /// How many bytes all values have but one key's.
    pub(super) fn bytes_without(&self, key: &str) -> usize {
        let held = self.held();
        held.bytes - held.slots.get(key).map_or(0, Slot::bytes)
    }

    /// Tells of every change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Has every watch look again.
    pub(super) fn wake(&self) {
        self.changes.send_replace(());
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn set(&mut self, key: &str, value: Option<Vec<u8>>) -> u64 {
        self.revision += 1;
        let slot = Slot {
            value,
            revision: self.revision,
        };
        self.bytes += slot.bytes();
        let before = self.slots.insert(key.to_owned(), slot);
        self.bytes -= before.as_ref().map_or(0, Slot::bytes);
        self.revision
    }
}

#[cfg(test)]
mod tests {
    use super::Values;
    use std::time::{Duration, Instant};

    #[test]
    fn the_bytes_of_other_keys_are_counted_through_every_change() {
        let values = Values::default();
        values.put("a", vec![0; 10]);
        values.put("b", vec![0; 100]);
        assert_eq!(values.bytes_without("a"), 100);
        assert_eq!(values.bytes_without("c"), 110);
        values.put("b", vec![0; 7]);
        values.delete("a");
        values.delete("a");
        assert_eq!(values.bytes_without("c"), 7);
        assert!(values.create("a", vec![0; 3]).is_ok());
        assert_eq!(values.bytes_without("b"), 3);
    }

    #[test]
    fn to_count_bytes_takes_no_longer_the_more_keys_there_are() {
        let values = Values::default();
        let counting = |values: &Values| {
            let start = Instant::now();
            for _ in 0..2000 {
                assert!(values.bytes_without("0") > 0);
            }
            start.elapsed()
        };
        values.put("0", vec![0]);
        values.put("1", vec![0]);
        let few = counting(&values);
        for number in 2..50_000 {
            values.put(&number.to_string(), vec![0]);
        }
        let many = counting(&values);
        assert!(
            many < few * 50 + Duration::from_millis(200),
            "{few:?}, {many:?}"
        );
    }
}
