//! A real `nats-server`, for tests.

mod builder;
mod cluster;
mod error;
mod leadership;
mod operator;
mod permissions;
mod process;

use std::net::SocketAddr;
use std::path::Path;

pub use builder::NatsServerBuilder;
pub use cluster::NatsCluster;
pub use error::NatsServerError;
pub use operator::{NatsOperator, NatsUser};
pub use permissions::NatsPermissions;

use self::builder::Setup;
use self::process::Process;
use crate::NatsOptions;

/// The password of every user of a [`NatsServer`].
const PASSWORD: &str = "for-tests-only";

/// A real `nats-server` with `JetStream` on a free loopback port, with a directory of its own.
///
/// It is killed and its directory removed when it is dropped, also in a panic; where the whole test process is killed, a watching process
/// kills it. It is looked for in `PATH` and in Go's `bin` directory; `go install github.com/nats-io/nats-server/v2@v2.10.27` builds it.
///
/// ```no_run
/// use kvguard_runtime::testing::{AccessTable, NatsServer};
/// use kvguard_runtime::NewBucket;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let table = AccessTable::new().grant("trapd", "writer").grant("viewer", "reader");
/// let server = NatsServer::builder().access("config", &table).start()?;
/// let seeding = server.admin("config").create_bucket(NewBucket::new()).connect().await?;
/// let trapd = server.user("config", "trapd").connect().await?;
/// # Ok(())
/// # }
/// ```
///
/// Starting it waits for it on the thread: some 50 ms.
#[derive(Debug)]
pub struct NatsServer {
    setup: Setup,
    process: Option<Process>,
    address: SocketAddr,
    // Removed after the process is gone.
    directory: tempfile::TempDir,
}

impl NatsServer {
    /// A server to be set up.
    pub fn builder() -> NatsServerBuilder {
        NatsServerBuilder::new()
    }

    /// A server without users, to which everybody may do everything.
    ///
    /// # Errors
    ///
    /// See [`NatsServerError`].
    pub fn start() -> Result<Self, NatsServerError> {
        Self::builder().start()
    }

    fn start_with(setup: Setup) -> Result<Self, NatsServerError> {
        let directory = tempfile::tempdir().map_err(NatsServerError::directory)?;
        let process = Process::start(&setup.config(directory.path(), None), directory.path())?;
        let address = process.address();
        Ok(Self {
            setup,
            process: Some(process),
            address,
            directory,
        })
    }

    /// Where it listens. It stays the same when it is restarted.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for clients.
    pub fn url(&self) -> String {
        self.setup.url(self.address)
    }

    /// Its address with the login of one who may do everything, for programs that take their login from the address. Where clients
    /// log in with certificates it has no login.
    pub fn admin_url(&self) -> String {
        self.setup.admin_url(self.address)
    }

    /// Its address with the login of a user, for programs that take their login from the address.
    pub fn user_url(&self, user: &str) -> String {
        self.setup.user_url(self.address, user)
    }

    /// Its directory, which holds `JetStream`'s files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// How to reach a bucket as one who may do everything.
    pub fn admin(&self, bucket: &str) -> NatsOptions {
        self.setup
            .admin(NatsOptions::new(bucket).server(self.url()))
    }

    /// How to reach a bucket as a user.
    pub fn user(&self, bucket: &str, user: &str) -> NatsOptions {
        let options = NatsOptions::new(bucket).server(self.url());
        self.setup.trust(options).user(user, PASSWORD)
    }

    /// How to reach a bucket as nobody yet: with its address, and its certificate authority if it has TLS.
    pub fn options(&self, bucket: &str) -> NatsOptions {
        self.setup
            .trust(NatsOptions::new(bucket).server(self.url()))
    }

    /// The last 200 lines that it logged since it was started; none while it is killed.
    pub fn log(&self) -> Vec<String> {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Whether it was started and not killed since.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Its name in its cluster, if it is in one.
    fn member_name(&self) -> Option<&str> {
        let member = self.setup.member.as_ref();
        member.map(|member| member.name.as_str())
    }

    /// Kills it at once, as a crash does, and waits until it is gone.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Kills it if it runs, and starts it again at the same address with what it stored.
    ///
    /// # Errors
    ///
    /// See [`NatsServerError`].
    pub fn restart(&mut self) -> Result<(), NatsServerError> {
        self.kill();
        let directory = self.directory.path();
        let config = self.setup.config(directory, Some(self.address.port()));
        self.process = Some(Process::start(&config, directory)?);
        Ok(())
    }
}
