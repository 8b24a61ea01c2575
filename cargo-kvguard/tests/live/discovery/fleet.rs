//! A copy of the fleet in `tests/fixtures/discovery` with certificates for its services, and what the store is to hold.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use kvguard_runtime::testing::{Authority, CertificateFiles, CertificateRequest};
use kvguard_runtime::{Key, KvStore, NatsOptions, NatsStore, NewBucket};

use crate::support::{Command, Fleet, Run};

/// Those who have a certificate.
pub const NAMES: [&str; 5] = ["admin", "ingest", "display", "forecast", "tide"];

/// The only name that the store's certificate is for; nobody has it here.
pub const STORE_NAME: &str = "kv.harbour.internal";

pub struct Harbour {
    pub fleet: Fleet,
    authority: Authority,
}

impl Harbour {
    pub fn new() -> Self {
        let harbour = Self {
            fleet: Fleet::named("discovery"),
            authority: Authority::new(),
        };
        for name in NAMES {
            let request = CertificateRequest::subject(&format!("CN={name},O=Harbour"));
            harbour.issue(name, &request);
        }
        let store = CertificateRequest::subject("CN=store,O=Harbour").with_dns_name(STORE_NAME);
        harbour.issue("store", &store);
        harbour.link_files_of("display");
        fs::create_dir(harbour.temporary()).expect("a directory");
        harbour
    }

    fn issue(&self, name: &str, request: &CertificateRequest) {
        let directory = self.certificates(name);
        fs::create_dir_all(&directory).expect("a directory");
        let issued = self.authority.issue(request);
        issued
            .write_to(&directory, &self.authority)
            .expect("certificates");
    }

    /// Its files become links to links, as those of Secrets in pods are.
    fn link_files_of(&self, name: &str) {
        let directory = self.certificates(name);
        let versions = directory.join("..1");
        fs::create_dir(&versions).expect("a directory");
        symlink("..1", directory.join("..data")).expect("a link");
        for file in ["tls.crt", "tls.key", "ca.crt"] {
            fs::rename(directory.join(file), versions.join(file)).expect("a file");
            symlink(format!("..data/{file}"), directory.join(file)).expect("a link");
        }
    }

    pub fn certificates(&self, name: &str) -> PathBuf {
        self.fleet.path("certificates").join(name)
    }

    pub fn files(&self, name: &str) -> CertificateFiles {
        let directory = self.certificates(name);
        CertificateFiles {
            certificate: directory.join("tls.crt"),
            key: directory.join("tls.key"),
            authorities: directory.join("ca.crt"),
        }
    }

    /// Where the command puts what services log in with.
    pub fn temporary(&self) -> PathBuf {
        self.fleet.path("temporary")
    }

    /// A command about one of the deployments, which puts nothing outside of the fleet's directory.
    pub fn command(&self, name: &str, deployment: &str) -> Command {
        Command::new(name, self.fleet.root())
            .args(["--deployment", deployment])
            .env("TMPDIR", self.temporary())
    }

    /// Fails if something that services log in with is left, or shown.
    #[track_caller]
    pub fn assert_nothing_left(&self, run: &Run) {
        let left: Vec<PathBuf> = entries(&self.temporary());
        assert!(left.is_empty(), "{}: {left:?}", run.what);
        let text = run.text();
        assert!(!text.contains("canary"), "{}:\n{text}", run.what);
        for name in NAMES {
            let key = fs::read_to_string(&self.files(name).key).expect("a key");
            let line = key.lines().nth(1).expect("a line of the key");
            assert!(!text.contains(line), "{}:\n{text}", run.what);
        }
    }

    /// The store as its administrator sees it, with the bucket made.
    pub async fn store(&self, address: &str) -> NatsStore {
        let files = self.files("admin");
        NatsOptions::new("config")
            .server(format!("tls://{address}"))
            .certificate_authority(&files.authorities)
            .client_certificate(&files.certificate, &files.key)
            .certificate_name(STORE_NAME)
            .create_bucket(NewBucket::new())
            .deadline(std::time::Duration::from_secs(60))
            .connect()
            .await
            .expect("the administrator is let in")
    }

    /// Writes the templates of all services into the store.
    pub async fn seed(&self, address: &str) {
        let store = self.store(address).await;
        for name in ["ingest", "display", "forecast", "tide", "radar"] {
            let template = self.fleet.read(&format!("templates/{name}.json"));
            let key = key_of(name);
            store.put(&key, template.into()).await.expect("a put");
        }
    }
}

pub fn key_of(service: &str) -> Key {
    Key::new(format!("config/{service}.json")).expect("a key")
}

pub fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}
