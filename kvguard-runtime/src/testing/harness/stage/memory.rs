//! Values in memory.

use std::sync::Arc;

use super::{NOBODY, access_table};
use crate::testing::harness::plan::Trial;
use crate::testing::{AccessTable, MemoryStore, Recording};
use crate::{Key, KvStore};

pub(in crate::testing::harness) struct Memory {
    /// The test's own hand.
    own: MemoryStore,
    service: MemoryStore,
}

impl Memory {
    pub(super) fn open(trial: &Trial) -> Self {
        let own = MemoryStore::new().with_access_table(access_table(trial));
        Self {
            service: own.handle_of(trial.identity.unwrap_or(NOBODY)),
            own,
        }
    }

    pub(super) fn set(&self, key: &Key, value: &[u8]) {
        self.own.set(key, value);
    }

    pub(super) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let contents = self.own.contents().into_iter();
        contents
            .map(|(key, value)| (key.as_str().to_owned(), value.into_bytes()))
            .collect()
    }

    pub(super) fn recording(&self) -> &Recording {
        self.own.recording()
    }

    pub(super) fn deny(&self) {
        self.own.set_access_table(AccessTable::new());
    }

    pub(super) fn cut(&self) {
        self.service.disconnect();
    }

    pub(super) fn let_another_be_quicker(&self, key: &Key, value: &[u8]) {
        self.service.let_another_be_quicker(key, value);
    }

    pub(super) fn store(&self) -> Arc<dyn KvStore> {
        Arc::new(self.service.clone())
    }
}
