//! Values as the server sends them by itself: for watches and lists.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::{Message, StatusCode, Subscriber};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::answer::ApiError;
use super::bucket::Bucket;
use super::wire::Task;
use crate::{StoreError, StoreErrorKind};

/// The least and the most time before the server is asked again for the first time, and the most after that.
const PAUSES: (Duration, Duration, Duration) = (
    Duration::from_millis(50),
    Duration::from_secs(1),
    Duration::from_secs(4),
);

/// What is to be sent.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The subjects, with wildcards.
    pub filter: String,
    /// Whether the values may stay away.
    pub headers_only: bool,
    /// How often the server says that it is still there.
    pub heartbeat: Duration,
    /// Whether the server waits for the client where there is much.
    pub is_flow_controlled: bool,
}

/// What the server sends, the last value of each subject first.
pub(super) struct Consumer {
    subscriber: Subscriber,
    bucket_context: jetstream::Context,
    /// How many messages were there at the beginning.
    pub pending: u64,
    received: u64,
}

#[derive(Deserialize)]
struct Created {
    #[serde(default)]
    num_pending: u64,
}

/// What comes from the server.
pub(super) enum Sent {
    Value {
        message: Message,
        revision: u64,
        /// How many more are there for now.
        pending: u64,
    },
    /// It is still there.
    Heartbeat,
    /// Something before this did not come.
    Gap,
    /// The connection is closed for good.
    Closed,
}

impl Bucket {
    /// Has the server send values, within the deadline.
    pub(super) async fn consume(
        &self,
        task: &Task<'_>,
        wanted: &Wanted,
    ) -> Result<Consumer, StoreError> {
        // While a cluster has no leader it answers nothing, and does nothing later. Asked twice, it might send everything twice: so
        // each attempt has a subject of its own, and those that are not needed are given up together with theirs.
        let mut attempts = FuturesUnordered::new();
        attempts.push(self.consume_once(task, wanted));
        let mut pause = (self.wire.deadline / 8).clamp(PAUSES.0, PAUSES.1);
        let mut next = Instant::now() + pause;
        loop {
            tokio::select! {
                biased;
                Some(attempt) = attempts.next() => match attempt {
                    // Its connection was lost.
                    Err(error)
                        if matches!(error.kind(), StoreErrorKind::TimedOut(_))
                            && Instant::now() < task.until =>
                    {
                        if attempts.is_empty() {
                            attempts.push(self.consume_once(task, wanted));
                        }
                    }
                    done => return done,
                },
                () = sleep_until(next) => {
                    attempts.push(self.consume_once(task, wanted));
                    pause = (pause * 2).min(PAUSES.2);
                    next = Instant::now() + pause;
                }
            }
        }
    }

    async fn consume_once(&self, task: &Task<'_>, wanted: &Wanted) -> Result<Consumer, StoreError> {
        self.wire.up(task).await?;
        let client = &self.wire.client;
        let inbox = client.new_inbox();
        let subscriber = client.subscribe(inbox.clone()).await.map_err(|error| {
            task.error(StoreErrorKind::Unavailable)
                .with_source(error.to_string())
        })?;
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let mut config = json!({
            "deliver_subject": inbox,
            "deliver_policy": "last_per_subject",
            "ack_policy": "none",
            "max_deliver": 1,
            "replay_policy": "instant",
            "filter_subject": wanted.filter,
            "idle_heartbeat": nanoseconds(wanted.heartbeat),
            "headers_only": wanted.headers_only,
            "num_replicas": 1,
            "mem_storage": true,
        });
        if wanted.is_flow_controlled {
            config["flow_control"] = true.into();
        }
        let body = json!({ "stream_name": format!("KV_{}", self.name), "config": config });
        let created = self
            .wire
            .ask_json_once::<Created>(task, self.api("CONSUMER.CREATE"), &body)
            .await?;
        match created {
            Ok(created) => Ok(Consumer {
                subscriber,
                bucket_context: self.context.clone(),
                pending: created.num_pending,
                received: 0,
            }),
            Err(error) => Err(self.not_consumed(task, error)),
        }
    }

    fn not_consumed(&self, task: &Task<'_>, error: ApiError) -> StoreError {
        if error.is_no_bucket() {
            return self.no_bucket(task, &error);
        }
        task.error(error.kind(None)).with_source(error)
    }
}

impl Consumer {
    /// What the server sends next. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Sent {
        loop {
            let Some(message) = self.subscriber.next().await else {
                return Sent::Closed;
            };
            if message.status == Some(StatusCode::IDLE_HEARTBEAT) {
                return self.heartbeat(&message).await;
            }
            let message = jetstream::Message {
                message,
                context: self.bucket_context.clone(),
            };
            let Ok(info) = message.info() else {
                // Nothing else is sent to a subject of one's own.
                continue;
            };
            self.received += 1;
            if info.consumer_sequence != self.received {
                return Sent::Gap;
            }
            let (revision, pending) = (info.stream_sequence, info.pending);
            return Sent::Value {
                message: message.message,
                revision,
                pending,
            };
        }
    }

    /// A heartbeat tells how much was sent; one that asks for an answer waits for the client to have caught up.
    async fn heartbeat(&self, message: &Message) -> Sent {
        let headers = message.headers.as_ref();
        let stalled = headers.and_then(|headers| headers.get("Nats-Consumer-Stalled"));
        let reply = message.reply.clone();
        let reply = reply.or_else(|| Some(stalled?.as_str().into()));
        if let Some(reply) = reply {
            let client = self.bucket_context.client();
            // If the connection is lost, so is the consumer.
            let _ = client.publish(reply, bytes::Bytes::new()).await;
        }
        let sent = headers
            .and_then(|headers| headers.get("Nats-Last-Consumer"))
            .and_then(|sent| sent.as_str().parse::<u64>().ok());
        match sent {
            Some(sent) if sent != self.received => Sent::Gap,
            _ => Sent::Heartbeat,
        }
    }
}
