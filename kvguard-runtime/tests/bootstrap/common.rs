//! The service that the tests load, and what captures its log.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kvguard_runtime::testing::{AccessTable, MemoryStore};
use kvguard_runtime::{Bootstrap, Descriptor, Format, Key, KeyDeclaration};
use serde::Deserialize;
use tempfile::TempDir;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

use crate::heard::always_heard;

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

/// Everything that is logged while its guard is kept.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn capture() -> (Self, DefaultGuard) {
        always_heard();
        let log = Self::default();
        let guard = tracing::subscriber::set_default(Collector(log.clone()));
        (log, guard)
    }

    /// Each event as `LEVEL message field=value …`.
    pub fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether there is just one event of a name, at a level.
    pub fn has_one(&self, level: &str, event: &str) -> bool {
        let start = format!("{level} {event} ");
        let lines = self.lines();
        lines.iter().filter(|line| line.starts_with(&start)).count() == 1
    }
}

struct Collector(Log);

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line {
            message: String::new(),
            fields: String::new(),
        };
        event.record(&mut line);
        let text = format!(
            "{} {}{} ",
            event.metadata().level(),
            line.message,
            line.fields
        );
        self.0
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            write!(self.fields, " {}={value:?}", field.name()).unwrap();
        }
    }
}
