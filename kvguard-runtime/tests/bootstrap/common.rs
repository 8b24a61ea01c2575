//! The service that the tests load, and what captures its log.

use std::path::PathBuf;

use kvguard_runtime::testing::{AccessTable, MemoryStore};
use kvguard_runtime::{Bootstrap, Descriptor, Format, Key, KeyDeclaration};
use serde::Deserialize;
use tempfile::TempDir;

use crate::heard::always_heard;
pub use crate::log::Log;

pub const KEY: Key = Key::from_static("config/gauge.json");

pub const GAUGE: &Descriptor = &Descriptor::new("gauge", KeyDeclaration::Key(KEY), Format::Json)
    .with_critical_fields(&["listen", "database.host"])
    .with_secret_fields(&["database.password", "**.token"]);

/// What the file holds, with secrets in it.
pub const FILE: &str = r#"{
  "listen": "0.0.0.0:1",
  "database": {"host": "db", "port": 1, "password": "canary-file-password"},
  "outputs": [{"kind": "a", "token": "canary-file-token"}]
}"#;

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Configuration {
    pub listen: String,
    pub database: Database,
    #[serde(default)]
    pub outputs: Vec<Output>,
    #[serde(default)]
    pub level: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Database {
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub password: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Output {
    pub kind: String,
    #[serde(default)]
    pub token: String,
}

/// A service's directory.
pub struct Directory(TempDir);

impl Directory {
    pub fn new() -> Self {
        always_heard();
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A store in which `gauge` may write, `screen` may read, and nobody else may do anything.
pub fn store() -> MemoryStore {
    always_heard();
    MemoryStore::new().with_access_table(AccessTable::from_iter([
        ("gauge", "writer"),
        ("screen", "reader"),
    ]))
}

/// The bootstrap of the service with its file, as `gauge` reaches the store.
pub fn bootstrap(store: &MemoryStore, directory: &Directory) -> Bootstrap<Configuration> {
    Bootstrap::new(GAUGE)
        .with_store(store.handle_of("gauge"))
        .with_file(directory.file("gauge.json", FILE))
}

impl Log {
    /// Whether there is just one event of a name, at a level.
    pub fn has_one(&self, level: &str, event: &str) -> bool {
        let start = format!("{level} {event} ");
        let lines = self.lines();
        lines.iter().filter(|line| line.starts_with(&start)).count() == 1
    }
}
