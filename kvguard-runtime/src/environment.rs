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
//! An address that begins with `nats://` or `tls://` is that of NATS; every other is that of the data service. For NATS:
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
//! An empty variable is as one that is not there. An environment that is half set is refused, with the names of all variables that
//! are wrong; so is one that sets `KV_ADDRESS` or `KV_SEC_MODE` and no `CONFIG_SOURCE`, which elsewhere means to go on with the file
//! in silence. With no variable at all the configuration is that of the file.

mod connect;
mod error;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::path::{Path, PathBuf};

pub(crate) use connect::connect;
pub use error::{EnvironmentError, VariableFault};

use crate::Key;

/// The Workload API's socket where no variable tells another.
pub const WORKLOAD_SOCKET: &str = "unix:///run/spire/sockets/agent.sock";

pub(crate) const CONFIG_SERVICE: &str = "CONFIG_SERVICE";

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

/// What the environment tells.
///
/// # Errors
///
/// [`EnvironmentError`], with every variable that is wrong.
pub fn read(variables: &(impl Variables + ?Sized)) -> Result<ConfigSource, EnvironmentError> {
    let mut reader = Reader {
        variables,
        faults: Vec::new(),
    };
    let source = reader.source();
    if reader.faults.is_empty() {
        Ok(source)
    } else {
        Err(EnvironmentError::new(reader.faults))
    }
}

struct Reader<'v, V: ?Sized> {
    variables: &'v V,
    faults: Vec<(&'static str, VariableFault)>,
}

impl<V: Variables + ?Sized> Reader<'_, V> {
    fn fault(&mut self, name: &'static str, fault: VariableFault) {
        if !self.faults.iter().any(|(known, _)| *known == name) {
            self.faults.push((name, fault));
        }
    }

    /// What a variable says; an empty one says nothing.
    fn optional(&mut self, name: &'static str) -> Option<String> {
        match self.variables.variable(name)?.into_string() {
            Ok(value) if value.trim().is_empty() => None,
            Ok(value) => Some(value),
            Err(_) => {
                self.fault(name, VariableFault::NotUnicode);
                None
            }
        }
    }

    /// What a variable says that has to say something. An empty text stands for what is told as a fault.
    fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            let is_set = self.variables.variable(name).is_some();
            self.fault(
                name,
                if is_set {
                    VariableFault::Empty
                } else {
                    VariableFault::Missing
                },
            );
            String::new()
        })
    }

    fn source(&mut self) -> ConfigSource {
        match self.optional("CONFIG_SOURCE").as_deref() {
            Some("kv") => {}
            Some("file") => return ConfigSource::File,
            Some(_) => {
                self.fault("CONFIG_SOURCE", VariableFault::NoneOf(&["kv", "file"]));
                return ConfigSource::File;
            }
            None => {
                let others = ["KV_ADDRESS", "KV_SEC_MODE"].map(|name| self.optional(name));
                if others.iter().any(Option::is_some) {
                    self.required("CONFIG_SOURCE");
                }
                return ConfigSource::File;
            }
        }
        let service = self.optional(CONFIG_SERVICE);
        let key = self.optional("CONFIG_KV_KEY").and_then(|key| {
            Key::new(key)
                .map_err(|_| self.fault("CONFIG_KV_KEY", VariableFault::NoKey))
                .ok()
        });
        let address = self.required("KV_ADDRESS");
        // Where there is no address, the bucket tells what it would be the address of.
        let is_nats = if address.is_empty() {
            self.optional("KV_BUCKET").is_some()
        } else {
            address.starts_with("nats://") || address.starts_with("tls://")
        };
        let connection = if is_nats { self.nats() } else { self.datasvc() };
        match connection {
            Some(connection) => ConfigSource::Kv(KvEnvironment {
                service,
                key,
                address,
                connection,
                inbox_prefix: self.optional("KV_INBOX_PREFIX"),
            }),
            None => ConfigSource::File,
        }
    }

    fn datasvc(&mut self) -> Option<Connection> {
        match self.required("KV_SEC_MODE").as_str() {
            "mtls" => Some(Connection::DatasvcMtls(self.tls_files())),
            "spiffe" => Some(Connection::DatasvcSpiffe(Spiffe {
                trust_domain: self.required("KV_TRUST_DOMAIN"),
                server_id: self.required("KV_SERVER_SPIFFE_ID"),
                workload_socket: self
                    .optional("KV_WORKLOAD_SOCKET")
                    .or_else(|| self.optional("SPIFFE_ENDPOINT_SOCKET"))
                    .unwrap_or_else(|| WORKLOAD_SOCKET.to_owned()),
                server_name: self.optional("KV_SERVER_NAME"),
            })),
            _ => {
                self.fault("KV_SEC_MODE", VariableFault::NoneOf(&["mtls", "spiffe"]));
                None
            }
        }
    }

    fn nats(&mut self) -> Option<Connection> {
        let bucket = self.required("KV_BUCKET");
        let security = match self.required("KV_SEC_MODE").as_str() {
            "mtls" => NatsSecurity::Mtls(self.tls_files()),
            "credentials" => {
                let (file, authorities) = self.login_file("KV_CREDENTIALS_FILE");
                NatsSecurity::Credentials { file, authorities }
            }
            "nkey" => {
                let (file, authorities) = self.login_file("KV_NKEY_FILE");
                NatsSecurity::Nkey { file, authorities }
            }
            _ => {
                self.fault(
                    "KV_SEC_MODE",
                    VariableFault::NoneOf(&["mtls", "credentials", "nkey"]),
                );
                return None;
            }
        };
        Some(Connection::Nats { bucket, security })
    }

    fn tls_files(&mut self) -> TlsFiles {
        let [certificate, private_key, authorities] =
            ["KV_CERT_FILE", "KV_KEY_FILE", "KV_CA_FILE"].map(|name| self.required(name));
        TlsFiles {
            certificate: self.file(&certificate),
            private_key: self.file(&private_key),
            authorities: self.file(&authorities),
            server_name: self.optional("KV_SERVER_NAME"),
        }
    }

    /// The file to log in with, and that of the server's authorities.
    fn login_file(&mut self, name: &'static str) -> (PathBuf, Option<PathBuf>) {
        let file = self.required(name);
        let authorities = self.optional("KV_CA_FILE");
        (
            self.file(&file),
            authorities.map(|authorities| self.file(&authorities)),
        )
    }

    /// A file, in the directory of certificates if it is named without one.
    fn file(&mut self, name: &str) -> PathBuf {
        let has_directory = Path::new(name).components().count() > 1;
        match self.optional("KV_CERT_DIR") {
            Some(directory) if !has_directory => Path::new(&directory).join(name),
            _ => PathBuf::from(name),
        }
    }
}
