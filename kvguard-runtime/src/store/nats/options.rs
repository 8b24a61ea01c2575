//! How a bucket is reached.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::NatsStore;
use crate::StoreError;

/// How long an operation may take, unless it is set.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

/// The most time between two attempts to connect again, unless it is set.
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// How a key-value bucket at a NATS server is reached.
///
/// ```no_run
/// use kvguard_runtime::{Key, KvStore, NatsOptions};
///
/// # async fn example() -> Result<(), kvguard_runtime::StoreError> {
/// let store = NatsOptions::new("config")
///     .server("tls://nats.example.org:4222")
///     .certificate_authority("/etc/nats/ca.pem")
///     .client_certificate("/etc/nats/trapd.pem", "/etc/nats/trapd-key.pem")
///     .inbox_prefix("_INBOX_trapd")
///     .connect()
///     .await?;
/// let entry = store.get(&Key::from_static("config/trapd.json")).await?;
/// # Ok(())
/// # }
/// ```
///
/// What is shown of it holds no secret.
#[derive(Clone)]
#[must_use]
pub struct NatsOptions {
    pub(super) bucket: String,
    pub(super) servers: Vec<String>,
    pub(super) only_these_servers: bool,
    pub(super) name: Option<String>,
    pub(super) certificate_authority: Option<PathBuf>,
    pub(super) certificate_names: Vec<String>,
    pub(super) client_certificate: Option<(PathBuf, PathBuf)>,
    pub(super) tls: Tls,
    pub(super) login: Login,
    pub(super) inbox_prefix: String,
    pub(super) domain: Option<String>,
    pub(super) deadline: Duration,
    pub(super) longest_backoff: Duration,
    pub(super) new_bucket: Option<NewBucket>,
}

/// When TLS is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// If the server asks for it.
    AsTheServerSays,
    /// Always.
    Required,
    /// Before the server says anything.
    First,
}

/// How the client says who it is, besides by a certificate.
#[derive(Clone)]
pub(super) enum Login {
    None,
    Password { user: String, password: String },
    Token(String),
    Credentials(PathBuf),
    Nkey(String),
    NkeyFile(PathBuf),
}

impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::Password { user, .. } => write!(formatter, "Password of {user:?}"),
            Self::Token(_) => formatter.write_str("Token"),
            Self::Credentials(path) => write!(formatter, "Credentials({})", path.display()),
            Self::Nkey(_) => formatter.write_str("Nkey"),
            Self::NkeyFile(path) => write!(formatter, "NkeyFile({})", path.display()),
        }
    }
}

impl NatsOptions {
    /// A bucket of this name: ASCII letters and digits, `-` and `_`.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            servers: Vec::new(),
            only_these_servers: false,
            name: None,
            certificate_authority: None,
            certificate_names: Vec::new(),
            client_certificate: None,
            tls: Tls::AsTheServerSays,
            login: Login::None,
            inbox_prefix: "_INBOX".to_owned(),
            domain: None,
            deadline: DEADLINE,
            longest_backoff: LONGEST_BACKOFF,
            new_bucket: None,
        }
    }

    /// With one more server: `nats://HOST:PORT`, or `tls://HOST:PORT` where TLS is required. The port is 4222 unless it is told.
    /// A login may stand before the host, `USER:PASSWORD@` or `TOKEN@`: that of the first server that has one is used at all of them,
    /// unless another way to log in is set.
    ///
    /// One of the servers is connected to, and another one when it is lost; those that a cluster tells of are added.
    pub fn server(mut self, address: impl Into<String>) -> Self {
        self.servers.push(address.into());
        self
    }

    /// With servers that a cluster tells of left out: where those addresses cannot be reached from here.
    pub fn only_these_servers(mut self) -> Self {
        self.only_these_servers = true;
        self
    }

    /// With the name that the server lists this connection by.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// With the certificates that the server's is checked against, a PEM file; the system's unless it is set.
    pub fn certificate_authority(mut self, path: impl AsRef<Path>) -> Self {
        self.certificate_authority = Some(path.as_ref().to_owned());
        self
    }

    /// With one more name that the server's certificate may be for, instead of the host of its address: where the server is reached by
    /// another address than its clients are meant to use, as through a published port of a container. It takes a
    /// [certificate authority](Self::certificate_authority), and the files are read once.
    pub fn certificate_name(mut self, name: impl Into<String>) -> Self {
        self.certificate_names.push(name.into());
        self
    }

    /// With a certificate and its key, PEM files, to log in with. Each connection reads them again, and the
    /// [certificate authority](Self::certificate_authority) as well.
    pub fn client_certificate(
        mut self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Self {
        self.client_certificate = Some((certificate.as_ref().to_owned(), key.as_ref().to_owned()));
        self
    }

    /// With TLS even if the server does not ask for it.
    pub fn require_tls(mut self) -> Self {
        if self.tls == Tls::AsTheServerSays {
            self.tls = Tls::Required;
        }
        self
    }

    /// With TLS from the first byte on, as a server with `handshake_first` needs it.
    pub fn tls_first(mut self) -> Self {
        self.tls = Tls::First;
        self
    }

    /// With a user and a password to log in with.
    pub fn user(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Login::Password {
            user: user.into(),
            password: password.into(),
        };
        self
    }

    /// With a credentials file to log in with, which holds a JWT and an nkey's seed.
    ///
    /// Each connection reads it again, so that it can be rotated. A server ends the connection when the JWT expires: where the file
    /// holds another one by then, the store and its watches go on, as after any loss of the connection. Where it does not, operations
    /// are [denied](crate::StoreErrorKind::PermissionDenied) with an error that names the file, until it is replaced; a watch that was
    /// denied has ended, and is to be begun again. A file that cannot be read just then, as while it is being written, counts as what it
    /// held before.
    pub fn credentials_file(mut self, path: impl AsRef<Path>) -> Self {
        self.login = Login::Credentials(path.as_ref().to_owned());
        self
    }

    /// With an nkey's seed (`SU…`) to log in with.
    pub fn nkey_seed(mut self, seed: impl Into<String>) -> Self {
        self.login = Login::Nkey(seed.into());
        self
    }

    /// With a file that holds an nkey's seed to log in with. Each connection reads it again, as it does a
    /// [credentials file](Self::credentials_file).
    pub fn nkey_file(mut self, path: impl AsRef<Path>) -> Self {
        self.login = Login::NkeyFile(path.as_ref().to_owned());
        self
    }

    /// With the prefix of the subjects that answers come to, where the user may not subscribe to `_INBOX.>`.
    pub fn inbox_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.inbox_prefix = prefix.into();
        self
    }

    /// With the `JetStream` domain that the bucket is in, such as that of a leaf node's hub.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// With how long each operation may take, connecting among them; five seconds unless it is set, a millisecond at least.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.max(Duration::from_millis(1));
        self
    }

    /// With the most time between two attempts to connect again, or to resume a watch; one second unless it is set.
    ///
    /// The first attempt comes at once, and the time between attempts doubles up to this. So when the server is back, each watch resumes
    /// within this time and the time for one connection, however long the outage was; with several servers this time counts for each that
    /// is tried before it. An attempt to connect ends at the [deadline](Self::deadline).
    pub fn longest_backoff(mut self, time: Duration) -> Self {
        self.longest_backoff = time;
        self
    }

    /// With the bucket made where it is missing: for what sets a fleet up, and for tests. One that is there is left as it is.
    ///
    /// The user needs to be allowed to publish to `$JS.API.STREAM.CREATE.KV_<bucket>` besides.
    pub fn create_bucket(mut self, bucket: NewBucket) -> Self {
        self.new_bucket = Some(bucket);
        self
    }

    /// Connects, and finds the bucket.
    ///
    /// A server that is not there yet is tried again until the deadline.
    ///
    /// # Errors
    ///
    /// - [`PermissionDenied`](crate::StoreErrorKind::PermissionDenied) where the server does not let the user in, at once;
    /// - [`Unavailable`](crate::StoreErrorKind::Unavailable) where no server can be reached within the deadline;
    /// - [`NoBucket`](crate::StoreErrorKind::NoBucket) where the server has no such bucket, at once;
    /// - [`TimedOut`](crate::StoreErrorKind::TimedOut) where it does not answer;
    /// - [`Malformed`](crate::StoreErrorKind::Malformed) where these options make no sense: no server or a bad address, a file that cannot be
    ///   read, a certificate of the server that is not to be trusted, a stream that is no key-value bucket.
    ///
    /// # Cancellation
    ///
    /// A dropped future closes the connection. A bucket that was to be created may be.
    pub async fn connect(self) -> Result<NatsStore, StoreError> {
        super::connect::connect(self).await
    }
}

impl fmt::Debug for NatsOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may hold a password.
        formatter
            .debug_struct("NatsOptions")
            .field("bucket", &self.bucket)
            .field("servers", &self.servers.len())
            .field("only_these_servers", &self.only_these_servers)
            .field("name", &self.name)
            .field("certificate_authority", &self.certificate_authority)
            .field("certificate_names", &self.certificate_names)
            .field("client_certificate", &self.client_certificate)
            .field("tls", &self.tls)
            .field("login", &self.login)
            .field("inbox_prefix", &self.inbox_prefix)
            .field("domain", &self.domain)
            .field("deadline", &self.deadline)
            .field("longest_backoff", &self.longest_backoff)
            .field("new_bucket", &self.new_bucket)
            .finish()
    }
}

/// What a bucket is made as: one value for each key, in a file, on one server, without limits, unless it is said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct NewBucket {
    pub(super) replicas: usize,
    pub(super) history: u8,
    pub(super) max_value_bytes: Option<u32>,
    pub(super) max_bytes: Option<u64>,
    pub(super) max_age: Option<Duration>,
    pub(super) in_memory: bool,
    pub(super) direct_gets: bool,
}

impl Default for NewBucket {
    fn default() -> Self {
        Self::new()
    }
}

impl NewBucket {
    /// One value for each key, in a file, on one server, without limits.
    pub fn new() -> Self {
        Self {
            replicas: 1,
            history: 1,
            max_value_bytes: None,
            max_bytes: None,
            max_age: None,
            in_memory: false,
            direct_gets: true,
        }
    }

    /// On so many servers of a cluster, 1 to 5.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// With so many values kept of each key, 1 to 64.
    pub fn history(mut self, history: u8) -> Self {
        self.history = history;
        self
    }

    /// With values of at most so many bytes. What [`create`](crate::KvStore::create) and [`update`](crate::KvStore::update) send besides
    /// the value, some 60 bytes, counts as well.
    pub fn max_value_bytes(mut self, bytes: u32) -> Self {
        self.max_value_bytes = Some(bytes);
        self
    }

    /// With at most so many bytes in all, with what is stored beside the values.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// With values that the server removes when they are older than this. A bucket of configurations has no such limit: with it,
    /// services would lose their configurations.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// In memory, and gone when its servers stop.
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// With its leader alone answering reads, as buckets did that are older than direct gets. Reading takes the right to publish to
    /// `$JS.API.STREAM.MSG.GET.KV_<bucket>` then.
    pub fn without_direct_gets(mut self) -> Self {
        self.direct_gets = false;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::NatsOptions;

    #[test]
    fn what_is_shown_holds_no_secret() {
        let options = NatsOptions::new("config")
            .server("nats://user:canary@localhost")
            .user("user", "canary");
        assert!(!format!("{options:?}").contains("canary"));
        let options = NatsOptions::new("config").nkey_seed("SUcanary");
        assert!(!format!("{options:?}").contains("canary"));
    }
}
