//! The changes of a key, through lost connections.
//!
//! A data service answers a watch only with the first value: of a key that holds nothing it says nothing, not even that it
//! watches. So each watch begins with a question beside it, whether the key holds something. That tells a denial, a key that is absent,
//! and after a lost connection a deletion that was missed.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tonic::Streaming;

use super::client::Client;
use super::failure::Failure;
use super::retry::{Backoff, Task};
use super::wire::WatchResponse;
use crate::{Change, Key, Operation, StoreError, StoreErrorKind, Value, Watch};

/// How many changes wait to be taken before the server has to wait.
const WAITING: usize = 16;

/// When to ask again whether a key holds something, while its value is still to come.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// A stream that held this long was none that breaks at once.
const STEADY: Duration = Duration::from_secs(1);

/// Begins a watch; it goes on by itself in a task that ends when the watch is dropped.
pub(super) async fn begin(client: Client, key: Key) -> Result<Watch, StoreError> {
    let deadline = client.deadline();
    let timed_out =
        StoreError::new(Operation::Watch, StoreErrorKind::TimedOut(deadline)).with_key(&key);
    let (changes, taken) = mpsc::channel(WAITING);
    let (begun, has_begun) = oneshot::channel();
    let follower = Follower {
        client,
        key,
        changes,
        last: None,
        begun: Some(begun),
    };
    let task = Task::spawn(follower.follow());
    match timeout(deadline, has_begun).await {
        Ok(Ok(Ok(()))) => Ok(Watch::new(Changes { taken, _task: task })),
        Ok(Ok(Err(error))) => Err(error),
        Ok(Err(_)) | Err(_) => Err(timed_out),
    }
}

/// The changes that a task sends.
struct Changes {
    taken: mpsc::Receiver<Result<Change, StoreError>>,
    _task: Task,
}

impl Stream for Changes {
    type Item = Result<Change, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.taken.poll_recv(context)
    }
}

/// What follows a key.
struct Follower {
    client: Client,
    key: Key,
    changes: mpsc::Sender<Result<Change, StoreError>>,
    /// What was sent last: the value that the key held, if it held one.
    last: Option<Value>,
    /// Told when the watch has begun or cannot.
    begun: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// Why a watch stopped.
enum Stop {
    /// Nobody takes its changes.
    Dropped,
    /// The stream ended, or could not begin.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Follower {
    async fn follow(mut self) {
        let mut backoff = Backoff::new(self.client.longest_backoff());
        let mut is_outage_told = false;
        let mut is_first = true;
        loop {
            let start = Instant::now();
            let mut has_resumed = false;
            let Err(stop) = self.attempt(&mut has_resumed).await;
            let Stop::Failed(failure) = stop else {
                return;
            };
            // The connection may have been broken before.
            if std::mem::take(&mut is_first) && self.begun.is_some() && failure.is_broken() {
                continue;
            }
            let error = self.client.watch_error(failure, &self.key);
            if let Some(begun) = self.begun.take() {
                // Whoever began it may have gone.
                drop(begun.send(Err(error)));
                return;
            }
            if !error.is_outage() {
                drop(self.changes.send(Err(error)).await);
                return;
            }
            is_outage_told &= !has_resumed;
            if !is_outage_told {
                is_outage_told = true;
                tracing::debug!(key = self.key.as_str(), "watch lost");
                if self.changes.send(Err(error)).await.is_err() {
                    return;
                }
            }
            if has_resumed && start.elapsed() >= STEADY {
                backoff.reset();
            }
            backoff.wait_since(start).await;
        }
    }

    /// Follows the key until the stream ends.
    async fn attempt(&mut self, has_resumed: &mut bool) -> Result<std::convert::Infallible, Stop> {
        let (mut stream, mut response) = self.first(has_resumed).await?;
        let mut is_written = false;
        loop {
            let Some(message) = response else {
                return Err(Failure::broken(true, self.client.connector()).into());
            };
            self.send(message.value.into(), is_written).await?;
            *has_resumed = true;
            self.tell_begun();
            response = self.next(&mut stream).await?;
            // The first message of a stream is what the key holds, each one after it a write.
            is_written = true;
        }
    }

    /// Waits for the first value, and asks meanwhile whether there is one.
    async fn first(
        &mut self,
        has_resumed: &mut bool,
    ) -> Result<(Streaming<WatchResponse>, Option<WatchResponse>), Stop> {
        let client = self.client.clone();
        let key = self.key.clone();
        let mut first = pin!(async {
            let mut stream = client.watch(&key).await?;
            let response = stream.message().await;
            let response = response.map_err(|status| client.failure(&status))?;
            Ok::<_, Failure>((stream, response))
        });
        let ask = || async {
            let holds = client.holds_something(&key);
            match timeout(client.deadline(), holds).await {
                Ok(holds) => holds,
                Err(_) => Err(Failure::TimedOut),
            }
        };
        let start = Instant::now();
        loop {
            let holds_something = {
                let mut asked = pin!(ask());
                tokio::select! {
                    biased;
                    first = &mut first => return Ok(first?),
                    answer = &mut asked => answer?,
                }
            };
            if !holds_something {
                self.send(Value::default(), false).await?;
                *has_resumed = true;
                self.tell_begun();
                return Ok(first.await?);
            }
            if start.elapsed() >= client.deadline() {
                return Err(Failure::TimedOut.into());
            }
            tokio::select! {
                biased;
                first = &mut first => return Ok(first?),
                () = sleep(ASK_AGAIN) => {}
            }
        }
    }

    async fn next(
        &self,
        stream: &mut Streaming<WatchResponse>,
    ) -> Result<Option<WatchResponse>, Failure> {
        let response = stream.message().await;
        response.map_err(|status| self.client.failure(&status))
    }

    /// Sends what the key holds, unless that was sent last and is not known to be written since. An empty value is that it holds
    /// nothing.
    async fn send(&mut self, value: Value, is_written: bool) -> Result<(), Stop> {
        let change = match (value.is_empty(), &self.last) {
            (true, None) => return Ok(()),
            (false, Some(last)) if !is_written && *last == value => return Ok(()),
            (true, Some(_)) => Change::Deleted { revision: None },
            (false, _) => Change::Set {
                value: value.clone(),
                revision: None,
            },
        };
        self.last = (!value.is_empty()).then_some(value);
        let sent = self.changes.send(Ok(change)).await;
        sent.map_err(|_| Stop::Dropped)
    }

    fn tell_begun(&mut self) {
        if let Some(begun) = self.begun.take() {
            drop(begun.send(Ok(())));
        }
    }
}
