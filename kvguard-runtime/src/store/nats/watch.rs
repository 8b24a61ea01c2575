//! A watch that goes on by itself: each time it begins with the key's last value, and tells what was not told yet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::is_removal;
use super::bucket::Bucket;
use super::consumer::{Consumer, Sent, Wanted};
use super::wire::Task;
use crate::{Change, Key, Operation, Revision, StoreError, StoreErrorKind, Value, Watch};

/// The least time before a watch is begun again.
const PAUSE: Duration = Duration::from_millis(50);

/// The least and the most time between two signs of life.
const HEARTBEATS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// What is told and not yet taken: at most one change, one outage, and the end.
#[derive(Default)]
struct Told {
    items: Mutex<(VecDeque<Result<Change, StoreError>>, bool)>,
    notify: Notify,
}

impl Told {
    /// Tells a change in place of one that is not yet taken.
    fn change(&self, change: Change) {
        let mut items = self.items();
        items.0.retain(Result::is_err);
        items.0.push_back(Ok(change));
        drop(items);
        self.notify.notify_one();
    }

    fn outage(&self, error: StoreError) {
        let mut items = self.items();
        items.0.retain(Result::is_ok);
        items.0.push_back(Err(error));
        drop(items);
        self.notify.notify_one();
    }

    fn end(&self, error: StoreError) {
        let mut items = self.items();
        items.0.push_back(Err(error));
        items.1 = true;
        drop(items);
        self.notify.notify_one();
    }

    async fn next(&self) -> Option<Result<Change, StoreError>> {
        loop {
            {
                let mut items = self.items();
                if let Some(item) = items.0.pop_front() {
                    return Some(item);
                }
                if items.1 {
                    return None;
                }
            }
            // A permit is kept for what is told from here on.
            self.notify.notified().await;
        }
    }

    fn items(&self) -> MutexGuard<'_, (VecDeque<Result<Change, StoreError>>, bool)> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the watching when the watch is dropped.
struct Ending(AbortHandle);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Begins a watch, within the deadline.
pub(super) async fn begin(
    bucket: &Arc<Bucket>,
    task: &Task<'_>,
    key: &Key,
) -> Result<Watch, StoreError> {
    let heartbeat = (bucket.wire.deadline / 2).clamp(HEARTBEATS.0, HEARTBEATS.1);
    let wanted = Wanted {
        filter: bucket.subject(key.as_str()),
        headers_only: false,
        heartbeat,
        // One key needs no flow control, and no grant for it: only the last value counts.
        is_flow_controlled: false,
    };
    let losses = bucket.wire.up(task).await?.losses;
    let consumer = bucket.consume(task, &wanted).await?;
    let told = Arc::new(Told::default());
    let watching = Watching {
        bucket: Arc::clone(bucket),
        key: key.clone(),
        wanted,
        told: Arc::clone(&told),
        last: 0,
        holds: false,
        created: bucket.setup.created.clone(),
    };
    let ending = Ending(tokio::spawn(watching.run(consumer, losses)).abort_handle());
    Ok(Watch::unfold(
        (told, ending),
        |(told, ending): (Arc<Told>, Ending)| async move {
            let item = told.next().await?;
            Some((item, (told, ending)))
        },
    ))
}

struct Watching {
    bucket: Arc<Bucket>,
    key: Key,
    wanted: Wanted,
    told: Arc<Told>,
    /// The last revision that was told, or was a deletion of nothing.
    last: u64,
    /// Whether the last that was told is a value.
    holds: bool,
    /// When the bucket was created whose revision that is.
    created: String,
}

impl Watching {
    async fn run(mut self, mut consumer: Consumer, mut losses: u64) {
        loop {
            let outage = self.follow(consumer, losses).await;
            // What only the server's silence tells may be over at once.
            let is_told = outage.is_some();
            if let Some(error) = outage {
                self.told.outage(error);
            }
            match self.begin_again(is_told).await {
                Some(begun) => (consumer, losses) = begun,
                None => return,
            }
        }
    }

    fn error(&self, kind: StoreErrorKind) -> StoreError {
        StoreError::new(Operation::Watch, kind).with_key(&self.key)
    }

    /// Tells changes until no more come; the outage that this is, unless it is none.
    async fn follow(&mut self, mut consumer: Consumer, losses: u64) -> Option<StoreError> {
        let mut link = self.bucket.wire.signals.link();
        let silence = self.wanted.heartbeat * 5 / 2;
        let mut late = Instant::now() + silence;
        loop {
            let sent = tokio::select! {
                biased;
                sent = consumer.next() => sent,
                _ = link.wait_for(|link| link.losses != losses) => {
                    let error = self.error(StoreErrorKind::Unavailable);
                    return Some(error.with_source("the connection is lost"));
                }
                () = sleep_until(late) => return None,
            };
            late = Instant::now() + silence;
            match sent {
                Sent::Value {
                    message, revision, ..
                } => {
                    let removal = is_removal(message.headers.as_ref());
                    self.tell(revision, removal, &message.payload);
                }
                Sent::Heartbeat => {}
                Sent::Gap => return None,
                Sent::Closed => {
                    let error = self.error(StoreErrorKind::Unavailable);
                    return Some(error.with_source("the connection is closed"));
                }
            }
        }
    }

    fn tell(&mut self, revision: u64, is_removal: bool, value: &[u8]) {
        // The value that it began with is told, or a server tells that does not have the last one yet.
        if revision <= self.last {
            return;
        }
        self.last = revision;
        let revision = Some(Revision::new(revision));
        if !is_removal {
            self.holds = true;
            let value = Value::from(value);
            self.told.change(Change::Set { value, revision });
        } else if self.holds {
            self.holds = false;
            self.told.change(Change::Deleted { revision });
        }
    }

    /// Begins again, however long it takes; nothing if it cannot be.
    async fn begin_again(&mut self, mut is_told: bool) -> Option<(Consumer, u64)> {
        let longest = self.bucket.wire.longest_backoff;
        let mut pause = PAUSE.min(longest);
        let mut link = self.bucket.wire.signals.link();
        loop {
            let bucket = Arc::clone(&self.bucket);
            let key = self.key.clone();
            let task = bucket.wire.task(Operation::Watch, Some(&key));
            match self.try_again(&bucket, &task).await {
                Ok(begun) => return Some(begun),
                Err(error) if error.is_outage() => {
                    if !is_told {
                        is_told = true;
                        self.told.outage(error);
                    }
                }
                Err(error) => {
                    self.told.end(error);
                    return None;
                }
            }
            // The connection's own attempts have their pauses: once it is back, nothing more is waited for.
            let is_up = link.borrow().is_up;
            tokio::select! {
                () = sleep(pause) => {}
                _ = link.wait_for(|link| link.is_up), if !is_up => {}
            }
            pause = (pause * 2).min(longest);
        }
    }

    async fn try_again(
        &mut self,
        bucket: &Bucket,
        task: &Task<'_>,
    ) -> Result<(Consumer, u64), StoreError> {
        let losses = bucket.wire.up(task).await?.losses;
        let described = match bucket.described(task, &self.wanted.filter).await? {
            Ok(described) => described,
            Err(error) if error.is_no_bucket() => return Err(bucket.no_bucket(task, &error)),
            Err(error) => return Err(task.error(error.kind(None)).with_source(error)),
        };
        let consumer = bucket.consume(task, &self.wanted).await?;
        let subjects = described.state.subjects.unwrap_or_default();
        let is_anew = described.created != self.created;
        if is_anew {
            self.created = described.created;
            self.last = 0;
        }
        // The leader knows: a server that tells of no value may not have it yet.
        if self.holds && !subjects.contains_key(&self.wanted.filter) {
            self.holds = false;
            self.told.change(Change::Deleted { revision: None });
        }
        Ok((consumer, losses))
    }
}
