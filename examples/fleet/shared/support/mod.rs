//! What the tests of every service need: the stores, and the service as a process.

#![allow(dead_code, reason = "each service's tests use their part of it")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use kvguard_runtime::testing::{
    AccessTable, Authority, CertificateRequest, DatasvcServer, NatsPermissions, NatsServer, Role,
    WorkloadApi,
};
use kvguard_runtime::{Key, KvStore, NatsStore, NewBucket};
use tempfile::TempDir;

const STORE: &str = "spiffe://brook.example/services/config-store";
const BUCKET: &str = "config";

pub type Environment = Vec<(&'static str, String)>;

/// A data service whose table knows one service, by its SPIFFE ID and by its subject.
pub struct Datasvc {
    authority: Authority,
    pub server: DatasvcServer,
    directory: TempDir,
    service: &'static str,
}

impl Datasvc {
    pub fn start(service: &'static str, role: &str) -> Self {
        let authority = Authority::new();
        let table = AccessTable::from_iter([(spiffe_id(service), role), (subject(service), role)]);
        let server = DatasvcServer::builder(&authority)
            .with_certificate(
                CertificateRequest::spiffe(STORE)
                    .with_dns_name("localhost")
                    .with_address([127, 0, 0, 1]),
            )
            .with_access_table(table)
            .start();
        Self {
            authority,
            server,
            directory: tempfile::tempdir().unwrap(),
            service,
        }
    }

    pub fn mtls(&self) -> Environment {
        let request = CertificateRequest::subject(&subject(self.service));
        let files = self
            .authority
            .issue(&request)
            .write_to(&self.directory, &self.authority)
            .unwrap();
        vec![
            ("CONFIG_SOURCE", "kv".to_owned()),
            ("KV_ADDRESS", self.server.address()),
            ("KV_SEC_MODE", "mtls".to_owned()),
            ("KV_CERT_FILE", files.certificate.display().to_string()),
            ("KV_KEY_FILE", files.key.display().to_string()),
            ("KV_CA_FILE", files.authorities.display().to_string()),
        ]
    }

    pub fn spiffe(&self) -> (Environment, WorkloadApi) {
        let api = WorkloadApi::start(&self.authority, &spiffe_id(self.service));
        let environment = vec![
            ("CONFIG_SOURCE", "kv".to_owned()),
            ("KV_ADDRESS", self.server.address()),
            ("KV_SEC_MODE", "spiffe".to_owned()),
            ("KV_TRUST_DOMAIN", "brook.example".to_owned()),
            ("KV_SERVER_SPIFFE_ID", STORE.to_owned()),
            ("KV_WORKLOAD_SOCKET", api.endpoint()),
        ];
        (environment, api)
    }

    pub fn text(&self, key: &Key) -> String {
        String::from_utf8(self.server.value(key).unwrap().into_bytes()).unwrap()
    }
}

fn spiffe_id(service: &str) -> String {
    format!("spiffe://brook.example/services/{service}")
}

fn subject(service: &str) -> String {
    format!("CN={service}.brook.example,O=Brook River Watch")
}

/// A `nats-server` that knows one service, by its nkey.
pub struct Nats {
    server: NatsServer,
    pub operator: NatsStore,
    directory: TempDir,
}

impl Nats {
    /// Nothing where the tests that need `nats-server` are left out on purpose.
    pub async fn start(role: Role) -> Option<Self> {
        let pair = nkeys::KeyPair::new_user();
        let permissions = NatsPermissions::of(role, BUCKET);
        let started = NatsServer::builder()
            .nkey(&pair.public_key(), &permissions)
            .start();
        let server = match started {
            Ok(server) => server,
            Err(error) if error.is_not_run() => {
                eprintln!("not run: {error}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let operator = server.admin(BUCKET).create_bucket(NewBucket::new());
        let operator = operator.connect().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("seed"), pair.seed().unwrap()).unwrap();
        Some(Self {
            server,
            operator,
            directory,
        })
    }

    pub fn environment(&self) -> Environment {
        vec![
            ("CONFIG_SOURCE", "kv".to_owned()),
            ("KV_ADDRESS", self.server.url()),
            ("KV_BUCKET", BUCKET.to_owned()),
            ("KV_SEC_MODE", "nkey".to_owned()),
            (
                "KV_NKEY_FILE",
                self.directory.path().join("seed").display().to_string(),
            ),
        ]
    }

    pub async fn text(&self, key: &Key) -> String {
        let entry = self.operator.get(key).await.unwrap().unwrap();
        String::from_utf8(entry.value.into_bytes()).unwrap()
    }
}

/// A service that runs.
pub struct Service {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

/// The file of a service in the fleet.
pub fn file(name: &str) -> String {
    format!("{}/../../config/{name}", env!("CARGO_MANIFEST_DIR"))
}

impl Service {
    /// Starts a binary with nothing of this process's environment.
    pub fn start(binary: &str, arguments: &[&str], environment: &Environment) -> Self {
        let mut child = Command::new(binary)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that it says.
    pub fn line(&mut self) -> String {
        match self.lines.next() {
            Some(line) => line.unwrap(),
            None => {
                let mut log = String::new();
                let mut errors = self.child.stderr.take().unwrap();
                errors.read_to_string(&mut log).unwrap();
                panic!("the service ended: {log}");
            }
        }
    }

    /// Ends it: whether it ended well, and its log.
    pub fn end(mut self) -> (bool, String) {
        drop(self.child.stdin.take());
        let mut log = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().success(), log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
