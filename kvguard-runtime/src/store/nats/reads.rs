//! What is read from a bucket.

use std::time::Duration;

use async_nats::jetstream;
use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::answer::{Held, MESSAGE_ID, is_removal, system_time};
use super::bucket::Bucket;
use super::signals::Subjects;
use super::wire::{Answer, Ask, Task};
use crate::{Entry, Key, Revision, StoreError, StoreErrorKind, Value};

/// The least and the most time before a read that is too old is made again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// How long reads are too old before the bucket's leader is asked whether the write is still there.
const DOUBT: Duration = Duration::from_millis(500);

impl Bucket {
    /// What a key holds, nothing if it was deleted.
    pub(super) async fn get(
        &self,
        task: &Task<'_>,
        key: &Key,
    ) -> Result<Option<Entry>, StoreError> {
        let held = self.read(task, key, None).await?;
        Ok(held.filter(|held| !held.is_removal).map(|held| Entry {
            value: Value::from(Vec::from(held.value)),
            revision: held.revision,
            created: held.created,
        }))
    }

    /// The last message of a key, not older than what was written through this store and than the revision.
    ///
    /// Any server of a cluster answers, also one that does not have the last write yet.
    pub(super) async fn read(
        &self,
        task: &Task<'_>,
        key: &Key,
        at_least: Option<Revision>,
    ) -> Result<Option<Held>, StoreError> {
        let began = Instant::now();
        let mut pause = PAUSES.0;
        let mut is_asked = false;
        loop {
            let held = if self.setup.allow_direct {
                self.read_once(task, key).await?
            } else {
                self.read_from_leader(task, key).await?
            };
            if held.is_none() && at_least.is_none() && self.written.is_purged(key) {
                return Ok(None);
            }
            let needed = self.written.of(key).max(at_least);
            let Some(needed) = needed else {
                return Ok(held);
            };
            if held.as_ref().is_some_and(|held| held.revision >= needed) {
                return Ok(held);
            }
            if !is_asked && began.elapsed() > DOUBT.min(self.wire.deadline / 4) {
                is_asked = true;
                if !self.still_holds(task, key, needed).await? {
                    self.written.forget(key, needed);
                    return Ok(held);
                }
            }
            let next = Instant::now() + pause;
            if next >= task.until {
                return Err(task
                    .error(StoreErrorKind::TimedOut(self.wire.deadline))
                    .with_source("the servers that answered do not have the last write yet"));
            }
            sleep_until(next).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Whether a revision, or a later one, of a key is in the bucket. It is not where the bucket was made anew, the key purged, or
    /// the value expired.
    async fn still_holds(
        &self,
        task: &Task<'_>,
        key: &Key,
        revision: Revision,
    ) -> Result<bool, StoreError> {
        let subject = self.subject(key.as_str());
        match self.described(task, &subject).await? {
            Ok(described) => {
                let state = described.state;
                let is_there = if state.last_seq >= revision.get() {
                    let subjects = state.subjects.unwrap_or_default();
                    subjects.contains_key(&subject)
                } else {
                    // A mirror gets it from its origin after a while.
                    self.setup.mirror.is_some()
                };
                Ok(is_there && described.created == self.setup.created)
            }
            Err(error) if error.is_no_bucket() => Err(self.no_bucket(task, &error)),
            Err(error) => Err(task.error(error.kind(None)).with_source(error)),
        }
    }

    async fn read_once(&self, task: &Task<'_>, key: &Key) -> Result<Option<Held>, StoreError> {
        let ask = Ask {
            subject: format!("{}.{}", self.api("DIRECT.GET"), self.subject(key.as_str())),
            headers: None,
            payload: Bytes::new(),
            answer: Answer::Value,
            is_repeatable: true,
        };
        let (message, _) = self.wire.ask(task, ask).await?;
        Held::of(message).map_err(|why| task.malformed(why))
    }

    /// A read from a bucket that was set up without direct gets.
    async fn read_from_leader(
        &self,
        task: &Task<'_>,
        key: &Key,
    ) -> Result<Option<Held>, StoreError> {
        use jetstream::stream::LastRawMessageErrorKind;
        self.wire.up(task).await?;
        let denial = self
            .wire
            .signals
            .denial_of(Subjects::One(self.api("STREAM.MSG.GET")));
        let subject = self.subject(key.as_str());
        let read = async {
            let stream = format!("KV_{}", self.name);
            let stream = self.context.get_stream_no_info(stream).await;
            let stream = stream.map_err(|error| task.malformed(error.to_string()))?;
            Ok(stream.get_last_raw_message_by_subject(&subject).await)
        };
        let answer = tokio::select! {
            biased;
            subject = denial => return Err(self.wire.denied(task, &subject)),
            answer = read => answer?,
            () = sleep_until(task.until) => {
                return Err(task.error(StoreErrorKind::TimedOut(self.wire.deadline)));
            }
        };
        match answer {
            Ok(message) => Ok(Some(Held {
                revision: Revision::new(message.sequence),
                created: Some(system_time(message.time)),
                is_removal: is_removal(Some(&message.headers)),
                id: message
                    .headers
                    .get(MESSAGE_ID)
                    .map(|id| id.as_str().to_owned()),
                value: message.payload,
            })),
            Err(error) => match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => Ok(None),
                _ => Err(task
                    .error(StoreErrorKind::Unavailable)
                    .with_source(error.to_string())),
            },
        }
    }
}
