//! What is written to a bucket.

use std::time::Duration;

use async_nats::{HeaderMap, HeaderValue, Message};
use bytes::Bytes;
use serde_json::json;

use super::answer::{
    Acknowledgement, ApiError, DELETED, EXPECTED, Held, MESSAGE_ID, OPERATION, PURGED, ROLLUP, json,
};
use super::bucket::Bucket;
use super::wire::{Answer, Ask, Attempts, Task};
use crate::{Key, Operation, Remains, Revision, StoreError, StoreErrorKind, Value};

/// How often a key is tried to be created that others delete at the same time.
const MOST_CREATES: usize = 8;

/// What is written to a key.
enum Content {
    Value(Bytes),
    Deletion,
    /// That takes the place of all that the key held before.
    Purge,
}

/// How a write ended.
enum Stored {
    At(Revision),
    /// The key is at another revision.
    Elsewhere(Elsewhere),
}

/// What is known of a key that is at another revision.
enum Elsewhere {
    /// The revision, where the server tells it.
    At(Option<Revision>),
    /// Its last message.
    Holding(Option<Held>),
}

impl Bucket {
    /// Sets a key, whatever it held.
    pub(super) async fn put(
        &self,
        task: &Task<'_>,
        key: &Key,
        value: Value,
    ) -> Result<Revision, StoreError> {
        let content = Content::Value(value.into_bytes().into());
        match self.write(task, key, &content, None).await? {
            Stored::At(revision) => Ok(revision),
            Stored::Elsewhere(_) => Err(task.malformed("a put was refused as a conflict")),
        }
    }

    /// Removes what a key holds.
    pub(super) async fn delete(&self, task: &Task<'_>, key: &Key) -> Result<(), StoreError> {
        match self.write(task, key, &Content::Deletion, None).await? {
            Stored::At(_) => Ok(()),
            Stored::Elsewhere(_) => Err(task.malformed("a delete was refused as a conflict")),
        }
    }

    /// Removes what a key holds and held: without a trace where the user may purge the bucket's stream, or else with a marker.
    pub(super) async fn purge(&self, task: &Task<'_>, key: &Key) -> Result<Remains, StoreError> {
        // To purge a mirror would leave the values in the bucket that it copies.
        if self.setup.mirror.is_none() && self.purge_from_stream(task, key).await? {
            self.written.note_purge(key);
            return Ok(Remains::Nothing);
        }
        match self.write(task, key, &Content::Purge, None).await? {
            Stored::At(_) => Ok(Remains::Marker),
            Stored::Elsewhere(_) => Err(task.malformed("a purge was refused as a conflict")),
        }
    }

    /// Removes a key's messages from the stream; whether they are, which a user may be denied and a stream not allow.
    async fn purge_from_stream(&self, task: &Task<'_>, key: &Key) -> Result<bool, StoreError> {
        #[derive(serde::Deserialize)]
        struct Purged {
            success: bool,
        }
        let body = json!({ "filter": self.subject(key.as_str()) });
        let purged = self
            .wire
            .ask_json::<Purged>(task, self.api("STREAM.PURGE"), &body);
        match purged.await {
            Ok(Ok(purged)) => Ok(purged.success),
            Ok(Err(error)) if error.is_no_bucket() => Err(self.no_bucket(task, &error)),
            Ok(Err(_)) => Ok(false),
            Err(error) if error.is_permission_denied() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sets a key that is at a revision.
    pub(super) async fn update(
        &self,
        task: &Task<'_>,
        key: &Key,
        value: Value,
        revision: Revision,
    ) -> Result<Revision, StoreError> {
        // To the server 0 says that there is nothing, and would create the key.
        if revision.get() == 0 {
            return Err(task.error(StoreErrorKind::Conflict));
        }
        let content = Content::Value(value.into_bytes().into());
        match self.write(task, key, &content, Some(revision)).await? {
            Stored::At(revision) => Ok(revision),
            Stored::Elsewhere(_) => Err(task.error(StoreErrorKind::Conflict)),
        }
    }

    /// Sets a key that holds nothing: that was never set, or was deleted.
    pub(super) async fn create(
        &self,
        task: &Task<'_>,
        key: &Key,
        value: Value,
    ) -> Result<Revision, StoreError> {
        let content = Content::Value(value.into_bytes().into());
        let mut expected = Revision::new(0);
        for _ in 0..MOST_CREATES {
            let held = match self.write(task, key, &content, Some(expected)).await? {
                Stored::At(revision) => return Ok(revision),
                Stored::Elsewhere(Elsewhere::Holding(held)) => held,
                Stored::Elsewhere(Elsewhere::At(actual)) => self.read(task, key, actual).await?,
            };
            expected = match held {
                Some(held) if held.is_removal => held.revision,
                Some(_) => return Err(task.error(StoreErrorKind::Conflict)),
                None => Revision::new(0),
            };
        }
        Err(task
            .error(StoreErrorKind::Conflict)
            .with_source("the key was created and deleted again and again meanwhile"))
    }

    /// Writes once, even if the answer gets lost and the server is asked again.
    async fn write(
        &self,
        task: &Task<'_>,
        key: &Key,
        content: &Content,
        expected: Option<Revision>,
    ) -> Result<Stored, StoreError> {
        let payload = match content {
            Content::Value(value) => value.clone(),
            Content::Deletion | Content::Purge => Bytes::new(),
        };
        let id = self.wire.client.new_inbox();
        let mut headers = HeaderMap::new();
        match content {
            Content::Value(_) => {}
            Content::Deletion => headers.insert(OPERATION, DELETED),
            Content::Purge => {
                headers.insert(OPERATION, PURGED);
                headers.insert(ROLLUP.0, ROLLUP.1);
            }
        }
        if let Some(revision) = expected {
            headers.insert(EXPECTED, HeaderValue::from(revision.get()));
        }
        let mut named = headers.clone();
        named.insert(MESSAGE_ID, id.as_str());
        // The name of a write counts as part of its message. Where it does not fit, the write is made without, and once.
        let is_repeatable = self.tells_repetitions() && self.room(payload.len(), &named).is_ok();
        if is_repeatable {
            headers = named;
        }
        self.room(payload.len(), &headers)
            .map_err(|limit| task.error(StoreErrorKind::TooLarge { limit: Some(limit) }))?;
        let ask = Ask {
            subject: self
                .setup
                .subject_to_write(&self.name, &self.api_prefix, key.as_str()),
            headers: (!headers.is_empty()).then_some(headers),
            payload,
            answer: Answer::Acknowledgement,
            is_repeatable,
        };
        let (message, attempts) = self.wire.ask(task, ask).await?;
        let stored = match acknowledged(task, &message)? {
            Ok(revision) => Stored::At(revision),
            Err(error) if error.kind(None) == StoreErrorKind::Conflict => {
                let actual = error
                    .revision_in_conflict()
                    .filter(|actual| actual.get() > 0);
                if attempts == Attempts::One {
                    return Ok(Stored::Elsewhere(Elsewhere::At(actual)));
                }
                // A cluster looks at the expected revision before it looks whether it did this write already: a write that
                // was made again may conflict with itself.
                match self.read(task, key, actual).await? {
                    Some(held) if held.id.as_deref() == Some(&*id) => Stored::At(held.revision),
                    held => return Ok(Stored::Elsewhere(Elsewhere::Holding(held))),
                }
            }
            Err(error) if error.is_no_bucket() => return Err(self.no_bucket(task, &error)),
            Err(error) => {
                let limit = self.limit();
                return Err(task.error(error.kind(limit)).with_source(error));
            }
        };
        if let Stored::At(revision) = stored {
            self.written.note(key, revision);
        }
        Ok(stored)
    }

    /// Whether the server tells the same write, made twice, from two writes for as long as one may take.
    fn tells_repetitions(&self) -> bool {
        self.setup.mirror.is_none()
            && Duration::from_nanos(self.setup.duplicate_window) >= self.wire.deadline * 2
    }

    /// The most bytes of a message, with its headers, where the bucket has such a limit.
    fn limit(&self) -> Option<usize> {
        usize::try_from(self.setup.max_msg_size).ok()
    }

    /// Whether a value of a length fits beside headers; the most bytes that would.
    fn room(&self, length: usize, headers: &HeaderMap) -> Result<(), usize> {
        let most = self
            .limit()
            .map_or(usize::MAX, |limit| limit)
            .min(self.wire.client.max_payload());
        let room = most.saturating_sub(wire_length(headers));
        if length > room { Err(room) } else { Ok(()) }
    }
}

/// The revision that a write is stored at, or why it is not.
fn acknowledged(
    task: &Task<'_>,
    message: &Message,
) -> Result<Result<Revision, ApiError>, StoreError> {
    json::<Acknowledgement>(message)
        .map(|answer| answer.map(|stored| Revision::new(stored.seq)))
        .map_err(|error| {
            let operation: Operation = task.operation;
            task.malformed(format!("the server's answer to a {operation}: {error}"))
        })
}

/// How many bytes headers take.
fn wire_length(headers: &HeaderMap) -> usize {
    if headers.is_empty() {
        return 0;
    }
    let lines: usize = headers
        .iter()
        .map(|(name, values)| {
            let name = AsRef::<str>::as_ref(name).len();
            values
                .iter()
                .map(|value| name + value.as_str().len() + ": \r\n".len())
                .sum::<usize>()
        })
        .sum();
    "NATS/1.0\r\n\r\n".len() + lines
}
