//! The store behind a gRPC data service.

mod client;
mod connect;
mod connect_fault;
mod connection;
mod credentials;
mod failure;
mod link;
mod options;
mod read;
mod retry;
#[cfg(feature = "spiffe")]
mod spiffe;
mod status_guard;
mod watch;
pub(crate) mod wire;
#[cfg(feature = "spiffe")]
mod workload_api;

use std::fmt;
use std::sync::Mutex;

use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;

#[cfg(feature = "spiffe")]
pub use options::SpiffeSource;
pub use options::{DatasvcOptions, DatasvcSecurity, MtlsFiles};
#[cfg(feature = "spiffe")]
pub use spiffe::{InvalidSpiffeId, SpiffeId};

use client::Client;
use connect::Connector;
use connect_fault::ConnectFault;
use credentials::CredentialSource;
use options::Address;
use wire::method;

use super::tls_files::Expected;
use crate::{
    BucketFacts, Entry, Key, KeyFault, KvStore, Operation, Pending, Remains, Revision, StoreError,
    StoreErrorKind, Value, Watch,
};

/// The store behind a gRPC data service, the interface `proto.KVService`.
///
/// One connection carries all calls. Where it breaks, the next call makes another, with the certificates of then; a read that
/// breaks with it is sent once more, a write is not. A store that is dropped ends its connection and its watches.
///
/// # What a data service cannot tell
///
/// [`put`](KvStore::put) and [`create`](KvStore::create) give no revision, no value has the time at which it was written, and there is no
/// list of keys. Of its bucket it tells the name and the domain alone. A watch's changes have no revisions, and
/// an empty value in it is a deletion: a key that holds an empty value is seen as one that holds nothing, by a watch alone.
/// A write of the value that the key holds is a change, as any write is, but not one while the connection is lost. As a data service answers a watch only with a first value, one that begins, or begins again
/// after an outage, also asks by a [`get`](KvStore::get) whether there is one, every half second until it knows.
///
/// # Limits
///
/// A value may have as many bytes as [`DatasvcOptions::with_value_limit`] says, 4,192,256 unless told; what is longer is
/// [`TooLarge`](StoreErrorKind::TooLarge) before it is sent. A data service has a limit of its own for a message, 4 MiB unless it is set up
/// otherwise: [`get_many`](KvStore::get_many) asks for as many keys at a time as fit, and a value that does not fit is `TooLarge`, too.
///
/// All keys are taken that are [`Key`]s, but those that begin with `domains/NAME/`: a data service takes them for keys of another `JetStream`
/// domain. They are [`InvalidKey`](StoreErrorKind::InvalidKey).
///
/// # Errors
///
/// Those of [`KvStore`]. [`PermissionDenied`](StoreErrorKind::PermissionDenied) names the SPIFFE ID of the client's certificate or its subject as Go
/// prints it, and the role that the operation needs, `reader` or `writer`; or that the data service does not take the certificate, where it
/// expired or is of another authority. [`Malformed`](StoreErrorKind::Malformed) is also a server that is not the expected one:
/// that is no outage. What the data service says besides its status is not shown, as it could repeat a value.
///
/// # Runtime
///
/// Operations run within a Tokio runtime with its drivers of input, output and time.
///
/// ```no_run
/// use kvguard_runtime::{DatasvcOptions, DatasvcStore, Key, KvStore, MtlsFiles};
///
/// # async fn example() -> Result<(), kvguard_runtime::StoreError> {
/// let files = MtlsFiles::new("/etc/trapd/tls.crt", "/etc/trapd/tls.key", "/etc/trapd/ca.crt");
/// let store = DatasvcStore::connect(DatasvcOptions::new("datasvc:50057", files)).await?;
/// let entry = store.get(&Key::from_static("config/trapd.json")).await?;
/// # Ok(())
/// # }
/// ```
pub struct DatasvcStore {
    client: Client,
}

impl DatasvcStore {
    /// Connects to a data service, and to the Workload API first where the identity is from there.
    ///
    /// It ends within the time for a connection, twice that where the Workload API is asked. Dropping it leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`Malformed`](StoreErrorKind::Malformed) if the options make no sense, a file cannot be read, or the server is not the expected one;
    /// [`Unavailable`](StoreErrorKind::Unavailable) or [`TimedOut`](StoreErrorKind::TimedOut) if it, or the Workload API, does not answer;
    /// [`PermissionDenied`](StoreErrorKind::PermissionDenied) if the Workload API gives no identity. That the server does not take the client's
    /// certificate shows here or at the first operation, and that it may do nothing at the first operation.
    pub async fn connect(options: DatasvcOptions) -> Result<Self, StoreError> {
        let failed = |fault: ConnectFault, identity| {
            StoreError::new(Operation::Connect, fault.kind(identity)).with_source(fault)
        };
        let connector = connector(&options)
            .await
            .map_err(|fault| failed(fault, None))?;
        match Client::connect(connector, &options).await {
            Ok(client) => Ok(Self { client }),
            Err(failure) => Err(failure.into_error(Operation::Connect, options.connect_timeout)),
        }
    }

    /// As whom the data service knows this client: the SPIFFE ID of its certificate, or its subject as Go prints it.
    pub fn identity(&self) -> Option<String> {
        self.client.connector().identity()
    }

    /// That a value is no longer than is sent, and its key none of another domain.
    fn checked(&self, operation: Operation, key: &Key, value: &Value) -> Result<(), StoreError> {
        own(operation, key)?;
        let limit = self.client.value_limit();
        if value.len() > limit {
            let kind = StoreErrorKind::TooLarge { limit: Some(limit) };
            return Err(StoreError::new(operation, kind).with_key(key));
        }
        Ok(())
    }

    async fn write(
        &self,
        operation: Operation,
        method: &'static str,
        key: &Key,
        value: Value,
    ) -> Result<Option<Revision>, StoreError> {
        self.checked(operation, key, &value)?;
        let bytes = value.len();
        let request = wire::PutRequest {
            key: key.as_str().to_owned(),
            value: value.into_bytes(),
            ttl_seconds: 0,
        };
        let rest = wire::length_without_value(&request, bytes);
        let wire::Empty {} = self
            .client
            .write(operation, method, key, request)
            .await
            .map_err(|error| error.map_limit(|message| wire::value_limit(message, rest)))?;
        Ok(None)
    }

    async fn remove(&self, operation: Operation, key: &Key) -> Result<(), StoreError> {
        own(operation, key)?;
        let request = wire::KeyRequest {
            key: key.as_str().to_owned(),
        };
        let wire::Empty {} = self
            .client
            .write(operation, method::DELETE, key, request)
            .await?;
        Ok(())
    }
}

/// That a key is none that the data service takes for one of another domain.
fn own(operation: Operation, key: &Key) -> Result<(), StoreError> {
    match wire::domain_of(key.as_str()) {
        Some(_) => {
            let kind = StoreErrorKind::InvalidKey(KeyFault::OtherDomain);
            Err(StoreError::new(operation, kind).with_key(key))
        }
        None => Ok(()),
    }
}

/// What makes connections as the options say.
#[cfg_attr(
    not(feature = "spiffe"),
    expect(clippy::unused_async, reason = "the Workload API alone is waited for")
)]
async fn connector(options: &DatasvcOptions) -> Result<Connector, ConnectFault> {
    let address = Address::parse(&options.address).ok_or_else(|| {
        ConnectFault::unusable(
            "the data service's address is no `HOST:PORT`, with brackets around an address of IPv6",
        )
    })?;
    let (source, name) = match &options.security {
        DatasvcSecurity::Mtls(files) => (
            CredentialSource::Files {
                files: files.clone(),
                expected: expected(files, &address),
                last: Mutex::new(None),
            },
            files.server_name.as_deref().unwrap_or(&address.host),
        ),
        #[cfg(feature = "spiffe")]
        DatasvcSecurity::Spiffe(source) => {
            let time = options.connect_timeout;
            let svids = timeout(
                time,
                workload_api::Svids::follow(source.socket.clone(), options.longest_backoff),
            )
            .await
            .unwrap_or(Err(ConnectFault::TimedOut(time)))?;
            (
                CredentialSource::Spiffe {
                    source: source.clone(),
                    svids,
                },
                source.server_name.as_deref().unwrap_or(&address.host),
            )
        }
    };
    let name = ServerName::try_from(name.to_owned()).map_err(|_| {
        ConnectFault::unusable("the data service's name is no DNS name and no address")
    })?;
    Ok(Connector::new(
        address,
        name,
        source,
        options.connect_timeout,
    ))
}

/// What the data service's certificate is checked against.
fn expected(files: &MtlsFiles, address: &Address) -> Expected {
    let (name, origin) = match &files.server_name {
        Some(name) => (name, "the server name that was set"),
        None => (&address.host, "the host of the data service's address"),
    };
    Expected {
        authorities: format!("`{}`", files.authorities.display()),
        name: name.clone(),
        name_origin: format!(
            "{origin}: the name to expect is set by `MtlsFiles::with_server_name`, in the environment by `KV_SERVER_NAME`"
        ),
    }
}

impl KvStore for DatasvcStore {
    fn client_identity(&self) -> Option<String> {
        self.identity()
    }

    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>> {
        Box::pin(async move {
            own(Operation::Get, key)?;
            read::read(&self.client, key).await
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>> {
        Box::pin(async move {
            keys.iter().try_for_each(|key| own(Operation::Get, key))?;
            let deadline = self.client.deadline();
            timeout(deadline, read::read_many(&self.client, keys))
                .await
                .unwrap_or_else(|_| {
                    let kind = StoreErrorKind::TimedOut(deadline);
                    Err(StoreError::new(Operation::Get, kind))
                })
        })
    }

    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(self.write(Operation::Put, method::PUT, key, value))
    }

    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(self.write(Operation::Create, method::PUT_IF_ABSENT, key, value))
    }

    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision> {
        Box::pin(async move {
            self.checked(Operation::Update, key, &value)?;
            let bytes = value.len();
            let request = wire::UpdateRequest {
                key: key.as_str().to_owned(),
                value: value.into_bytes(),
                revision: revision.get(),
                ttl_seconds: 0,
            };
            let rest = wire::length_without_value(&request, bytes);
            let response: wire::UpdateResponse = self
                .client
                .write(Operation::Update, method::UPDATE, key, request)
                .await
                .map_err(|error| error.map_limit(|message| wire::value_limit(message, rest)))?;
            Ok(Revision::new(response.revision))
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Box::pin(self.remove(Operation::Delete, key))
    }

    fn purge<'a>(&'a self, key: &'a Key) -> Pending<'a, Remains> {
        // It has no other call that removes a key.
        Box::pin(async move {
            let removed = self.remove(Operation::Purge, key).await;
            removed.map(|()| Remains::Marker)
        })
    }

    fn describe_bucket(&self) -> Pending<'_, BucketFacts> {
        Box::pin(read::describe_bucket(&self.client))
    }

    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch> {
        Box::pin(async move {
            own(Operation::Watch, key)?;
            watch::begin(self.client.clone(), key.clone()).await
        })
    }
}

impl fmt::Debug for DatasvcStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DatasvcStore")
            .field("identity", &self.identity())
            .finish_non_exhaustive()
    }
}
