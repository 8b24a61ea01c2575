//! The fleet, its store, and the line between the store and the command.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kvguard_runtime::testing::{DatasvcServer, DelayProxy, NatsPermissions, NatsServer, Role};
use kvguard_runtime::{
    Key, KvStore, NewBucket, Revision, StoreError, StoreErrorKind, Value, Watch,
};
use tokio::runtime::Runtime;

use super::credentials::{Credentials, Identity, SERVER_ID};
use super::store::{Server, bucket};
use super::{Backend, Command, EXPECTED, Fleet, Running};

/// How a store is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The bucket that there is on a NATS server; `None`: none.
    pub bucket: Option<NewBucket>,
    /// Whether the access table is enforced.
    pub is_enforced: bool,
    /// What the store grants to somebody in place of what the access table says; `None`: nothing.
    pub otherwise: Vec<(Identity, Option<Role>)>,
    /// What a NATS server lets somebody do, in so many subjects.
    pub permissions: Option<(Identity, NatsPermissions)>,
    /// For how many bytes of values a data service has room.
    pub room: Option<usize>,
    /// For how many bytes a NATS server has room.
    pub server_room: Option<u64>,
}

impl Setup {
    /// What the store grants to somebody; `None`: nothing.
    pub fn role(&self, identity: Identity) -> Option<Role> {
        let otherwise = self.otherwise.iter().find(|(known, _)| *known == identity);
        match (otherwise, identity) {
            (Some((_, role)), _) => *role,
            (None, Identity::Stranger) => None,
            (None, Identity::READER) => Some(Role::Reader),
            (None, Identity::Operator | Identity::Service(_)) => Some(Role::Writer),
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            bucket: Some(bucket()),
            is_enforced: true,
            otherwise: Vec::new(),
            permissions: None,
            room: None,
            server_room: None,
        }
    }
}

/// The fleet with a store of its own.
pub struct Stand {
    /// The files.
    pub fleet: Fleet,
    /// The kind of store.
    pub backend: Backend,
    /// Who may call it.
    pub credentials: Credentials,
    store: Option<Arc<dyn KvStore>>,
    line: Option<DelayProxy>,
    address: SocketAddr,
    server: Server,
    // Dropped last, as the others' tasks run on it.
    runtime: Runtime,
}

impl Stand {
    /// With an empty store that enforces its access table.
    pub fn new(backend: Backend) -> Self {
        Self::with(backend, &Setup::default())
    }

    /// With a store that holds the template of every expected key.
    pub fn seeded(backend: Backend) -> Self {
        let stand = Self::new(backend);
        stand.seed();
        stand
    }

    /// With a store that is set up in a certain way.
    pub fn with(backend: Backend, setup: &Setup) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let credentials = Credentials::new();
        let server = Server::start(backend, setup, &credentials);
        let store = server.connect(backend, setup, &credentials, &runtime);
        let line = runtime.block_on(DelayProxy::start(server.address(), Duration::ZERO));
        let line = line.expect("a port");
        Self {
            fleet: Fleet::new(),
            backend,
            credentials,
            store,
            address: line.address(),
            line: Some(line),
            server,
            runtime,
        }
    }

    /// The line between the command and the store.
    pub fn line(&self) -> &DelayProxy {
        self.line.as_ref().expect("a line that was not taken away")
    }

    /// The NATS server.
    pub fn nats(&mut self) -> &mut NatsServer {
        match &mut self.server {
            Server::Nats(server) => server,
            Server::Datasvc(_) => panic!("the store is no NATS server"),
        }
    }

    /// The data service.
    pub fn datasvc(&self) -> &DatasvcServer {
        match &self.server {
            Server::Datasvc(server) => server,
            Server::Nats(_) => panic!("the store is no data service"),
        }
    }

    /// Starts a command, and waits until it has called the store. What passes on the line then is as the test has set it up.
    pub fn start_and_wait_for_call(&self, command: Command) -> Running {
        let seen = self.line().seen();
        let running = command.start();
        // At a NATS server it is the server that speaks first.
        self.block_on(async {
            tokio::select! {
                () = self.line().more_requests(seen) => {}
                () = self.line().more_answers(seen) => {}
            }
        });
        running
    }

    /// Waits for something.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The store as the operator sees it, past the line.
    pub fn store(&self) -> &dyn KvStore {
        self.store.as_deref().expect("a store with a bucket")
    }

    /// Writes a key.
    pub fn put(&self, name: &str, value: impl Into<Value>) {
        self.block_on(self.store().put(&key(name), value.into()))
            .expect("a put");
    }

    /// Writes a key, if the store does it.
    pub fn try_put(&self, name: &str, value: impl Into<Value>) -> Result<(), StoreError> {
        let put = self.block_on(self.store().put(&key(name), value.into()));
        put.map(|_| ())
    }

    /// The revision of a key.
    pub fn revision(&self, name: &str) -> Revision {
        let entry = self.block_on(self.store().get(&key(name))).expect("a get");
        entry.expect("a value").revision
    }

    /// Waits until a key is written.
    pub fn wait_for(&self, watched: &mut Watch) {
        let change = self.block_on(watched.next());
        change.expect("a watch that goes on").expect("a change");
    }

    /// The changes of a key that holds nothing now.
    pub fn watch(&self, name: &str) -> Watch {
        self.block_on(self.store().watch(&key(name)))
            .expect("a watch")
    }

    /// The keys below a prefix that were ever written, as far as the store tells, and hold something now.
    pub fn left_below(&self, prefix: &str) -> Vec<String> {
        match &self.server {
            Server::Nats(_) => {
                let mut keys = self.keys();
                keys.retain(|key| key.starts_with(prefix));
                keys
            }
            Server::Datasvc(server) => {
                let recorded = server.recording().all();
                let keys: BTreeSet<String> =
                    recorded.into_iter().filter_map(|one| one.key).collect();
                let is_left =
                    |name: &String| name.starts_with(prefix) && server.value(&key(name)).is_some();
                keys.into_iter().filter(is_left).collect()
            }
        }
    }

    /// What a key holds.
    pub fn get(&self, name: &str) -> Option<String> {
        let entry = self
            .block_on(self.store().get(&key(name)))
            .expect("a get")?;
        Some(String::from_utf8(entry.value.into_bytes()).expect("UTF-8"))
    }

    /// Deletes a key. NATS leaves a delete marker.
    pub fn delete(&self, name: &str) {
        self.block_on(self.store().delete(&key(name)))
            .expect("a delete");
    }

    /// The keys of a NATS bucket.
    pub fn keys(&self) -> Vec<String> {
        let list = self.store().list_keys().expect("a store that lists keys");
        let keys = self.block_on(list.keys("")).expect("keys");
        keys.iter().map(|key| key.as_str().to_owned()).collect()
    }

    /// Writes the template of every expected key.
    pub fn seed(&self) {
        for (key, template) in EXPECTED {
            self.put(key, self.fleet.read(template));
        }
    }

    /// Writes below `filler/` until the store has no room any more.
    pub fn fill(&self) {
        for number in 0.. {
            let key = key(&format!("filler/{number}"));
            let put = self.block_on(self.store().put(&key, vec![b'x'; 256].into()));
            match put {
                Ok(_) => assert!(number < 1_000, "the store has no limit"),
                Err(error) => {
                    assert_eq!(error.kind(), &StoreErrorKind::Full, "{error}");
                    return;
                }
            }
        }
    }

    /// Ends the store, and the line to it, so that nothing listens any more.
    pub fn make_unreachable(&mut self) {
        self.server.kill();
        self.line = None;
    }

    /// A command about the deployment `production`, as the operator.
    pub fn command(&self, name: &str) -> Command {
        self.command_as(name, Identity::Operator)
    }

    /// A command about the deployment `production`, as somebody.
    pub fn command_as(&self, name: &str, identity: Identity) -> Command {
        Command::new(name, self.fleet.root())
            .patient()
            .args(["--deployment", "production"])
            .args(self.place())
            .args(self.login("", identity))
    }

    /// The arguments that name the store.
    pub fn place(&self) -> Vec<String> {
        let address = self.address.to_string();
        let words = match self.backend {
            Backend::NatsPlain => vec!["--nats".to_owned(), format!("nats://{address}")],
            Backend::NatsTls => vec!["--nats".to_owned(), format!("tls://{address}")],
            Backend::DatasvcMtls => vec!["--datasvc".to_owned(), address],
            Backend::DatasvcSpiffe => {
                vec![
                    "--datasvc".to_owned(),
                    address,
                    "--server-id".to_owned(),
                    SERVER_ID.to_owned(),
                ]
            }
        };
        let ca = self
            .credentials
            .certificate(Identity::Operator)
            .authorities
            .display()
            .to_string();
        match self.backend {
            Backend::NatsTls | Backend::DatasvcMtls => {
                words.into_iter().chain(["--ca".to_owned(), ca]).collect()
            }
            _ => words,
        }
    }

    /// The arguments by which somebody logs in, each with this behind its `--`, such as `probe-` for `--probe-cert`.
    pub fn login(&self, prefix: &str, identity: Identity) -> Vec<String> {
        let files = self.credentials.certificate(identity);
        let words: Vec<(&str, String)> = match self.backend {
            Backend::NatsPlain => {
                vec![(
                    "nkey",
                    self.credentials.nkey_file(identity).display().to_string(),
                )]
            }
            Backend::NatsTls | Backend::DatasvcMtls => vec![
                ("cert", files.certificate.display().to_string()),
                ("key", files.key.display().to_string()),
            ],
            Backend::DatasvcSpiffe => {
                vec![(
                    "workload-socket",
                    self.credentials.workload_socket(identity),
                )]
            }
        };
        let words = words.into_iter();
        words
            .flat_map(|(name, value)| [format!("--{prefix}{name}"), value])
            .collect()
    }

    /// The texts that must be seen nowhere.
    pub fn secrets(&self) -> Vec<String> {
        self.credentials.secrets()
    }
}

fn key(name: &str) -> Key {
    Key::new(name.to_owned()).expect("a key")
}
