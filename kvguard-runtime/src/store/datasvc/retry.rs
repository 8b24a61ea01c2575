//! Tasks that go on by themselves, and how long they wait before they try again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

const FIRST: Duration = Duration::from_millis(50);

/// The most time between the beginnings of two attempts, unless it is set.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// How long to wait before the next attempt: twice as long each time, a random part less so that many clients do not come back at once.
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new(longest: Duration) -> Self {
        Self {
            next: FIRST.min(longest),
            longest,
        }
    }

    pub(super) fn reset(&mut self) {
        self.next = FIRST.min(self.longest);
    }

    /// Waits before the attempt that follows one that began at some time. What that one took counts, so that attempts which wait for an
    /// answer begin no further apart than others.
    pub(super) async fn wait_since(&mut self, began: Instant) {
        let pause = shortened(self.next);
        let least = Instant::now() + shortened(FIRST.min(self.longest));
        sleep_until((began + pause).max(least)).await;
        self.next = (self.next * 2).min(self.longest);
    }
}

/// A random part less than a time, half of it at most.
fn shortened(time: Duration) -> Duration {
    let part = RandomState::new().hash_one(()) % 256;
    let less = time / 2 * u32::try_from(part).unwrap_or(0) / 256;
    time.saturating_sub(less)
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
