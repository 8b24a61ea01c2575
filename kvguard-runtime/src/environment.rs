//! The environment that makes a service use the store.
//!
//! | variable | |
//! |---|---|
//! | `CONFIG_SOURCE` | `kv`, or `file` for no store. Just these, in lower case. |
//! | `KV_ADDRESS` | Where the store is. |
//! | `KV_SEC_MODE` | `mtls` or `spiffe`. |
//! | `KV_CERT_FILE`, `KV_KEY_FILE`, `KV_CA_FILE` | For `mtls`: the client's certificate, its key, and the authorities of the server. |
//! | `KV_TRUST_DOMAIN`, `KV_SERVER_SPIFFE_ID` | For `spiffe`: the trust domain, and who the server must be. |
//! | `KV_WORKLOAD_SOCKET` | For `spiffe`, if wanted: the Workload API's socket, or else `SPIFFE_ENDPOINT_SOCKET`, or else [`WORKLOAD_SOCKET`]. |
//! | `KV_SERVER_NAME` | For `mtls` with the data service, if wanted: the name that the server's certificate is for, where it is not the address's. |
//! | `KV_CERT_DIR` | If wanted: where files that are named without a directory are. |
//! | `CONFIG_SERVICE` | If wanted: the service. It must be the program's own. |
//! | `CONFIG_KV_KEY` | If wanted: the key, in place of the descriptor's. |
//!
//! An address that begins with `nats://` or `tls://` is that of NATS, and several of them, with commas between, are a cluster's;
//! every other is that of the data service. For NATS:
//!
//! | variable | |
//! |---|---|
//! | `KV_BUCKET` | The bucket. |
//! | `KV_SEC_MODE` | `mtls`, with the files as above, `credentials` or `nkey`. |
//! | `KV_CREDENTIALS_FILE` | For `credentials`: the credentials file. |
//! | `KV_NKEY_FILE` | For `nkey`: the file of the nkey's seed. |
//! | `KV_CA_FILE` | If wanted: the authorities of the server. TLS is required then. |
//! | `KV_INBOX_PREFIX` | If wanted: the prefix of the subjects that answers come to. |
//!
//! These are the standard names and words. A policy may give others in its `[contract]`; the macros compile them into the
//! [`Descriptor`](crate::Descriptor), and [`Bootstrap::from_env`](crate::Bootstrap::from_env) goes by them.
//!
//! An empty variable is as one that is not there. An environment is refused, with the names of all variables that are wrong, where it is
//! half set, where a value is not what it has to be, and where it sets the address or the mode of a store and no source, which elsewhere
//! means to go on with the file in silence. The guard finds just these environments in deployments, as both go by the same definition:
//! [`Contract::read`]. With no variable at all the configuration is that of the file.

mod connect;
mod error;
#[cfg(test)]
mod tests;

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::path::{Path, PathBuf};

pub(crate) use connect::connect;
pub use error::{EnvironmentError, VariableFault};

use kvguard_contract::{Backend, Contract, Fault, Found, Mode, Reading, Role, Source, Value};

use crate::Key;

/// The Workload API's socket where no variable tells another.
pub const WORKLOAD_SOCKET: &str = "unix:///run/spire/sockets/agent.sock";

/// Variables, the process's own or a test's.
pub trait Variables {
    /// The value of a variable, if it is set.
    fn variable(&self, name: &str) -> Option<OsString>;
}

/// The variables of the process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Process;

impl Variables for Process {
    #[expect(
        clippy::disallowed_methods,
        reason = "a service reads its own environment while it runs; nothing is tracked"
    )]
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }
}

impl<K: Ord + Borrow<str>, V: AsRef<str>> Variables for BTreeMap<K, V> {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.get(name).map(|value| value.as_ref().into())
    }
}

impl<K, V, S> Variables for HashMap<K, V, S>
where
    K: Eq + Hash + Borrow<str>,
    V: AsRef<str>,
    S: BuildHasher,
{
    fn variable(&self, name: &str) -> Option<OsString> {
        self.get(name).map(|value| value.as_ref().into())
    }
}

impl Variables for [(&str, &str)] {
    fn variable(&self, name: &str) -> Option<OsString> {
        let (_, value) = self.iter().find(|(known, _)| *known == name)?;
        Some(value.into())
    }
}

impl<const COUNT: usize> Variables for [(&str, &str); COUNT] {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.as_slice().variable(name)
    }
}

/// Where a configuration is to come from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of them, for a moment"
)]
pub enum ConfigSource {
    /// From the file.
    File,
    /// From the store.
    Kv(KvEnvironment),
}

/// What the environment tells of the store. Its `Debug` form leaves out the address, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KvEnvironment {
    /// The service, if it is told.
    pub service: Option<String>,
    /// The key in place of the descriptor's, if it is told.
    pub key: Option<Key>,
    /// Where the store is.
    pub address: String,
    /// How to reach it.
    pub connection: Connection,
    /// For NATS: the prefix of the subjects that answers come to, where it is told.
    pub inbox_prefix: Option<String>,
}

impl fmt::Debug for KvEnvironment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KvEnvironment")
            .field("service", &self.service)
            .field("key", &self.key)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

/// How to reach a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Connection {
    /// The data service, over TLS with a client certificate.
    DatasvcMtls(TlsFiles),
    /// The data service, over TLS with certificates of the SPIFFE Workload API.
    DatasvcSpiffe(Spiffe),
    /// A NATS bucket.
    Nats {
        /// The bucket.
        bucket: String,
        /// How the client shows who it is.
        security: NatsSecurity,
    },
}

/// How a client of NATS shows who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NatsSecurity {
    /// By a client certificate.
    Mtls(TlsFiles),
    /// By a credentials file.
    Credentials {
        /// The file.
        file: PathBuf,
        /// The authorities of the server, where they are told.
        authorities: Option<PathBuf>,
    },
    /// By an nkey.
    Nkey {
        /// The file of its seed.
        file: PathBuf,
        /// The authorities of the server, where they are told.
        authorities: Option<PathBuf>,
    },
}

/// The files of a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// The certificate, with what leads to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub private_key: PathBuf,
    /// The authorities of the server.
    pub authorities: PathBuf,
    /// The name that the server's certificate is for, where it is not the address's.
    pub server_name: Option<String>,
}

/// What the SPIFFE mode needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spiffe {
    /// The trust domain.
    pub trust_domain: String,
    /// The SPIFFE ID that the server must have.
    pub server_id: String,
    /// The Workload API's socket.
    pub workload_socket: String,
    /// The name that the server is asked for, where it is not the address's.
    pub server_name: Option<String>,
}

/// What the environment tells, by the standard names of the variables.
///
/// # Errors
///
/// [`EnvironmentError`], with every variable that is wrong.
pub fn read(variables: &(impl Variables + ?Sized)) -> Result<ConfigSource, EnvironmentError> {
    read_by(Contract::STANDARD_REF, None, variables)
}

/// What the environment tells, by the names of a policy's contract. `service` is the one that reads it, if that is known.
///
/// # Errors
///
/// [`EnvironmentError`], with every variable that is wrong.
pub fn read_by(
    contract: &'static Contract,
    service: Option<&str>,
    variables: &(impl Variables + ?Sized),
) -> Result<ConfigSource, EnvironmentError> {
    let reading = contract.read(service, |name| {
        Some(match variables.variable(name)?.into_string() {
            Ok(text) => Value::Text(Cow::Owned(text)),
            Err(_) => Value::NotUnicode,
        })
    });
    let mode = match reading.mode {
        Found::Known(word) => word.means,
        Found::Unset | Found::Unknown | Found::Untold => None,
    };
    let faults = faults(contract, &reading, mode);
    if !faults.is_empty() {
        return Err(EnvironmentError::new(contract, faults));
    }
    if let Some(unnamed) = EnvironmentError::of_unnamed(contract, &reading.unnamed) {
        return Err(unnamed);
    }
    match (reading.source, reading.backend, mode) {
        (Source::Kv, Some(backend), Some(mode)) => Ok(ConfigSource::Kv(
            Told { reading: &reading }.environment(backend, mode),
        )),
        // Without a fault there is a store only with an address and a mode.
        _ => Ok(ConfigSource::File),
    }
}

/// What is wrong for this client, which implements no mode that is only another client's.
fn faults(
    contract: &'static Contract,
    reading: &Reading<'static, '_>,
    mode: Option<Mode>,
) -> Vec<Fault<'static>> {
    let implemented = contract.implemented_words(reading.backend);
    let mut faults = reading.faults.clone();
    let of_mode = faults
        .iter_mut()
        .find(|fault| fault.role == Some(Role::Mode));
    match (of_mode, mode, reading.mode) {
        (Some(fault), ..) if matches!(fault.kind, VariableFault::NoneOf(_)) => {
            fault.kind = VariableFault::NoneOf(implemented);
        }
        (None, None, Found::Known(_)) => faults.push(Fault {
            name: contract.shown_name(Role::Mode),
            role: Some(Role::Mode),
            kind: VariableFault::OthersMode(implemented),
        }),
        _ => {}
    }
    faults
}

/// What a reading without a fault tells.
struct Told<'r> {
    reading: &'r Reading<'static, 'static>,
}

impl Told<'_> {
    fn optional(&self, role: Role) -> Option<String> {
        self.reading.value(role).map(str::to_owned)
    }

    /// What a variable says that is needed: where it said nothing there was a fault.
    fn text(&self, role: Role) -> String {
        self.optional(role).unwrap_or_default()
    }

    fn environment(&self, backend: Backend, mode: Mode) -> KvEnvironment {
        KvEnvironment {
            service: self.optional(Role::Service),
            key: self.optional(Role::Key).and_then(|key| Key::new(key).ok()),
            address: self.text(Role::Address),
            connection: self.connection(backend, mode),
            inbox_prefix: self.optional(Role::InboxPrefix),
        }
    }

    fn connection(&self, backend: Backend, mode: Mode) -> Connection {
        if mode == Mode::Spiffe {
            return Connection::DatasvcSpiffe(Spiffe {
                trust_domain: self.text(Role::TrustDomain),
                server_id: self.text(Role::ServerIdentity),
                workload_socket: self
                    .optional(Role::WorkloadSocket)
                    .unwrap_or_else(|| WORKLOAD_SOCKET.to_owned()),
                server_name: self.optional(Role::ServerName),
            });
        }
        let security = match mode {
            Mode::Credentials => NatsSecurity::Credentials {
                file: self.file(Role::CredentialsFile).unwrap_or_default(),
                authorities: self.file(Role::Authority),
            },
            Mode::Nkey => NatsSecurity::Nkey {
                file: self.file(Role::NkeyFile).unwrap_or_default(),
                authorities: self.file(Role::Authority),
            },
            Mode::Mtls | Mode::Spiffe if backend == Backend::Datasvc => {
                return Connection::DatasvcMtls(self.tls_files());
            }
            Mode::Mtls | Mode::Spiffe => NatsSecurity::Mtls(self.tls_files()),
        };
        Connection::Nats {
            bucket: self.text(Role::Bucket),
            security,
        }
    }

    fn tls_files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.file(Role::Certificate).unwrap_or_default(),
            private_key: self.file(Role::PrivateKey).unwrap_or_default(),
            authorities: self.file(Role::Authority).unwrap_or_default(),
            server_name: self.optional(Role::ServerName),
        }
    }

    /// A file, in the directory of certificates if it is named without one.
    fn file(&self, role: Role) -> Option<PathBuf> {
        let name = self.reading.value(role)?;
        let has_directory = Path::new(name).components().count() > 1;
        Some(match self.reading.value(Role::CertificateDirectory) {
            Some(directory) if !has_directory => Path::new(directory).join(name),
            _ => PathBuf::from(name),
        })
    }
}
