//! Calls of the data service, each within the deadline.

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;

use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::connect::Connector;
use super::failure::Failure;
use super::options::DatasvcOptions;
use super::wire::{self, method};
use crate::{Key, Operation, StoreError, StoreErrorKind};

/// The most bytes of an answer: that of many keys is longer than one value.
const ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// How long a server may take to answer an HTTP/2 ping, at most.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Calls of one data service. Clones share the connection.
#[derive(Clone)]
pub(super) struct Client {
    grpc: tonic::client::Grpc<Channel>,
    connector: Connector,
    deadline: Duration,
    value_limit: usize,
}

impl Client {
    /// Makes the first connection.
    pub(super) async fn connect(
        connector: Connector,
        options: &DatasvcOptions,
    ) -> Result<Self, tonic::transport::Error> {
        // TLS is the connector's: with `https` here tonic would look for its own.
        let endpoint = Endpoint::from_shared(format!("http://{}", connector.address()))?
            .origin(connector.origin())
            .user_agent(concat!("kvguard-runtime/", env!("CARGO_PKG_VERSION")))?
            .http2_keep_alive_interval(options.keep_alive)
            .keep_alive_timeout(PING_TIMEOUT.min(options.keep_alive));
        let channel = endpoint.connect_with_connector(connector.clone()).await?;
        Ok(Self {
            grpc: tonic::client::Grpc::new(channel).max_decoding_message_size(ANSWER_BYTES),
            connector,
            deadline: options.deadline,
            value_limit: options.value_limit,
        })
    }

    pub(super) fn connector(&self) -> &Connector {
        &self.connector
    }

    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(super) fn value_limit(&self) -> usize {
        self.value_limit
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
                Err(Failure::Broken) => self.call(method, request).await,
                result => result,
            }
        };
        self.within_deadline(operation, key, work).await
    }

    /// Writes: once more only if the connection was broken before anything of it was sent.
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
        let work = async {
            let sent = self.connector.sent_bytes();
            match self.call(method, request.clone()).await {
                Err(Failure::Broken) if self.connector.sent_bytes() == sent => {
                    self.call(method, request).await
                }
                result => result,
            }
        };
        self.within_deadline(operation, Some(key), work).await
    }

    /// Begins to watch a key. It has no deadline: the server answers with the first value, which may never come.
    pub(super) async fn watch(&self, key: &Key) -> Result<Streaming<wire::WatchResponse>, Failure> {
        let begin = || async {
            let request = wire::KeyRequest {
                key: key.as_str().to_owned(),
            };
            let mut grpc = self.ready().await?;
            let path = PathAndQuery::from_static(method::WATCH);
            grpc.server_streaming(Request::new(request), path, ProstCodec::default())
                .await
                .map(tonic::Response::into_inner)
                .map_err(|status| self.failure(&status))
        };
        self.unless_old(begin).await
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
        Failure::of(status, &self.connector)
    }

    pub(super) fn error(&self, failure: Failure, operation: Operation, key: &Key) -> StoreError {
        failure.into_error(operation, self.deadline).with_key(key)
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
        let call = || async {
            let mut grpc = self.ready().await?;
            let mut request = Request::new(request.clone());
            // The server gives up when nobody waits any more.
            request.set_timeout(self.deadline);
            grpc.unary(
                request,
                PathAndQuery::from_static(method),
                ProstCodec::default(),
            )
            .await
            .map(tonic::Response::into_inner)
            .map_err(|status| self.failure(&status))
        };
        self.unless_old(call).await
    }

    /// Calls again where the fault is that of a connection which was tried for an earlier call: if that was dropped, the channel
    /// keeps its fault for the next one.
    async fn unless_old<Answer, Calling>(
        &self,
        call: impl Fn() -> Calling,
    ) -> Result<Answer, Failure>
    where
        Calling: Future<Output = Result<Answer, Failure>>,
    {
        let attempts = self.connector.attempts();
        match call().await {
            Err(Failure::NotConnected { .. }) if self.connector.attempts() == attempts => {
                call().await
            }
            result => result,
        }
    }

    async fn ready(&self) -> Result<tonic::client::Grpc<Channel>, Failure> {
        let mut grpc = self.grpc.clone();
        match grpc.ready().await {
            Ok(()) => Ok(grpc),
            Err(error) => Err(Failure::of(&error, &self.connector)),
        }
    }
}
