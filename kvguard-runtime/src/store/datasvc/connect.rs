//! How connections to the data service are made: TCP, then TLS.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::AlertDescription;
use tokio_rustls::rustls::pki_types::ServerName;
use tonic::transport::Uri;

use super::connect_fault::{ConnectFault, certificate_alert};
use super::connection::Connection;
use super::credentials::CredentialSource;
use super::options::Address;

/// What is known of the connections that were made.
#[derive(Default)]
pub(super) struct Known(Mutex<Facts>);

#[derive(Default)]
struct Facts {
    /// As whom the data service knows the client, by the last connection's certificate.
    identity: Option<String>,
    /// The alert by which the server ended the last connection.
    refused: Option<AlertDescription>,
}

impl Known {
    /// Takes note of the server's alert, if that is how reading or writing ended.
    pub(super) fn note<T>(&self, result: &io::Result<T>) {
        if let Err(error) = result
            && let Some(alert) = certificate_alert(error)
        {
            self.facts().refused = Some(alert);
        }
    }

    /// The server answered, so it takes the client's certificate.
    pub(super) fn taken(&self) {
        self.facts().refused = None;
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes connections to one data service.
#[derive(Clone)]
pub(super) struct Connector(Arc<Shared>);

struct Shared {
    address: Address,
    server_name: ServerName<'static>,
    source: CredentialSource,
    timeout: Duration,
    known: Arc<Known>,
}

impl Connector {
    pub(super) fn new(
        address: Address,
        server_name: ServerName<'static>,
        source: CredentialSource,
        timeout: Duration,
    ) -> Self {
        Self(Arc::new(Shared {
            address,
            server_name,
            source,
            timeout,
            known: Arc::default(),
        }))
    }

    pub(super) fn address(&self) -> &Address {
        &self.0.address
    }

    /// What calls name as their scheme and authority.
    pub(super) fn origin(&self) -> Uri {
        let authority = self.0.address.to_string();
        let origin = Uri::builder()
            .scheme("https")
            .authority(authority)
            .path_and_query("/");
        // An address is an authority.
        origin.build().unwrap_or_default()
    }

    /// As whom the data service knows the client.
    pub(super) fn identity(&self) -> Option<String> {
        self.0.known.facts().identity.clone()
    }

    /// The alert by which the server ended the last connection because of the client's certificate: with TLS 1.3 that is told only after
    /// the handshake.
    pub(super) fn refusal(&self) -> Option<AlertDescription> {
        self.0.known.facts().refused
    }

    /// Makes a connection, with the certificates of now, within the time for one.
    pub(super) async fn connect(&self) -> Result<Connection, ConnectFault> {
        let time = self.0.timeout;
        timeout(time, self.0.connect())
            .await
            .unwrap_or(Err(ConnectFault::TimedOut(time)))
    }
}

impl Shared {
    async fn connect(&self) -> Result<Connection, ConnectFault> {
        let credentials = self.source.credentials().await?;
        self.known
            .facts()
            .identity
            .clone_from(&credentials.identity);
        let tcp = TcpStream::connect((self.address.host.as_str(), self.address.port))
            .await
            .map_err(ConnectFault::Unreachable)?;
        tcp.set_nodelay(true).map_err(ConnectFault::Unreachable)?;
        notice_lost_peer(&tcp);
        let tls = TlsConnector::from(credentials.tls)
            .connect(self.server_name.clone(), tcp)
            .await
            .map_err(|error| ConnectFault::of_handshake(error, &credentials.expected))?;
        Ok(Connection::new(tls, Arc::clone(&self.known)))
    }
}

/// Has the system notice a peer that is gone: it probes a connection on which nothing comes, and where it can gives one up on which
/// nothing is acknowledged. Servers do not see it.
fn notice_lost_peer(tcp: &TcpStream) {
    let socket = SockRef::from(tcp);
    let probes = TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10));
    let result = socket.set_tcp_keepalive(&probes);
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let result = result.and_then(|()| socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED)));
    if let Err(error) = result {
        tracing::debug!(%error, "data service connection is not probed");
    }
}

/// How long the system waits until what was sent, or a probe, is acknowledged.
#[cfg(any(target_os = "android", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);
