//! The connection that all calls share.
//!
//! It is made by a task of its own, not by the call that needs it. So a call that is given up leaves no half-made connection behind that
//! nobody drives, and no call is told the fault of an attempt that began before it: the server may be back since.

use std::error::Error;
use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint, Uri};
use tower_service::Service;

use super::connect::Connector;
use super::connect_fault::ConnectFault;
use super::connection::{Connection, SentBytes};
use super::retry::Task;
use super::status_guard::StatusGuard;

/// The connection that all calls share. Clones share it, too.
#[derive(Clone)]
pub(super) struct Link(Arc<Shared>);

struct Shared {
    connector: Connector,
    endpoint: Endpoint,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// How many attempts there were.
    count: u64,
    attempt: Option<Arc<Attempt>>,
}

/// One attempt to make a connection, and the connection that it made.
struct Attempt {
    number: u64,
    /// Nothing while it is under way.
    outcome: watch::Receiver<Option<Outcome>>,
    _task: Task,
}

type Outcome = Result<Open, Arc<ConnectFault>>;

/// A connection, which may have ended since.
#[derive(Clone)]
pub(super) struct Open {
    attempt: u64,
    channel: StatusGuard<Channel>,
    sent: SentBytes,
}

impl Open {
    /// What to call on.
    pub(super) fn grpc(&self) -> tonic::client::Grpc<StatusGuard<Channel>> {
        tonic::client::Grpc::new(self.channel.clone())
    }

    /// How many bytes were sent on it so far.
    pub(super) fn sent_bytes(&self) -> u64 {
        self.sent.get()
    }
}

impl Link {
    pub(super) fn new(connector: Connector, endpoint: Endpoint) -> Self {
        Self(Arc::new(Shared {
            connector,
            endpoint,
            current: Mutex::default(),
        }))
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.0.connector
    }

    /// The connection there is, or another one. It fails only by an attempt that began after this was asked for.
    pub(super) async fn open(&self) -> Outcome {
        let (attempt, is_new) = self.attempt();
        let outcome = attempt.outcome().await;
        if outcome.is_ok() || is_new {
            return outcome;
        }
        let (attempt, _) = self.attempt();
        attempt.outcome().await
    }

    /// Has the next call use another connection, if this is still the one that calls use.
    pub(super) fn give_up(&self, open: &Open) {
        let mut current = self.current();
        if let Some(attempt) = &current.attempt
            && attempt.number == open.attempt
        {
            current.attempt = None;
        }
    }

    /// The attempt there is, unless it failed, or else a new one; and whether it is new.
    fn attempt(&self) -> (Arc<Attempt>, bool) {
        let mut current = self.current();
        if let Some(attempt) = &current.attempt
            && !attempt.has_failed()
        {
            return (Arc::clone(attempt), false);
        }
        current.count += 1;
        let attempt = Arc::new(self.begin(current.count));
        current.attempt = Some(Arc::clone(&attempt));
        (attempt, true)
    }

    fn begin(&self, number: u64) -> Attempt {
        let (sender, outcome) = watch::channel(None);
        // The task must not keep the link, whose end ends the task.
        let connector = self.0.connector.clone();
        let endpoint = self.0.endpoint.clone();
        let work = async move {
            let opened = open(number, &connector, endpoint).await;
            sender.send_replace(Some(opened.map_err(Arc::new)));
        };
        Attempt {
            number,
            outcome,
            _task: Task::spawn(work),
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.0
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    async fn outcome(&self) -> Outcome {
        let mut outcome = self.outcome.clone();
        let decided = outcome.wait_for(Option::is_some).await;
        match decided.ok().and_then(|decided| decided.clone()) {
            Some(outcome) => outcome,
            None => Err(Arc::new(ConnectFault::Unreachable(io::Error::other(
                "the runtime that was to make the connection has ended",
            )))),
        }
    }

    /// Whether it gave no connection, or its runtime ended before it could.
    fn has_failed(&self) -> bool {
        match &*self.outcome.borrow() {
            Some(outcome) => outcome.is_err(),
            None => self.outcome.has_changed().is_err(),
        }
    }
}

async fn open(
    attempt: u64,
    connector: &Connector,
    endpoint: Endpoint,
) -> Result<Open, ConnectFault> {
    let connection = connector.connect().await?;
    let sent = connection.sent();
    let channel = endpoint
        .connect_with_connector(Given(Some(connection)))
        .await
        .map_err(|error| match connector.refusal() {
            Some(alert) => ConnectFault::Refused(alert),
            None => ConnectFault::Protocol(error),
        })?;
    Ok(Open {
        attempt,
        channel: StatusGuard::new(channel),
        sent,
    })
}

/// Gives a channel the one connection that was made for it. Where that has ended, the channel has none, and its calls fail before
/// anything of them is sent.
struct Given(Option<Connection>);

impl Service<Uri> for Given {
    type Response = TokioIo<Connection>;
    type Error = Ended;
    type Future = Ready<Result<Self::Response, Ended>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().map(TokioIo::new).ok_or(Ended))
    }
}

/// The channel's connection has ended.
#[derive(Debug)]
struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection has ended")
    }
}

impl Error for Ended {}
