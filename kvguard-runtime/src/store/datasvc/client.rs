//! Calls of the data service, each within the deadline.

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::connect::Connector;
use super::connect_fault::ConnectFault;
use super::failure::Failure;
use super::link::{Link, Open};
use super::options::DatasvcOptions;
use super::status_guard::StatusGuard;
use super::wire::{self, method};
use crate::{Key, Operation, StoreError, StoreErrorKind};

/// The most bytes of an answer: that of many keys is longer than one value.
const ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// How long a server may take to answer an HTTP/2 ping, at most.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

type Grpc = tonic::client::Grpc<StatusGuard<Channel>>;

/// Calls of one data service. Clones share the connection.
#[derive(Clone)]
pub(super) struct Client {
    link: Link,
    deadline: Duration,
    value_limit: usize,
    longest_backoff: Duration,
}

impl Client {
    /// Makes the first connection.
    pub(super) async fn connect(
        connector: Connector,
        options: &DatasvcOptions,
    ) -> Result<Self, Failure> {
        let endpoint = endpoint(&connector, options).map_err(|error| {
            Failure::not_connected(Arc::new(ConnectFault::Protocol(error)), &connector)
        })?;
        let client = Self {
            link: Link::new(connector, endpoint),
            deadline: options.deadline,
            value_limit: options.value_limit,
            longest_backoff: options.longest_backoff,
        };
        client.open().await?;
        Ok(client)
    }

    pub(super) fn connector(&self) -> &Connector {
        self.link.connector()
    }

    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(super) fn value_limit(&self) -> usize {
        self.value_limit
    }

    pub(super) fn longest_backoff(&self) -> Duration {
        self.longest_backoff
    }

    /// Reads: once more if the connection broke meanwhile, as it may have been broken before.
    pub(super) async fn read<Asked, Answer>(
        &self,
        operation: Operation,
        method: &'static str,
        key: Option<&Key>,
        request: Asked,
    ) -> Result<Answer, StoreError>
    where
        Asked: Message + Clone + 'static,
        Answer: Message + Default + 'static,
    {
        let work = async {
            match self.call(method, request.clone()).await {
                Err(failure) if failure.is_broken() => self.call(method, request).await,
                result => result,
            }
        };
        self.within_deadline(operation, key, work).await
    }

    /// Writes: once more only if the connection had ended before anything was sent on it.
    pub(super) async fn write<Asked, Answer>(
        &self,
        operation: Operation,
        method: &'static str,
        key: &Key,
        request: Asked,
    ) -> Result<Answer, StoreError>
    where
        Asked: Message + Clone + 'static,
        Answer: Message + Default + 'static,
    {
        let work = self.call(method, request);
        self.within_deadline(operation, Some(key), work).await
    }

    /// Begins to watch a key. It has no deadline: the server answers with the first value, which may never come.
    pub(super) async fn watch(&self, key: &Key) -> Result<Streaming<wire::WatchResponse>, Failure> {
        let begin = |mut grpc: Grpc| async move {
            let request = wire::KeyRequest {
                key: key.as_str().to_owned(),
            };
            let path = PathAndQuery::from_static(method::WATCH);
            grpc.server_streaming(Request::new(request), path, ProstCodec::default())
                .await
                .map(tonic::Response::into_inner)
        };
        self.on_connection(begin).await
    }

    /// Whether a key holds something, asked without the store's deadline.
    pub(super) async fn holds_something(&self, key: &Key) -> Result<bool, Failure> {
        let request = wire::KeyRequest {
            key: key.as_str().to_owned(),
        };
        let response: wire::GetResponse = self.call(method::GET, request).await?;
        Ok(response.found && !response.value.is_empty())
    }

    pub(super) fn failure(&self, status: &Status) -> Failure {
        Failure::of(status, self.connector())
    }

    /// The error of a watch.
    pub(super) fn watch_error(&self, failure: Failure, key: &Key) -> StoreError {
        failure
            .into_error(Operation::Watch, self.deadline)
            .with_key(key)
            .map_limit(wire::readable_limit)
    }

    async fn within_deadline<Answer>(
        &self,
        operation: Operation,
        key: Option<&Key>,
        work: impl Future<Output = Result<Answer, Failure>>,
    ) -> Result<Answer, StoreError> {
        let error = match timeout(self.deadline, work).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure.into_error(operation, self.deadline),
            Err(_) => StoreError::new(operation, StoreErrorKind::TimedOut(self.deadline)),
        };
        Err(match key {
            Some(key) => error.with_key(key),
            None => error,
        })
    }

    async fn call<Asked, Answer>(
        &self,
        method: &'static str,
        request: Asked,
    ) -> Result<Answer, Failure>
    where
        Asked: Message + Clone + 'static,
        Answer: Message + Default + 'static,
    {
        let call = |mut grpc: Grpc| {
            let mut request = Request::new(request.clone());
            // The server gives up when nobody waits any more.
            request.set_timeout(self.deadline);
            async move {
                grpc.unary(
                    request,
                    PathAndQuery::from_static(method),
                    ProstCodec::default(),
                )
                .await
                .map(tonic::Response::into_inner)
            }
        };
        self.on_connection(call).await
    }

    /// Calls on the connection there is. Where that had ended before anything was sent on it, calls again on another one.
    async fn on_connection<Answer, Calling>(
        &self,
        call: impl Fn(Grpc) -> Calling,
    ) -> Result<Answer, Failure>
    where
        Calling: Future<Output = Result<Answer, Status>>,
    {
        match self.on_connection_once(&call).await {
            Err(Failure::Broken {
                was_sent: false, ..
            }) => self.on_connection_once(&call).await,
            result => result,
        }
    }

    async fn on_connection_once<Answer, Calling>(
        &self,
        call: impl Fn(Grpc) -> Calling,
    ) -> Result<Answer, Failure>
    where
        Calling: Future<Output = Result<Answer, Status>>,
    {
        let open = self.open().await?;
        let sent = open.sent_bytes();
        let mut grpc = open.grpc().max_decoding_message_size(ANSWER_BYTES);
        // The channel's own task may have ended, with the runtime that it ran on.
        if grpc.ready().await.is_ok() {
            let status = match call(grpc).await {
                Ok(answer) => return Ok(answer),
                Err(status) => status,
            };
            let failure = self.failure(&status);
            if !matches!(failure, Failure::Broken { .. }) {
                return Err(failure);
            }
        }
        self.link.give_up(&open);
        let was_sent = open.sent_bytes() != sent;
        Err(Failure::broken(was_sent, self.connector()))
    }

    async fn open(&self) -> Result<Open, Failure> {
        let opened = self.link.open().await;
        opened.map_err(|fault| Failure::not_connected(fault, self.connector()))
    }
}

fn endpoint(
    connector: &Connector,
    options: &DatasvcOptions,
) -> Result<Endpoint, tonic::transport::Error> {
    // TLS is the connector's: with `https` here tonic would look for its own.
    Ok(
        Endpoint::from_shared(format!("http://{}", connector.address()))?
            .origin(connector.origin())
            .user_agent(concat!("kvguard-runtime/", env!("CARGO_PKG_VERSION")))?
            .http2_keep_alive_interval(options.keep_alive)
            .keep_alive_timeout(PING_TIMEOUT.min(options.keep_alive)),
    )
}
