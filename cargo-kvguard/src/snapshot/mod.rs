//! What a run of the watchdog remembers of a fleet: no values, only what tells whether something is otherwise in the next run.

pub mod difference;
pub mod digest;
mod fields;
mod file;

use std::collections::{BTreeMap, BTreeSet};

use kvguard_runtime::Entry;
use serde::{Deserialize, Serialize};

use digest::Hasher;
use fields::fields_of;
pub use file::{FILE, read, write};

/// The version of the form.
pub const VERSION: u32 = 1;

/// What a run saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The version of the form.
    pub version: u32,
    /// The deployment.
    pub deployment: String,
    /// The store, as messages name it.
    pub store: String,
    /// When the run began, in UTC.
    pub began: String,
    /// Whether everything was looked at that should be. Later runs are compared with such a run only.
    pub is_whole: bool,
    /// Names the secret that the hashes were made with. Hashes of different secrets cannot be compared.
    pub hashed_with: String,
    /// The expected keys.
    pub keys: BTreeMap<String, Key>,
    /// The services that were watched.
    pub services: BTreeMap<String, Service>,
}

/// An expected key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The service that owns it.
    pub service: String,
    /// What it holds.
    pub holds: Holds,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Nothing.
    Nothing,
    /// It was not read.
    NotRead,
    /// A value.
    Value(Value),
}

/// What is remembered of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// Of the whole value.
    pub hash: String,
    /// The store's revision.
    pub revision: u64,
    /// When it was written, in UTC, where the store tells it.
    pub created: Option<String>,
    /// How many bytes it has.
    pub bytes: usize,
    /// Its fields by their paths; `None`: it cannot be read in its service's format, or they are too many.
    pub fields: Option<BTreeMap<String, Field>>,
}

impl Value {
    /// What is remembered of what a key holds.
    pub fn of(
        key: &kvguard_runtime::Key,
        entry: &Entry,
        value: &kvguard::live::Value,
        hasher: &Hasher,
    ) -> Self {
        let bytes = entry.value.as_bytes();
        let field = |path: &str, kind: &str, text: &str| hasher.field(key, path, kind, text);
        let created = entry.created.map(humantime::format_rfc3339_millis);
        Self {
            hash: hasher.value(key, bytes),
            revision: entry.revision.get(),
            created: created.map(|time| time.to_string()),
            bytes: bytes.len(),
            fields: value.root().and_then(|root| fields_of(root, &field)),
        }
    }
}

/// A field of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What the format takes it for.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of its value.
    pub hash: String,
}

/// A service that was watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Whether its log has every required line; `None`: its log was not read.
    pub speaks: Option<bool>,
    /// How many lines of its log were read.
    pub lines: usize,
    /// The images that its containers run, with their digests.
    pub images: BTreeSet<String>,
    /// How often its containers or units were started again in their lives; `None`: that is not known.
    pub restarts: Option<u64>,
}
