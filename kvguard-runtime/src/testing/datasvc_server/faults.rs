//! What goes wrong with a data service, as a test says.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::DatasvcServer;
use crate::{Operation, StoreErrorKind};

/// What goes wrong.
pub(super) struct Faults {
    planned: Mutex<Planned>,
    is_frozen: watch::Sender<bool>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            planned: Mutex::default(),
            is_frozen: watch::Sender::new(false),
        }
    }
}

#[derive(Default)]
struct Planned {
    latency: Duration,
    truncation: Option<usize>,
    /// Counts how often the watches were lost: one that began at another count is.
    lost_watches: u64,
    plans: Vec<Plan>,
}

struct Plan {
    operation: Option<Operation>,
    calls_before: usize,
    fate: Fate,
}

/// What becomes of one call.
#[derive(Clone)]
pub(super) enum Fate {
    /// It is not done.
    Fails(StoreErrorKind),
    /// It is done, and never answered.
    AnswerIsLost,
    /// It is not done, and its connection breaks.
    ConnectionBreaks,
}

impl Faults {
    /// What is planned for this call; one call counts for all plans.
    pub(super) fn next(&self, operation: Operation) -> Option<Fate> {
        let mut fate = None;
        self.planned().plans.retain_mut(|plan| {
            if plan.operation.is_some_and(|meant| meant != operation) {
                return true;
            }
            if plan.calls_before > 0 {
                plan.calls_before -= 1;
                return true;
            }
            fate.get_or_insert_with(|| plan.fate.clone());
            false
        });
        fate
    }

    pub(super) fn latency(&self) -> Duration {
        self.planned().latency
    }

    pub(super) fn lost_watches(&self) -> u64 {
        self.planned().lost_watches
    }

    /// Does the work, except while the server is frozen.
    pub(super) async fn unless_frozen<T>(&self, work: impl Future<Output = T>) -> T {
        let mut is_frozen = self.is_frozen.subscribe();
        let mut work = pin!(work);
        loop {
            // The sender lives as long as `self`.
            if is_frozen.wait_for(|is_frozen| !is_frozen).await.is_err() {
                return work.await;
            }
            tokio::select! {
                biased;
                _ = is_frozen.wait_for(|is_frozen| *is_frozen) => {}
                done = &mut work => return done,
            }
        }
    }

    /// A value as it is sent.
    pub(super) fn sent(&self, mut value: Vec<u8>) -> Vec<u8> {
        if let Some(bytes) = self.planned().truncation {
            value.truncate(bytes);
        }
        value
    }

    fn plan(&self, operation: Option<Operation>, nth: usize, fate: Fate) {
        self.planned().plans.push(Plan {
            operation,
            calls_before: nth.saturating_sub(1),
            fate,
        });
    }

    fn planned(&self) -> MutexGuard<'_, Planned> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What goes wrong, for all clients. A batch of keys counts as one operation.
impl DatasvcServer {
    /// Makes the nth operation from now on fail, counted from 1; 0 is as 1. The status is the one that the reference has for this kind.
    pub fn fail_nth(&self, nth: usize, kind: StoreErrorKind) {
        self.shared.faults.plan(None, nth, Fate::Fails(kind));
    }

    /// Makes the nth operation of one kind from now on fail, counted from 1; 0 is as 1.
    pub fn fail_nth_of(&self, operation: Operation, nth: usize, kind: StoreErrorKind) {
        let fate = Fate::Fails(kind);
        self.shared.faults.plan(Some(operation), nth, fate);
    }

    /// Makes the nth operation of one kind from now on be done, and never answered.
    pub fn lose_answer_of(&self, operation: Operation, nth: usize) {
        let fate = Fate::AnswerIsLost;
        self.shared.faults.plan(Some(operation), nth, fate);
    }

    /// Breaks the connection on which the nth operation of one kind from now on comes; it is not done.
    pub fn break_connection_at(&self, operation: Operation, nth: usize) {
        let fate = Fate::ConnectionBreaks;
        self.shared.faults.plan(Some(operation), nth, fate);
    }

    /// Makes every operation from now on take this long, before it is done. Changes come to watches at once.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.faults.planned().latency = latency;
    }

    /// Cuts every value that is read to at most this many bytes; `None` ends it.
    pub fn truncate_values(&self, bytes: Option<usize>) {
        self.shared.faults.planned().truncation = bytes;
    }

    /// Makes the server hang as a whole: it reads and says nothing, on connections there are and on new ones, until [`thaw`](Self::thaw).
    pub fn freeze(&self) {
        self.shared.faults.is_frozen.send_replace(true);
    }

    /// Ends what [`freeze`](Self::freeze) began.
    pub fn thaw(&self) {
        self.shared.faults.is_frozen.send_replace(false);
    }

    /// Ends the watches there are, without an error.
    pub fn lose_watches(&self) {
        self.shared.faults.planned().lost_watches += 1;
        self.shared.values.wake();
    }
}
