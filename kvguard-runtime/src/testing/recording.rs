//! What a store was asked to do.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::{Operation, StoreErrorKind};

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was done.
    Done,
    /// The identity may not do it.
    Denied,
    /// The key held something else than was expected.
    Conflict,
    /// It was not done, or its answer was lost, for another reason.
    Failed,
}

impl Outcome {
    /// The outcome of an operation's result.
    pub fn of<T>(result: &Result<T, StoreErrorKind>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(StoreErrorKind::PermissionDenied(_)) => Self::Denied,
            Err(StoreErrorKind::Conflict) => Self::Conflict,
            Err(_) => Self::Failed,
        }
    }
}

/// One operation that a store was asked for. Of reading many keys each is one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// What was asked.
    pub operation: Operation,
    /// The key as it was sent, if the operation is about one; the prefix for a list of keys.
    pub key: Option<String>,
    /// Who asked, as the store knows it.
    pub identity: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Recorded {
    /// An operation about no key, by nobody that is known, that was done.
    pub fn new(operation: Operation) -> Self {
        Self {
            operation,
            key: None,
            identity: None,
            outcome: Outcome::Done,
        }
    }

    /// With the key as it was sent.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// With who asked.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// With how it ended.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// The operations that a store was asked for, in their order. Clones are of the same recording.
#[derive(Clone)]
pub struct Recording {
    operations: Arc<Mutex<Vec<Recorded>>>,
    count: Arc<watch::Sender<usize>>,
    observer: Arc<Mutex<Option<Observer>>>,
}

/// What is told of an operation before it is answered.
type Observer = Box<dyn FnMut(&Recorded) + Send>;

impl Default for Recording {
    fn default() -> Self {
        Self {
            operations: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
            observer: Arc::default(),
        }
    }
}

impl Recording {
    /// A recording with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an operation.
    pub fn record(&self, recorded: Recorded) {
        let mut observer = self.observer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(observer) = &mut *observer {
            observer(&recorded);
        }
        drop(observer);
        let count = {
            let mut operations = self.operations();
            operations.push(recorded);
            operations.len()
        };
        self.count.send_replace(count);
    }

    /// Has something told of each operation from now on, before it is answered. It is in the place of what was told before.
    pub(crate) fn observe(&self, observer: impl FnMut(&Recorded) + Send + 'static) {
        let mut held = self.observer.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(Box::new(observer));
    }

    /// Tells of each change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// All operations so far.
    pub fn all(&self) -> Vec<Recorded> {
        self.operations().clone()
    }

    /// The operations of one kind so far.
    pub fn of(&self, operation: Operation) -> Vec<Recorded> {
        self.filtered(|recorded| recorded.operation == operation)
    }

    /// The operations so far that would change something, whether or not they were done.
    pub fn writes(&self) -> Vec<Recorded> {
        self.filtered(|recorded| recorded.operation.is_write())
    }

    /// Forgets all operations so far.
    pub fn clear(&self) {
        self.operations().clear();
    }

    /// Waits until the operations so far are as a test needs them. It has no deadline of its own.
    pub async fn wait_until(&self, mut condition: impl FnMut(&[Recorded]) -> bool) {
        let mut count = self.count.subscribe();
        loop {
            count.mark_unchanged();
            if condition(&self.operations()) {
                return;
            }
            // The sender lives as long as `self`.
            if count.changed().await.is_err() {
                return;
            }
        }
    }

    fn filtered(&self, is_meant: impl Fn(&Recorded) -> bool) -> Vec<Recorded> {
        self.operations()
            .iter()
            .filter(|recorded| is_meant(recorded))
            .cloned()
            .collect()
    }

    fn operations(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.operations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Recording")
            .field("operations", &self.operations())
            .finish_non_exhaustive()
    }
}
