//! What goes wrong with a store in memory, as a test says.

use std::time::Duration;

use super::MemoryStore;
use crate::{Key, Operation, StoreErrorKind, Value};

/// What goes wrong with the operations of one handle.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) latency: Duration,
    pub(super) is_disconnected: bool,
    pub(super) truncation: Option<usize>,
    /// Counts how often the watches were lost: one that began at another count is.
    pub(super) lost_watches: u64,
    pub(super) quicker: Vec<(Key, Value)>,
    planned: Vec<Planned>,
}

/// What becomes of one operation.
#[derive(Clone)]
pub(super) enum Fate {
    /// It is not done.
    Fails(StoreErrorKind),
    /// It is done, and nobody hears of it.
    AnswerIsLost,
}

struct Planned {
    operation: Option<Operation>,
    calls_before: usize,
    fate: Fate,
}

impl Faults {
    /// What is planned for this call; one call counts for all plans.
    pub(super) fn next(&mut self, operation: Operation) -> Option<Fate> {
        let mut fate = None;
        self.planned.retain_mut(|planned| {
            if planned.operation.is_some_and(|meant| meant != operation) {
                return true;
            }
            if planned.calls_before > 0 {
                planned.calls_before -= 1;
                return true;
            }
            fate.get_or_insert_with(|| planned.fate.clone());
            false
        });
        fate
    }
}

/// What goes wrong, for this handle and its clones. Others that share the values go on as before.
impl MemoryStore {
    /// Makes the nth operation from now on fail, counted from 1; 0 is as 1. Of reading many keys each is one.
    pub fn fail_nth(&self, nth: usize, kind: StoreErrorKind) {
        self.plan(None, nth, Fate::Fails(kind));
    }

    /// Makes the nth operation of one kind from now on fail, counted from 1; 0 is as 1.
    pub fn fail_nth_of(&self, operation: Operation, nth: usize, kind: StoreErrorKind) {
        self.plan(Some(operation), nth, Fate::Fails(kind));
    }

    /// Makes the nth operation of one kind from now on be done, and still end with
    /// [`StoreErrorKind::TimedOut`], as when its answer is lost.
    pub fn lose_answer_of(&self, operation: Operation, nth: usize) {
        self.plan(Some(operation), nth, Fate::AnswerIsLost);
    }

    /// Makes every operation from now on take this long, or time out at the deadline. Changes come to watches at once.
    pub fn set_latency(&self, latency: Duration) {
        self.faults().latency = latency;
    }

    /// Makes every operation fail as unavailable, and every watch tell of the outage, until [`reconnect`](Self::reconnect).
    pub fn disconnect(&self) {
        self.faults().is_disconnected = true;
        self.wake();
    }

    /// Ends what [`disconnect`](Self::disconnect) began; watches go on.
    pub fn reconnect(&self) {
        self.faults().is_disconnected = false;
        self.wake();
    }

    /// Cuts every value that is read to at most this many bytes; `None` ends it.
    pub fn truncate_values(&self, bytes: Option<usize>) {
        self.faults().truncation = bytes;
    }

    /// Ends the watches there are, without an error.
    pub fn lose_watches(&self) {
        self.faults().lost_watches += 1;
        self.wake();
    }

    /// Makes another writer set a key just before the next write to it, which may then meet a conflict.
    pub fn let_another_be_quicker(&self, key: &Key, value: impl Into<Value>) {
        self.faults().quicker.push((key.clone(), value.into()));
    }

    fn plan(&self, operation: Option<Operation>, nth: usize, fate: Fate) {
        self.faults().planned.push(Planned {
            operation,
            calls_before: nth.saturating_sub(1),
            fate,
        });
    }
}
