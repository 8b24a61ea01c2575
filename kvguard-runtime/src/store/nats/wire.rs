//! Requests, each of which ends: with an answer, a denial, the connection's loss, or its deadline.

use std::sync::Arc;
use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::{Client, HeaderMap, Message, Request};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use super::answer::{Acknowledgement, ApiError, json};
use super::own_thread::OwnThread;
use super::signals::{Link, Signals, Subjects};
use crate::{Denial, Key, Operation, StoreError, StoreErrorKind};

/// The least and the most time before a request is made again that the server could not answer.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// The connection, and what it tells.
#[derive(Clone)]
pub(super) struct Wire {
    pub client: Client,
    pub signals: Arc<Signals>,
    pub identity: Option<Arc<str>>,
    pub deadline: Duration,
    /// The most time between two attempts after a loss.
    pub longest_backoff: Duration,
    pub _thread: Arc<OwnThread>,
}

/// What is done, for errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub operation: Operation,
    pub key: Option<&'a Key>,
    pub began: Instant,
    pub until: Instant,
}

impl Task<'_> {
    pub(super) fn error(&self, kind: StoreErrorKind) -> StoreError {
        let error = StoreError::new(self.operation, kind);
        match self.key {
            Some(key) => error.with_key(key),
            None => error,
        }
    }

    pub(super) fn malformed(&self, why: impl Into<String>) -> StoreError {
        self.error(StoreErrorKind::Malformed)
            .with_source(why.into())
    }

    fn timed_out(&self) -> StoreError {
        self.error(StoreErrorKind::TimedOut(self.began.elapsed()))
    }
}

/// A request.
pub(super) struct Ask {
    pub subject: String,
    pub headers: Option<HeaderMap>,
    pub payload: Bytes,
    pub answer: Answer,
    /// Whether the server does the same, asked once or more often.
    pub is_repeatable: bool,
}

/// What a request is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The value itself.
    Value,
    /// JSON, in which an error may be.
    Json,
    /// JSON that a write is stored, or not.
    Acknowledgement,
}

impl Answer {
    /// Why an answer is not yet the last word.
    fn passing(self, message: &Message) -> Option<ApiError> {
        if self == Self::Value {
            return None;
        }
        if let Ok(Err(error)) = json::<serde_json::Value>(message) {
            return error.is_passing().then_some(error);
        }
        if self == Self::Acknowledgement
            && let Ok(Ok(acknowledgement)) = json::<Acknowledgement>(message)
            && !acknowledgement.is_stored()
        {
            return Some(ApiError {
                code: 503,
                err_code: 0,
                description: "the write is under way".to_owned(),
            });
        }
        None
    }
}

/// Whether the answer to an earlier attempt may have got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempts {
    One,
    More,
}

impl Wire {
    /// What is done from now on, within the deadline.
    pub(super) fn task<'a>(&self, operation: Operation, key: Option<&'a Key>) -> Task<'a> {
        let began = Instant::now();
        Task {
            operation,
            key,
            began,
            until: began + self.deadline,
        }
    }

    pub(super) fn denied(&self, task: &Task<'_>, subject: &str) -> StoreError {
        task.error(StoreErrorKind::PermissionDenied(
            self.denial().with_missing(subject),
        ))
        .with_source(format!(
            "the server does not let this user use the subject `{subject}`"
        ))
    }

    fn refused(&self, task: &Task<'_>, why: &str) -> StoreError {
        task.error(StoreErrorKind::PermissionDenied(self.denial()))
            .with_source(why.to_owned())
    }

    pub(super) fn denial(&self) -> Denial {
        match &self.identity {
            Some(identity) => Denial::new().with_identity(&**identity),
            None => Denial::new(),
        }
    }

    /// Waits until the connection is there.
    pub(super) async fn up(&self, task: &Task<'_>) -> Result<Link, StoreError> {
        let mut link = self.signals.link();
        let is_decided = |link: &Link| link.is_up || link.refusal.is_some();
        tokio::select! {
            decided = link.wait_for(is_decided) => {
                let link = decided
                    .map_err(|_| task.error(StoreErrorKind::Unavailable))?
                    .clone();
                match (&link.refusal, &link.deaf) {
                    (Some(why), _) => Err(self.refused(task, why)),
                    (None, Some(subject)) => Err(self.denied(task, subject)),
                    (None, None) => Ok(link),
                }
            }
            () = sleep_until(task.until) => Err(task
                .error(StoreErrorKind::Unavailable)
                .with_source("the connection is lost")),
        }
    }

    /// Makes a request until it is answered, denied, or late.
    pub(super) async fn ask(
        &self,
        task: &Task<'_>,
        ask: Ask,
    ) -> Result<(Message, Attempts), StoreError> {
        let mut denial = self.signals.denial_of(Subjects::One(ask.subject.clone()));
        let mut changes = self.signals.link();
        let again = (self.deadline / 4).clamp(PAUSES.1 / 5, PAUSES.1 * 2);
        let mut pause = PAUSES.0;
        // Attempts without an answer, whose connection is lost.
        let mut lost = 0;
        let mut made = 0_usize;
        let mut passing: Option<StoreError> = None;
        loop {
            let link = match self.up(task).await {
                Ok(link) => link,
                Err(error) if error.is_outage() && lost > 0 && task.operation.is_write() => {
                    return Err(task.timed_out());
                }
                Err(error) => return Err(error),
            };
            let mut attempts = FuturesUnordered::new();
            attempts.push(self.attempt(&ask));
            made += 1;
            let mut next = Instant::now() + again;
            loop {
                tokio::select! {
                    biased;
                    subject = &mut denial => return Err(self.denied(task, &subject)),
                    Some(answer) = attempts.next() => {
                        let error = match answer {
                            Ok(message) => match ask.answer.passing(&message) {
                                None => {
                                    let attempts = if made > 1 { Attempts::More } else { Attempts::One };
                                    return Ok((message, attempts));
                                }
                                Some(error) => task.error(StoreErrorKind::Unavailable).with_source(error),
                            },
                            Err(error) => match error.kind() {
                                RequestErrorKind::NoResponders => {
                                    let kind = StoreErrorKind::Unavailable;
                                    task.error(kind).with_source("nothing at the server answers to the bucket's subjects")
                                }
                                RequestErrorKind::MaxPayloadExceeded => {
                                    let limit = Some(self.client.max_payload());
                                    return Err(task.error(StoreErrorKind::TooLarge { limit }));
                                }
                                _ => return Err(task.error(StoreErrorKind::Unavailable).with_source(error)),
                            },
                        };
                        passing = Some(error);
                        next = Instant::now() + pause;
                        pause = (pause * 2).min(PAUSES.1);
                    }
                    Ok(()) = changes.changed() => {
                        let now = changes.borrow_and_update().clone();
                        if let Some(subject) = &now.deaf {
                            return Err(self.denied(task, subject));
                        }
                        if !now.is_up || now.losses != link.losses {
                            lost += attempts.len();
                            if !ask.is_repeatable && lost > 0 {
                                return Err(task.timed_out());
                            }
                            break;
                        }
                    }
                    () = sleep_until(next), if ask.is_repeatable || attempts.is_empty() => {
                        attempts.push(self.attempt(&ask));
                        made += 1;
                        next = Instant::now() + again;
                    }
                    () = sleep_until(task.until) => {
                        let is_unanswered = !attempts.is_empty() || (lost > 0 && task.operation.is_write());
                        return Err(match passing {
                            Some(error) if !is_unanswered => error,
                            Some(error) => task.timed_out().with_source(error),
                            None => task.timed_out(),
                        });
                    }
                }
            }
        }
    }

    async fn attempt(&self, ask: &Ask) -> Result<Message, async_nats::RequestError> {
        let mut request = Request::new()
            .payload(ask.payload.clone())
            // The caller has the deadline.
            .timeout(None);
        if let Some(headers) = &ask.headers {
            request = request.headers(headers.clone());
        }
        self.client.send_request(ask.subject.clone(), request).await
    }

    /// Makes a request that is answered with JSON.
    pub(super) async fn ask_json<T: serde::de::DeserializeOwned>(
        &self,
        task: &Task<'_>,
        subject: String,
        body: &serde_json::Value,
    ) -> Result<Result<T, ApiError>, StoreError> {
        self.ask_json_as(task, subject, body, true).await
    }

    /// The same, not made again if its answer may have got lost: then it is as if it came too late.
    pub(super) async fn ask_json_once<T: serde::de::DeserializeOwned>(
        &self,
        task: &Task<'_>,
        subject: String,
        body: &serde_json::Value,
    ) -> Result<Result<T, ApiError>, StoreError> {
        self.ask_json_as(task, subject, body, false).await
    }

    async fn ask_json_as<T: serde::de::DeserializeOwned>(
        &self,
        task: &Task<'_>,
        subject: String,
        body: &serde_json::Value,
        is_repeatable: bool,
    ) -> Result<Result<T, ApiError>, StoreError> {
        let ask = Ask {
            subject,
            headers: None,
            payload: body.to_string().into(),
            answer: Answer::Json,
            is_repeatable,
        };
        let (message, _) = self.ask(task, ask).await?;
        json(&message).map_err(|error| task.error(StoreErrorKind::Malformed).with_source(error))
    }
}
