//! Tasks that go on by themselves, and how long they wait before they try again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use tokio::task::AbortHandle;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// How long to wait before the next attempt: twice as long each time, a random part less so that many clients do not come back at once.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    pub(super) fn reset(&mut self) {
        self.0 = FIRST;
    }

    pub(super) async fn wait(&mut self) {
        let part = RandomState::new().hash_one(()) % 256;
        let less = self.0 / 2 * u32::try_from(part).unwrap_or(0) / 256;
        tokio::time::sleep(self.0.saturating_sub(less)).await;
        self.0 = (self.0 * 2).min(LONGEST);
    }
}

/// A task that ends when this is dropped.
pub(super) struct Task(AbortHandle);

impl Task {
    pub(super) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work).abort_handle())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
