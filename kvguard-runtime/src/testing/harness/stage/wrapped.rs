//! A store with what a test does to it and sees of it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::testing::{Outcome, Recorded, Recording};
use crate::{
    BucketFacts, Entry, Key, KvStore, ListKeys, Operation, Pending, Remains, Revision, StoreError,
    Value, Watch,
};

/// Sets a key by the test's hand.
pub(super) type Hand =
    Arc<dyn Fn(Key, Value) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A store before which another writer may be quicker, and that records what it is asked where its server does not.
#[derive(Clone)]
pub(super) struct Wrapped {
    inner: Arc<dyn KvStore>,
    hand: Hand,
    quicker: Arc<Mutex<Option<(Key, Value)>>>,
    recording: Option<Recording>,
}

impl Wrapped {
    pub(super) fn new(inner: Arc<dyn KvStore>, hand: Hand, recording: Option<Recording>) -> Self {
        Self {
            inner,
            hand,
            quicker: Arc::default(),
            recording,
        }
    }

    /// Makes another writer set a key just before the next write to it.
    pub(super) fn let_another_be_quicker(&self, key: &Key, value: &[u8]) -> bool {
        *self.quicker.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((key.clone(), Value::from(value)));
        true
    }

    async fn another(&self, key: &Key) {
        let quicker = {
            let mut quicker = self.quicker.lock().unwrap_or_else(PoisonError::into_inner);
            let is_meant = quicker.as_ref().is_some_and(|(meant, _)| meant == key);
            if is_meant { quicker.take() } else { None }
        };
        if let Some((key, value)) = quicker {
            (self.hand)(key, value).await;
        }
    }

    fn recorded<T>(
        &self,
        operation: Operation,
        key: &str,
        result: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(recording) = &self.recording {
            let outcome = match &result {
                Ok(_) => Outcome::Done,
                Err(error) if error.is_permission_denied() => Outcome::Denied,
                Err(error) if error.is_conflict() => Outcome::Conflict,
                Err(_) => Outcome::Failed,
            };
            recording.record(Recorded::new(operation).with_key(key).with_outcome(outcome));
        }
        result
    }
}

impl KvStore for Wrapped {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>> {
        Box::pin(async move {
            let result = self.inner.get(key).await;
            self.recorded(Operation::Get, key.as_str(), result)
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>> {
        Box::pin(async move {
            let mut result = self.inner.get_many(keys).await;
            for key in keys {
                result = self.recorded(Operation::Get, key.as_str(), result);
            }
            result
        })
    }

    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            self.another(key).await;
            let result = self.inner.put(key, value).await;
            self.recorded(Operation::Put, key.as_str(), result)
        })
    }

    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            self.another(key).await;
            let result = self.inner.create(key, value).await;
            self.recorded(Operation::Create, key.as_str(), result)
        })
    }

    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision> {
        Box::pin(async move {
            self.another(key).await;
            let result = self.inner.update(key, value, revision).await;
            self.recorded(Operation::Update, key.as_str(), result)
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Box::pin(async move {
            self.another(key).await;
            let result = self.inner.delete(key).await;
            self.recorded(Operation::Delete, key.as_str(), result)
        })
    }

    fn purge<'a>(&'a self, key: &'a Key) -> Pending<'a, Remains> {
        Box::pin(async move {
            self.another(key).await;
            let result = self.inner.purge(key).await;
            self.recorded(Operation::Purge, key.as_str(), result)
        })
    }

    fn describe_bucket(&self) -> Pending<'_, BucketFacts> {
        self.inner.describe_bucket()
    }

    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch> {
        Box::pin(async move {
            let result = self.inner.watch(key).await;
            self.recorded(Operation::Watch, key.as_str(), result)
        })
    }

    fn list_keys(&self) -> Option<&dyn ListKeys> {
        self.inner.list_keys()
    }
}
