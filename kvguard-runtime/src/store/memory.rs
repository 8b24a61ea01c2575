//! A store in memory, for tests.

mod data;
mod faults;
mod operations;
mod watched;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use data::Data;
use faults::{Fate, Faults};

use super::{Denial, Entry, Operation, Revision, StoreError, StoreErrorKind, Value};
use crate::Key;
use crate::testing::{AccessTable, Outcome, Recorded, Recording};

/// A store in memory that records what it is asked, enforces an access table and fails as a test says.
///
/// A clone is the same handle; [`handle_of`](Self::handle_of) gives that of another identity, with faults of its own, to the same
/// values. The handle that is made first is the test's own hand: nothing is denied to it.
///
/// ```
/// use kvguard_runtime::testing::{AccessTable, MemoryStore};
/// use kvguard_runtime::{Key, KvStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// const KEY: Key = Key::from_static("config/trapd.json");
/// let store = MemoryStore::new().with_access_table(AccessTable::new().grant("trapd", "reader"));
/// store.set(&KEY, "{}");
/// let trapd = store.handle_of("trapd");
/// assert!(trapd.get(&KEY).await.is_ok());
/// assert!(trapd.put(&KEY, "[]".into()).await.unwrap_err().is_permission_denied());
/// assert_eq!(store.recording().writes().len(), 1);
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    faults: Arc<Mutex<Faults>>,
    identity: Option<Arc<str>>,
    deadline: Duration,
    tells_revisions: bool,
}

/// What all handles share.
struct Shared {
    data: Mutex<Data>,
    recording: Recording,
    /// Told of whatever may concern a watch.
    changed: watch::Sender<()>,
}

impl MemoryStore {
    /// A store that holds nothing, denies nothing, and has a deadline of five seconds.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                data: Mutex::default(),
                recording: Recording::new(),
                changed: watch::Sender::new(()),
            }),
            faults: Arc::default(),
            identity: None,
            deadline: Duration::from_secs(5),
            tells_revisions: true,
        }
    }

    /// With an access table, for all handles that have an identity.
    #[must_use]
    pub fn with_access_table(self, table: AccessTable) -> Self {
        self.set_access_table(table);
        self
    }

    /// With the most bytes that a value may have, for all handles.
    #[must_use]
    pub fn with_value_limit(self, bytes: usize) -> Self {
        self.data().value_limit = Some(bytes);
        self
    }

    /// With the most bytes that all values together may have, for all handles.
    #[must_use]
    pub fn with_capacity(self, bytes: usize) -> Self {
        self.data().capacity = Some(bytes);
        self
    }

    /// With a deadline, for this handle and those made of it.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Without revisions after a put and in watches, as the data service tells none; for this handle and those made of it.
    #[must_use]
    pub fn without_revisions(mut self) -> Self {
        self.tells_revisions = false;
        self
    }

    /// The handle of an identity, to the same values, with faults of its own.
    #[must_use]
    pub fn handle_of(&self, identity: impl Into<String>) -> Self {
        Self {
            identity: Some(identity.into().into()),
            faults: Arc::default(),
            ..self.clone()
        }
    }

    /// Replaces the access table, for all handles that have an identity; watches that it does not permit end.
    pub fn set_access_table(&self, table: AccessTable) {
        self.data().access_table = Some(table);
        self.wake();
    }

    /// What all handles were asked.
    pub fn recording(&self) -> &Recording {
        &self.shared.recording
    }

    /// Sets a key by the test's hand: nothing is recorded, denied or limited.
    pub fn set(&self, key: &Key, value: impl Into<Value>) -> Revision {
        let revision = self.data().set(key, value.into());
        self.wake();
        revision
    }

    /// Removes a key by the test's hand: nothing is recorded or denied.
    pub fn remove(&self, key: &Key) {
        self.data().remove(key);
        self.wake();
    }

    /// What a key holds, by the test's hand: nothing is recorded, denied or truncated.
    pub fn peek(&self, key: &Key) -> Option<Entry> {
        self.data().entry(key)
    }

    /// All that is held, sorted by key, by the test's hand.
    pub fn contents(&self) -> Vec<(Key, Value)> {
        self.data()
            .entries()
            .map(|(key, entry)| (key.clone(), entry.value))
            .collect()
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        self.shared
            .data
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        self.shared.changed.send_replace(());
    }

    /// Whether the identity may do this, as the access table stands.
    fn check(&self, data: &Data, operation: Operation) -> Result<(), Denial> {
        match (&data.access_table, &self.identity) {
            (Some(table), Some(identity)) => table.check(identity, operation),
            _ => Ok(()),
        }
    }

    /// Waits as long as an answer takes.
    async fn delay(&self) -> Result<(), StoreErrorKind> {
        let latency = self.faults().latency;
        if latency >= self.deadline {
            sleep(self.deadline).await;
            return Err(StoreErrorKind::TimedOut(self.deadline));
        }
        if !latency.is_zero() {
            sleep(latency).await;
        }
        Ok(())
    }

    /// Does an operation that has been waited for, or lets it fail, and records it.
    fn perform<T>(
        &self,
        operation: Operation,
        key: Option<&Key>,
        act: impl FnOnce(&mut Data) -> Result<T, StoreErrorKind>,
    ) -> Result<T, StoreError> {
        let outcome = self.attempt(operation, key, act);
        if operation.is_write() {
            self.wake();
        }
        self.record(operation, key.map(Key::as_str), &outcome);
        outcome.map_err(|kind| error(operation, key, kind))
    }

    fn attempt<T>(
        &self,
        operation: Operation,
        key: Option<&Key>,
        act: impl FnOnce(&mut Data) -> Result<T, StoreErrorKind>,
    ) -> Result<T, StoreErrorKind> {
        let fate = {
            let mut faults = self.faults();
            if faults.is_disconnected {
                return Err(StoreErrorKind::Unavailable);
            }
            faults.next(operation)
        };
        if let Some(Fate::Fails(kind)) = fate {
            return Err(kind);
        }
        let mut data = self.data();
        self.check(&data, operation)
            .map_err(StoreErrorKind::PermissionDenied)?;
        if let (true, Some(key)) = (operation.is_write(), key) {
            let mut faults = self.faults();
            if let Some(position) = faults.quicker.iter().position(|(meant, _)| meant == key) {
                let (key, value) = faults.quicker.remove(position);
                data.set(&key, value);
            }
        }
        let done = act(&mut data)?;
        match fate {
            Some(_) => Err(StoreErrorKind::TimedOut(self.deadline)),
            None => Ok(done),
        }
    }

    fn record<T>(
        &self,
        operation: Operation,
        key: Option<&str>,
        outcome: &Result<T, StoreErrorKind>,
    ) {
        self.shared.recording.record(Recorded {
            key: key.map(str::to_owned),
            identity: self.identity.as_deref().map(str::to_owned),
            ..Recorded::new(operation).with_outcome(Outcome::of(outcome))
        });
    }

    /// An operation about no key, recorded with a prefix if it has one, from the waiting on.
    async fn about_all<T>(
        &self,
        operation: Operation,
        prefix: Option<&str>,
        act: impl FnOnce(&mut Data) -> Result<T, StoreErrorKind> + Send,
    ) -> Result<T, StoreError> {
        let outcome = match self.delay().await {
            Ok(()) => self.attempt(operation, None, act),
            Err(kind) => Err(kind),
        };
        self.record(operation, prefix, &outcome);
        outcome.map_err(|kind| error(operation, None, kind))
    }

    /// An operation about a key, from the waiting on.
    async fn about<T>(
        &self,
        operation: Operation,
        key: &Key,
        act: impl FnOnce(&mut Data) -> Result<T, StoreErrorKind> + Send,
    ) -> Result<T, StoreError> {
        if let Err(kind) = self.delay().await {
            self.record::<()>(operation, Some(key.as_str()), &Err(kind.clone()));
            return Err(error(operation, Some(key), kind));
        }
        self.perform(operation, Some(key), act)
    }

    fn read(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let entry = self.perform(Operation::Get, Some(key), |data| Ok(data.entry(key)))?;
        Ok(entry.map(|entry| Entry {
            value: self.as_read(entry.value),
            ..entry
        }))
    }

    fn as_read(&self, value: Value) -> Value {
        match self.faults().truncation {
            Some(limit) if limit < value.len() => {
                let mut bytes = value.into_bytes();
                bytes.truncate(limit);
                Value::from(bytes)
            }
            _ => value,
        }
    }

    fn told(&self, revision: Revision) -> Option<Revision> {
        self.tells_revisions.then_some(revision)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("MemoryStore")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

fn error(operation: Operation, key: Option<&Key>, kind: StoreErrorKind) -> StoreError {
    let error = StoreError::new(operation, kind);
    match key {
        Some(key) => error.with_key(key),
        None => error,
    }
}
