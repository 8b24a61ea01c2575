//! Connections to the data service: TCP, TLS, and what became of the last one.

use std::error::Error;
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{AlertDescription, Error as TlsError};
use tonic::transport::Uri;
use tower_service::Service;

use super::credentials::CredentialSource;
use super::options::Address;
use crate::{Denial, StoreErrorKind};

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum ConnectFault {
    /// Nothing answers, or what answers breaks off.
    Unreachable(io::Error),
    /// Nothing answered within this time.
    TimedOut(Duration),
    /// The server is not the one that is expected, or speaks another TLS.
    Server(TlsError),
    /// The server does not take the client's certificate.
    Refused(AlertDescription),
    /// The Workload API gives this workload no identity.
    #[cfg(feature = "spiffe")]
    NoIdentity,
    /// What the store was set up with cannot be used.
    Unusable(String),
}

impl ConnectFault {
    pub(super) fn unusable(reason: impl Into<String>) -> Self {
        Self::Unusable(reason.into())
    }

    /// The kind of the store's error, with the identity that was presented.
    pub(super) fn kind(&self, identity: Option<String>) -> StoreErrorKind {
        match self {
            Self::Unreachable(_) => StoreErrorKind::Unavailable,
            Self::TimedOut(time) => StoreErrorKind::TimedOut(*time),
            Self::Server(_) | Self::Unusable(_) => StoreErrorKind::Malformed,
            Self::Refused(_) => refused(identity),
            #[cfg(feature = "spiffe")]
            Self::NoIdentity => StoreErrorKind::PermissionDenied(
                Denial::new().with_missing("an X.509 SVID of the Workload API"),
            ),
        }
    }

    /// The fault of a handshake.
    fn of_handshake(error: io::Error) -> Self {
        if let Some(alert) = certificate_alert(&error) {
            return Self::Refused(alert);
        }
        match tls_error(&error) {
            Some(fault) => Self::Server(fault.clone()),
            None => Self::Unreachable(error),
        }
    }
}

impl fmt::Display for ConnectFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => {
                write!(formatter, "the data service cannot be reached: {error}")
            }
            Self::TimedOut(time) => write!(formatter, "no connection within {time:?}"),
            Self::Server(error) => write!(
                formatter,
                "the server is not the expected data service: {error}"
            ),
            Self::Refused(alert) => write!(
                formatter,
                "the data service does not take the client's certificate: {alert:?}"
            ),
            #[cfg(feature = "spiffe")]
            Self::NoIdentity => {
                formatter.write_str("the Workload API gives this workload no identity")
            }
            Self::Unusable(reason) => formatter.write_str(reason),
        }
    }
}

impl Error for ConnectFault {}

/// A denial because of the client's certificate.
pub(super) fn refused(identity: Option<String>) -> StoreErrorKind {
    let mut denial = Denial::new().with_missing("a client certificate that the data service takes");
    denial.identity = identity;
    StoreErrorKind::PermissionDenied(denial)
}

/// The TLS error in an error of reading or writing.
fn tls_error(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// The alert by which the server said that it does not take the client's certificate.
fn certificate_alert(error: &io::Error) -> Option<AlertDescription> {
    match tls_error(error)? {
        TlsError::AlertReceived(alert) => matches!(
            alert,
            AlertDescription::AccessDenied
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRequired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::DecryptError
                | AlertDescription::NoCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::UnsupportedCertificate
        )
        .then_some(*alert),
        _ => None,
    }
}

/// What is known of the connections that were made.
#[derive(Default)]
struct Known {
    /// As whom the data service knows the client, by the last connection's certificate.
    identity: Option<String>,
    /// The alert by which the server ended the last connection.
    refused: Option<AlertDescription>,
}

/// Makes connections to one data service.
#[derive(Clone)]
pub(super) struct Connector(Arc<Shared>);

struct Shared {
    address: Address,
    server_name: ServerName<'static>,
    source: CredentialSource,
    timeout: Duration,
    known: Mutex<Known>,
    sent_bytes: AtomicU64,
    attempts: AtomicU64,
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
            known: Mutex::default(),
            sent_bytes: AtomicU64::new(0),
            attempts: AtomicU64::new(0),
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
        self.0.known().identity.clone()
    }

    /// How often a connection was tried.
    pub(super) fn attempts(&self) -> u64 {
        self.0.attempts.load(Ordering::SeqCst)
    }

    /// How many bytes were sent on all connections.
    pub(super) fn sent_bytes(&self) -> u64 {
        self.0.sent_bytes.load(Ordering::SeqCst)
    }

    /// Whether the server ended the last connection because of the client's certificate: with TLS 1.3 that is told only after the handshake.
    pub(super) fn was_refused(&self) -> bool {
        self.0.known().refused.is_some()
    }
}

impl Shared {
    async fn connect(self: Arc<Self>) -> Result<Connection, ConnectFault> {
        let credentials = self.source.credentials().await?;
        self.known().identity.clone_from(&credentials.identity);
        let tcp = TcpStream::connect((self.address.host.as_str(), self.address.port))
            .await
            .map_err(ConnectFault::Unreachable)?;
        tcp.set_nodelay(true).map_err(ConnectFault::Unreachable)?;
        notice_lost_peer(&tcp);
        let tls = TlsConnector::from(credentials.tls)
            .connect(self.server_name.clone(), tcp)
            .await
            .map_err(ConnectFault::of_handshake)?;
        Ok(Connection { tls, shared: self })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note<T>(&self, result: &io::Result<T>) {
        if let Err(error) = result
            && let Some(alert) = certificate_alert(error)
        {
            self.known().refused = Some(alert);
        }
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

impl Service<Uri> for Connector {
    type Response = TokioIo<Connection>;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let shared = Arc::clone(&self.0);
        shared.attempts.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let time = shared.timeout;
            match timeout(time, shared.connect()).await {
                Ok(connected) => connected.map(TokioIo::new),
                Err(_) => Err(ConnectFault::TimedOut(time)),
            }
        })
    }
}

/// A connection that takes note of why the server ended it, and sends nothing when it did.
pub(super) struct Connection {
    tls: TlsStream<TcpStream>,
    shared: Arc<Shared>,
}

impl Connection {
    /// Writes, unless the server has gone already, though nobody was told yet.
    fn write(
        &mut self,
        write: impl FnOnce(Pin<&mut TlsStream<TcpStream>>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let written = match self.check_peer() {
            Ok(()) => write(Pin::new(&mut self.tls)),
            Err(error) => Poll::Ready(Err(error)),
        };
        if let Poll::Ready(Ok(bytes)) = &written {
            let bytes = u64::try_from(*bytes).unwrap_or(u64::MAX);
            self.shared.sent_bytes.fetch_add(bytes, Ordering::SeqCst);
        }
        self.note_write(&written);
        written
    }

    fn check_peer(&self) -> io::Result<()> {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(self.tls.get_ref().0).peek(&mut byte) {
            Ok(0) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    /// Where a write fails, what the server said last may wait to be read.
    fn note_write<T>(&mut self, written: &Poll<io::Result<T>>) {
        if let Poll::Ready(Err(_)) = written {
            let (tcp, tls) = self.tls.get_mut();
            let read = tls.read_tls(&mut &*SockRef::from(&*tcp));
            if read.is_ok()
                && let Err(error) = tls.process_new_packets()
            {
                self.shared.note(&Err::<(), _>(io::Error::other(error)));
            }
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tls).poll_read(context, buffer);
        if let Poll::Ready(read) = &read {
            self.shared.note(read);
            if buffer.filled().len() > before {
                self.shared.known().refused = None;
            }
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(|tls| tls.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.tls).poll_flush(context);
        self.note_write(&flushed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(|tls| tls.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }
}
