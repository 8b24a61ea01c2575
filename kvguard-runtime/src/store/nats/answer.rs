//! What the server answers.

use std::fmt;
use std::time::SystemTime;

use async_nats::datetime::{DateTime, parse_rfc3339};
use async_nats::{HeaderMap, Message};
use serde::Deserialize;

use crate::{Revision, StoreErrorKind};

/// An error that the server answers with. It tells nothing of values.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ApiError {
    #[serde(default)]
    pub code: u16,
    #[serde(default)]
    pub err_code: u16,
    #[serde(default)]
    pub description: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the server says: {} (error {})",
            self.description, self.err_code
        )
    }
}

impl std::error::Error for ApiError {}

// Numbers of the server's list of errors.
const ACCOUNT_RESOURCES: u16 = 10002;
const NO_PEERS: u16 = 10005;
const INSUFFICIENT_RESOURCES: u16 = 10023;
const MEMORY_RESOURCES: u16 = 10028;
const JETSTREAM_NOT_ENABLED_FOR_ACCOUNT: u16 = 10039;
const STORAGE_RESOURCES: u16 = 10047;
const MESSAGE_TOO_LARGE: u16 = 10054;
const STREAM_NAME_IN_USE: u16 = 10058;
const STREAM_NOT_FOUND: u16 = 10059;
const WRONG_LAST_SEQUENCE: u16 = 10071;
const JETSTREAM_NOT_ENABLED: u16 = 10076;
const STORE_FAILED: u16 = 10077;
const DUPLICATE_IN_PROCESS: u16 = 10158;
const WRONG_LAST_SEQUENCE_CONSTANT: u16 = 10164;

impl ApiError {
    /// Whether the same may be done soon: there is no leader just now, or the same write is still under way.
    pub(super) fn is_passing(&self) -> bool {
        let lasts = matches!(
            self.err_code,
            JETSTREAM_NOT_ENABLED
                | JETSTREAM_NOT_ENABLED_FOR_ACCOUNT
                | ACCOUNT_RESOURCES
                | INSUFFICIENT_RESOURCES
                | MEMORY_RESOURCES
                | STORAGE_RESOURCES
                | STORE_FAILED
        );
        self.err_code == DUPLICATE_IN_PROCESS || (self.code == 503 && !lasts)
    }

    /// Whether there is no such bucket.
    pub(super) fn is_no_bucket(&self) -> bool {
        self.err_code == STREAM_NOT_FOUND
    }

    /// Whether there is a bucket of this name that is set up differently.
    pub(super) fn is_bucket_there(&self) -> bool {
        self.err_code == STREAM_NAME_IN_USE
    }

    /// The kind of error that it is, where the bucket takes messages of so many bytes.
    pub(super) fn kind(&self, limit: Option<usize>) -> StoreErrorKind {
        match self.err_code {
            WRONG_LAST_SEQUENCE | WRONG_LAST_SEQUENCE_CONSTANT => StoreErrorKind::Conflict,
            MESSAGE_TOO_LARGE => StoreErrorKind::TooLarge { limit },
            ACCOUNT_RESOURCES | INSUFFICIENT_RESOURCES | MEMORY_RESOURCES | STORAGE_RESOURCES => {
                StoreErrorKind::Full
            }
            STORE_FAILED if self.description.contains("maximum") => StoreErrorKind::Full,
            NO_PEERS | STORE_FAILED | STREAM_NOT_FOUND => StoreErrorKind::Unavailable,
            _ if self.code == 503 => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Malformed,
        }
    }

    /// The revision that the key is at, where a conflict tells it.
    pub(super) fn revision_in_conflict(&self) -> Option<Revision> {
        if self.err_code != WRONG_LAST_SEQUENCE {
            return None;
        }
        let (_, number) = self.description.rsplit_once(": ")?;
        number.trim().parse().ok().map(Revision::new)
    }
}

/// An answer as JSON, or the error that it tells.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    message: &Message,
) -> Result<Result<T, ApiError>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Failed {
        error: ApiError,
    }
    if let Ok(Failed { error }) = serde_json::from_slice(&message.payload) {
        return Ok(Err(error));
    }
    serde_json::from_slice(&message.payload).map(Ok)
}

/// That a write is stored.
#[derive(Debug, Deserialize)]
pub(super) struct Acknowledgement {
    pub seq: u64,
}

impl Acknowledgement {
    /// Whether it acknowledges anything: a leader that is asked again while it has not yet stored the first answers with a
    /// duplicate of nothing.
    pub(super) fn is_stored(&self) -> bool {
        self.seq > 0
    }
}

pub(super) const OPERATION: &str = "KV-Operation";
pub(super) const DELETED: &str = "DEL";
pub(super) const PURGED: &str = "PURGE";
/// The header by which a message takes the place of all before it, and its value for those of the same subject.
pub(super) const ROLLUP: (&str, &str) = ("Nats-Rollup", "sub");
const MARKER_REASON: &str = "Nats-Marker-Reason";
const SEQUENCE: &str = "Nats-Sequence";
const TIME: &str = "Nats-Time-Stamp";
pub(super) const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";
pub(super) const MESSAGE_ID: &str = "Nats-Msg-Id";

/// Whether a message says that its key holds nothing any more.
pub(super) fn is_removal(headers: Option<&HeaderMap>) -> bool {
    let Some(headers) = headers else {
        return false;
    };
    headers.get(MARKER_REASON).is_some()
        || headers
            .get(OPERATION)
            .is_some_and(|operation| matches!(operation.as_str(), DELETED | PURGED))
}

/// What a key holds, as a direct get tells it.
#[derive(Debug)]
pub(super) struct Held {
    pub revision: Revision,
    /// When it was written.
    pub created: Option<SystemTime>,
    pub is_removal: bool,
    /// What its writer called the write.
    pub id: Option<String>,
    pub value: bytes::Bytes,
}

impl Held {
    /// Nothing where there is no message; an error where the answer is none.
    pub(super) fn of(message: Message) -> Result<Option<Self>, String> {
        if let Some(status) = message.status {
            if status.as_u16() == 404 {
                return Ok(None);
            }
            return Err(format!("the server answers a get with status {status}"));
        }
        let header = |name: &str| Some(message.headers.as_ref()?.get(name)?.as_str());
        let revision = header(SEQUENCE)
            .and_then(|sequence| sequence.parse().ok())
            .map(Revision::new)
            .ok_or("the server answers a get without a sequence")?;
        let created = header(TIME).and_then(|time| parse_rfc3339(time).ok());
        Ok(Some(Self {
            revision,
            created: created.map(system_time),
            is_removal: is_removal(message.headers.as_ref()),
            id: header(MESSAGE_ID).map(str::to_owned),
            value: message.payload,
        }))
    }
}

/// The same time as the standard library has it.
pub(super) fn system_time(time: DateTime) -> SystemTime {
    time.into()
}

#[cfg(test)]
mod tests {
    use super::ApiError;
    use crate::{Revision, StoreErrorKind};

    fn error(code: u16, err_code: u16, description: &str) -> ApiError {
        ApiError {
            code,
            err_code,
            description: description.to_owned(),
        }
    }

    #[test]
    fn a_conflict_tells_the_revision_that_the_key_is_at() {
        let conflict = error(400, 10071, "wrong last sequence: 17");
        assert_eq!(conflict.kind(None), StoreErrorKind::Conflict);
        assert_eq!(conflict.revision_in_conflict(), Some(Revision::new(17)));
    }

    #[test]
    fn a_bucket_is_full_in_each_way_that_it_can_be() {
        for (err_code, description) in [
            (10077, "maximum bytes exceeded"),
            (10077, "maximum messages exceeded"),
            (10002, "resource limits exceeded for account"),
            (10023, "insufficient resources"),
            (10047, "insufficient storage resources available"),
        ] {
            let error = error(503, err_code, description);
            assert_eq!(error.kind(None), StoreErrorKind::Full, "{description}");
            assert!(!error.is_passing(), "{description}");
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(error(503, 10008, "JetStream system temporarily unavailable").is_passing());
        assert!(error(503, 0, "raft: not leader").is_passing());
        assert!(!error(503, 10076, "JetStream not enabled").is_passing());
        assert!(!error(404, 10059, "stream not found").is_passing());
    }
}
