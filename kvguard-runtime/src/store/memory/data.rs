//! What the handles of a store in memory share.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::testing::AccessTable;
use crate::{BucketFacts, Entry, Key, Limit, Revision, StoreErrorKind, Value};

/// What a key that was ever set holds.
pub(super) enum Held {
    Value(Entry),
    Removed { revision: Revision },
}

impl Held {
    fn bytes(&self) -> usize {
        match self {
            Self::Value(entry) => entry.value.len(),
            Self::Removed { .. } => 0,
        }
    }

    pub(super) fn revision(&self) -> Revision {
        match self {
            Self::Value(entry) => entry.revision,
            Self::Removed { revision } => *revision,
        }
    }
}

/// The values, and what limits them.
#[derive(Default)]
pub(super) struct Data {
    held: BTreeMap<Key, Held>,
    last_revision: u64,
    /// Those of all values.
    bytes: usize,
    pub(super) access_table: Option<AccessTable>,
    pub(super) value_limit: Option<usize>,
    pub(super) capacity: Option<usize>,
}

impl Data {
    pub(super) fn held(&self, key: &Key) -> Option<&Held> {
        self.held.get(key)
    }

    pub(super) fn entry(&self, key: &Key) -> Option<Entry> {
        match self.held.get(key)? {
            Held::Value(entry) => Some(entry.clone()),
            Held::Removed { .. } => None,
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&Key, Entry)> {
        self.held.iter().filter_map(|(key, held)| match held {
            Held::Value(entry) => Some((key, entry.clone())),
            Held::Removed { .. } => None,
        })
    }

    pub(super) fn set(&mut self, key: &Key, value: Value) -> Revision {
        let revision = self.next_revision();
        let entry = Entry {
            value,
            revision,
            created: Some(SystemTime::now()),
        };
        self.hold(key, Held::Value(entry));
        revision
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(Held::Value(_)) = self.held.get(key) {
            let revision = self.next_revision();
            self.hold(key, Held::Removed { revision });
        }
    }

    fn hold(&mut self, key: &Key, held: Held) {
        self.bytes += held.bytes();
        let before = self.held.insert(key.clone(), held);
        self.bytes -= before.as_ref().map_or(0, Held::bytes);
    }

    /// Whether the limits allow a value.
    pub(super) fn is_taken(&self, key: &Key, value: &Value) -> Result<(), StoreErrorKind> {
        if let Some(limit) = self.value_limit
            && value.len() > limit
        {
            return Err(StoreErrorKind::TooLarge { limit: Some(limit) });
        }
        let others = self.bytes - self.held.get(key).map_or(0, Held::bytes);
        match self.capacity {
            Some(capacity) if others.saturating_add(value.len()) > capacity => {
                Err(StoreErrorKind::Full)
            }
            _ => Ok(()),
        }
    }

    /// What is known of the bucket that it is.
    pub(super) fn facts(&self) -> BucketFacts {
        let limit = |limit: Option<usize>| match limit.map(u64::try_from) {
            Some(Ok(bytes)) => Limit::AtMost(bytes),
            Some(Err(_)) | None => Limit::Unlimited,
        };
        BucketFacts {
            max_age: Some(Limit::Unlimited),
            allows_value_ttl: Some(false),
            max_bytes: Some(limit(self.capacity)),
            max_value_bytes: Some(limit(self.value_limit)),
            ..BucketFacts::default()
        }
    }

    fn next_revision(&mut self) -> Revision {
        self.last_revision += 1;
        Revision::new(self.last_revision)
    }
}

#[cfg(test)]
mod tests {
    use super::Data;
    use crate::{Key, Value};
    use std::time::{Duration, Instant};

    fn key(number: usize) -> Key {
        Key::new(number.to_string()).unwrap()
    }

    #[test]
    fn the_capacity_is_that_of_all_values_through_every_change() {
        let mut data = Data {
            capacity: Some(100),
            ..Data::default()
        };
        let bytes = |count: usize| Value::from(vec![0; count]);
        data.set(&key(0), bytes(60));
        assert!(data.is_taken(&key(1), &bytes(40)).is_ok());
        assert!(data.is_taken(&key(1), &bytes(41)).is_err());
        assert!(data.is_taken(&key(0), &bytes(100)).is_ok());
        data.set(&key(0), bytes(10));
        assert!(data.is_taken(&key(1), &bytes(90)).is_ok());
        data.remove(&key(0));
        data.remove(&key(0));
        assert!(data.is_taken(&key(1), &bytes(100)).is_ok());
    }

    #[test]
    fn to_check_a_value_takes_no_longer_the_more_keys_there_are() {
        let mut data = Data::default();
        let value = Value::from("a");
        let checking = |data: &Data| {
            let start = Instant::now();
            for _ in 0..2000 {
                assert!(data.is_taken(&key(0), &value).is_ok());
            }
            start.elapsed()
        };
        let few = checking(&data);
        for number in 0..50_000 {
            data.set(&key(number), value.clone());
        }
        let many = checking(&data);
        assert!(
            many < few * 50 + Duration::from_millis(200),
            "{few:?}, {many:?}"
        );
    }
}
