//! How a data service is reached.

use std::path::PathBuf;
use std::time::Duration;

pub(super) use kvguard_contract::syntax::Address;

use super::retry;
#[cfg(feature = "spiffe")]
use super::spiffe::SpiffeId;

/// The most bytes of a value: gRPC servers take messages of 4 MiB unless they are told otherwise, and a message has a key besides.
const VALUE_BYTES: usize = 4 * 1024 * 1024 - 2 * 1024;

/// How a data service is reached.
///
/// ```
/// use std::time::Duration;
/// use kvguard_runtime::{DatasvcOptions, MtlsFiles};
///
/// let files = MtlsFiles::new("/etc/trapd/tls.crt", "/etc/trapd/tls.key", "/etc/trapd/ca.crt");
/// let options = DatasvcOptions::new("datasvc:50057", files.with_server_name("datasvc.example"))
///     .with_deadline(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone)]
pub struct DatasvcOptions {
    pub(super) address: String,
    pub(super) security: DatasvcSecurity,
    pub(super) deadline: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) keep_alive: Duration,
    pub(super) value_limit: usize,
    pub(super) longest_backoff: Duration,
}

impl DatasvcOptions {
    /// The data service at `HOST:PORT`, or `[ADDRESS]:PORT` with an address of IPv6.
    pub fn new(address: impl Into<String>, security: impl Into<DatasvcSecurity>) -> Self {
        Self {
            address: address.into(),
            security: security.into(),
            deadline: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            keep_alive: Duration::from_secs(300),
            value_limit: VALUE_BYTES,
            longest_backoff: retry::LONGEST,
        }
    }

    /// With the time within which each operation ends, 5 s unless told.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// With the time within which a connection is there, its TLS handshake included, 3 s unless told.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// With the time after which a connection with a watch, on which nothing was read, is probed by an HTTP/2 ping, 300 s unless told.
    /// Where the ping is not answered within the same time, or 20 s if that is less, the connection is given up.
    ///
    /// gRPC servers written in Go end a connection that pings more often, unless they are set up to let it. That is for a server that
    /// hangs; a machine that is gone is noticed earlier even so: the system probes the connection after 30 s.
    #[must_use]
    pub fn with_keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = interval;
        self
    }

    /// With the most time between two attempts to resume a watch, or to ask the Workload API again, 5 s unless told.
    ///
    /// The first attempt comes at once, and the time between attempts doubles up to this. So when the data service is back, each watch
    /// resumes within this time and the time for one connection, however long the outage was.
    #[must_use]
    pub fn with_longest_backoff(mut self, time: Duration) -> Self {
        self.longest_backoff = time;
        self
    }

    /// With the most bytes of a value, 2 KiB less than 4 MiB unless told, which is what gRPC servers take unless they are told. What is
    /// longer is not sent.
    #[must_use]
    pub fn with_value_limit(mut self, bytes: usize) -> Self {
        self.value_limit = bytes;
        self
    }
}

/// How client and data service know each other.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DatasvcSecurity {
    /// By certificates in files.
    Mtls(MtlsFiles),
    /// By certificates from the SPIFFE Workload API.
    #[cfg(feature = "spiffe")]
    Spiffe(SpiffeSource),
}

impl From<MtlsFiles> for DatasvcSecurity {
    fn from(files: MtlsFiles) -> Self {
        Self::Mtls(files)
    }
}

#[cfg(feature = "spiffe")]
impl From<SpiffeSource> for DatasvcSecurity {
    fn from(source: SpiffeSource) -> Self {
        Self::Spiffe(source)
    }
}

/// Certificates in PEM files, which are read anew for each connection: a connection made after they were renewed uses the new ones.
///
/// Where they cannot be read then, those that were read last are used, and a warning is logged. Each may have at most 1 MiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MtlsFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) authorities: PathBuf,
    pub(super) server_name: Option<String>,
}

impl MtlsFiles {
    /// The client's certificate with its intermediates, its private key, and the authorities one of which issued the data service's certificate.
    pub fn new(
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        authorities: impl Into<PathBuf>,
    ) -> Self {
        Self {
            certificate: certificate.into(),
            key: key.into(),
            authorities: authorities.into(),
            server_name: None,
        }
    }

    /// With the name that the data service's certificate must be for, the address's host unless told.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }
}

/// An X.509 SVID from the SPIFFE Workload API, which is used from the moment on at which the API gives a new one, for each connection
/// that is made then; those that are there stay.
///
/// The data service is known by its SPIFFE ID and the bundle of its trust domain, not by a DNS name.
#[cfg(feature = "spiffe")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpiffeSource {
    pub(super) socket: PathBuf,
    pub(super) server: SpiffeId,
    pub(super) trust_domain: Option<String>,
    pub(super) server_name: Option<String>,
}

#[cfg(feature = "spiffe")]
impl SpiffeSource {
    /// The Workload API at a socket's path, which may have `unix:` or `unix://` before it, and the SPIFFE ID that the data service must have.
    pub fn new(socket: impl Into<PathBuf>, server: SpiffeId) -> Self {
        let socket = socket.into();
        let path = socket
            .to_str()
            .and_then(|text| text.strip_prefix("unix:"))
            .map(|path| PathBuf::from(path.strip_prefix("//").unwrap_or(path)));
        Self {
            socket: path.unwrap_or(socket),
            server,
            trust_domain: None,
            server_name: None,
        }
    }

    /// With the name that the data service is asked for, as some proxies in between need it; the address's host unless told. It is no
    /// part of the check.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// With the trust domain that the own SVID must be of, any unless told. Its name may have `spiffe://` before it.
    #[must_use]
    pub fn with_trust_domain(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.trust_domain = Some(match name.strip_prefix("spiffe://") {
            Some(name) => name.to_owned(),
            None => name,
        });
        self
    }
}
