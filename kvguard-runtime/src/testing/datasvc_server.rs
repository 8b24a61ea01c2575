//! A data service in the test's own process.

mod calls;
mod faults;
mod health;
mod limits;
mod values;

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::background::Background;
use super::{AccessTable, Authority, CertificateRequest, IdentityForms, Recording};
use crate::{Key, Value};

use faults::Faults;
use values::Values;

/// A gRPC data service, the interface `proto.KVService`, in the test's own process.
///
/// It listens on a port of 127.0.0.1 that the system chooses, takes connections by TLS with a client certificate alone, enforces an access table as
/// the reference does, records every operation, and has the standard health service beside. It runs in a thread of its own, so that it
/// answers whatever the test's runtime does, and is gone when this is dropped. Its methods do not wait for more than that thread.
///
/// As the reference does, it answers a watch only when there is a first value, takes and sends messages of at most 4 MiB, and takes keys that
/// begin with `domains/NAME/` for those of another `JetStream` domain, of which there is none.
///
/// ```
/// use kvguard_runtime::testing::{AccessTable, Authority, CertificateRequest, DatasvcServer};
/// use kvguard_runtime::{DatasvcOptions, DatasvcStore, Key, KvStore, MtlsFiles};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let authority = Authority::new();
/// let server = DatasvcServer::builder(&authority)
///     .with_access_table(AccessTable::new().grant("CN=trapd,O=Example", "writer"))
///     .start();
///
/// let directory = tempfile::tempdir()?;
/// let certificate = authority.issue(&CertificateRequest::subject("CN=trapd,O=Example"));
/// let files = certificate.write_to(&directory, &authority)?;
/// let options = DatasvcOptions::new(server.address(), MtlsFiles::from(&files));
/// let store = DatasvcStore::connect(options).await?;
/// store.put(&Key::from_static("config/trapd.json"), "{}".into()).await?;
///
/// assert_eq!(server.recording().writes().len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct DatasvcServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    running: Mutex<Option<Background>>,
}

/// What all connections share.
struct Shared {
    tls: Mutex<Arc<ServerConfig>>,
    trusted: Vec<CertificateDer<'static>>,
    access: Mutex<Access>,
    limits: Limits,
    bucket: String,
    values: Values,
    faults: Faults,
    recording: Recording,
}

/// Who may do what.
#[derive(Clone)]
struct Access {
    table: AccessTable,
    forms: IdentityForms,
    is_enforced: bool,
}

/// How much is taken.
#[derive(Clone)]
struct Limits {
    /// Bytes of a message, as gRPC has it.
    message: usize,
    /// Bytes of a value, as the store behind has it.
    value: Option<usize>,
    /// Bytes of all values.
    room: Option<usize>,
}

impl DatasvcServer {
    /// A server whose certificate is of an authority, and that trusts clients whose certificates are of the same.
    pub fn builder(authority: &Authority) -> DatasvcServerBuilder {
        DatasvcServerBuilder {
            authority: authority.clone(),
            certificate: CertificateRequest::subject("CN=datasvc")
                .with_dns_name("localhost")
                .with_address([127, 0, 0, 1]),
            trusted: vec![CertificateDer::from(authority.certificate_der().to_vec())],
            access: Access {
                table: AccessTable::new(),
                forms: IdentityForms::default(),
                is_enforced: true,
            },
            limits: Limits {
                message: 4 * 1024 * 1024,
                value: None,
                room: None,
            },
            bucket: "kvguard-test".to_owned(),
        }
    }

    /// `127.0.0.1` and the port, the same after a restart.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The operations that were asked for. One that is answered by a fault is recorded, too; one to which it never came, as the client's
    /// certificate was refused, is not.
    pub fn recording(&self) -> Recording {
        self.shared.recording.clone()
    }

    /// What a key holds.
    pub fn value(&self, key: &Key) -> Option<Value> {
        self.shared
            .values
            .get(key.as_str())
            .map(|(value, _)| value.into())
    }

    /// Sets a key as another client would, without a record of it.
    pub fn set(&self, key: &Key, value: impl Into<Value>) {
        let value = value.into();
        self.shared.values.put(key.as_str(), value.into_bytes());
    }

    /// Removes what a key holds as another client would, without a record of it.
    pub fn remove(&self, key: &Key) {
        self.shared.values.delete(key.as_str());
    }

    /// Puts another access table in force.
    pub fn set_access_table(&self, table: AccessTable) {
        self.shared.access().table = table;
    }

    /// Has another certificate shown to connections that are made from now on.
    ///
    /// # Panics
    ///
    /// If a name of the request has characters that no certificate can have.
    pub fn set_certificate(&self, authority: &Authority, request: &CertificateRequest) {
        let tls = tls(authority, request, &self.shared.trusted);
        *self
            .shared
            .tls
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = tls;
    }

    /// Ends it as if it were killed: connections break, and nothing listens. What the keys hold stays.
    pub fn stop(&self) {
        self.running().take();
    }

    /// Ends it if it runs, and starts it again on the same port.
    ///
    /// # Panics
    ///
    /// If another process has taken the port meanwhile.
    pub fn restart(&self) {
        let mut running = self.running();
        running.take();
        let listener = TcpListener::bind(self.address)
            .unwrap_or_else(|error| panic!("the port of before cannot be had: {error}"));
        *running = Some(calls::serve(listener, Arc::clone(&self.shared)));
    }

    fn running(&self) -> MutexGuard<'_, Option<Background>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for DatasvcServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DatasvcServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn access(&self) -> MutexGuard<'_, Access> {
        self.access.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A data service that is to be started.
#[derive(Clone)]
#[must_use]
pub struct DatasvcServerBuilder {
    authority: Authority,
    certificate: CertificateRequest,
    trusted: Vec<CertificateDer<'static>>,
    access: Access,
    limits: Limits,
    bucket: String,
}

impl DatasvcServerBuilder {
    /// With a certificate of its own, instead of one for `CN=datasvc`, `localhost` and `127.0.0.1`.
    pub fn with_certificate(mut self, request: CertificateRequest) -> Self {
        self.certificate = request;
        self
    }

    /// That trusts clients whose certificates are of another authority, too.
    pub fn trusting(mut self, authority: &Authority) -> Self {
        let certificate = CertificateDer::from(authority.certificate_der().to_vec());
        self.trusted.push(certificate);
        self
    }

    /// With an access table; without one, nothing is granted to anybody.
    pub fn with_access_table(mut self, table: AccessTable) -> Self {
        self.access.table = table;
        self
    }

    /// With the forms of identities that the table is written in, instead of the SPIFFE ID or else the whole subject.
    pub fn with_identity_forms(mut self, forms: IdentityForms) -> Self {
        self.access.forms = forms;
        self
    }

    /// That lets everybody with a certificate do everything, as was found in the wild: the table is there, and nothing asks it.
    pub fn without_enforcement(mut self) -> Self {
        self.access.is_enforced = false;
        self
    }

    /// With a name of its bucket, instead of `kvguard-test`. Whoever may read is told it by `Info`.
    pub fn with_bucket(mut self, name: impl Into<String>) -> Self {
        self.bucket = name.into();
        self
    }

    /// That takes and sends messages of at most this many bytes, instead of 4 MiB.
    pub fn with_message_limit(mut self, bytes: usize) -> Self {
        self.limits.message = bytes;
        self
    }

    /// That takes values of at most this many bytes, as the store behind it says.
    pub fn with_value_limit(mut self, bytes: usize) -> Self {
        self.limits.value = Some(bytes);
        self
    }

    /// That has room for this many bytes of values.
    pub fn with_room_for(mut self, bytes: usize) -> Self {
        self.limits.room = Some(bytes);
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// If the system gives no port or no thread, or a name of the certificate has characters that no certificate can have.
    pub fn start(self) -> DatasvcServer {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .unwrap_or_else(|error| panic!("no port can be had: {error}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("the port is not known: {error}"));
        let shared = Arc::new(Shared {
            tls: Mutex::new(tls(&self.authority, &self.certificate, &self.trusted)),
            trusted: self.trusted,
            access: Mutex::new(self.access),
            limits: self.limits,
            bucket: self.bucket,
            values: Values::default(),
            faults: Faults::default(),
            recording: Recording::new(),
        });
        let running = calls::serve(listener, Arc::clone(&shared));
        DatasvcServer {
            shared,
            address,
            running: Mutex::new(Some(running)),
        }
    }
}

fn tls(
    authority: &Authority,
    request: &CertificateRequest,
    trusted: &[CertificateDer<'static>],
) -> Arc<ServerConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .unwrap_or_else(|error| panic!("clients cannot be verified: {error}"));
    let issued = authority.issue(request);
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_client_cert_verifier(verifier))
        .and_then(|builder| {
            builder.with_single_cert(
                vec![CertificateDer::from(issued.certificate_der().to_vec())],
                PrivatePkcs8KeyDer::from(issued.key_der().to_vec()).into(),
            )
        });
    let mut tls = tls.unwrap_or_else(|error| panic!("no TLS with this certificate: {error}"));
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(tls)
}
