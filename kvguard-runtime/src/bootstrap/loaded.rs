//! What was loaded, and from where.

use std::fmt;
use std::sync::Arc;

use super::files::Files;
use crate::format::Mapping;
use crate::{Key, Revision, StoreError};

/// Where a configuration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// From the store, over the file where there is one.
    Kv,
    /// From the files alone.
    File,
}

/// Why a configuration that was to come from the store comes from the files alone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Degraded {
    /// The store cannot be reached.
    Outage(StoreError),
    /// The key holds nothing, and is not to be seeded.
    KeyMissing,
}

impl fmt::Display for Degraded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outage(error) => error.fmt(formatter),
            Self::KeyMissing => formatter.write_str("the key holds nothing"),
        }
    }
}

/// A configuration, checked, and where it comes from.
///
/// Its `Debug` form leaves the configuration out.
#[non_exhaustive]
pub struct Loaded<T> {
    /// The configuration.
    pub config: T,
    /// Where it comes from.
    pub source: Source,
    /// Why it comes from the files alone although it was to come from the store. A service that goes on should show it in its
    /// health check.
    pub degraded: Option<Degraded>,
    /// Whether this load seeded the key.
    pub seeded: bool,
    /// The key, unless there is no store.
    pub key: Option<Key>,
    /// The revision of the key's value, where the store tells it.
    pub revision: Option<Revision>,
    pub(super) merged: Arc<Mapping>,
    pub(super) files: Arc<Files>,
}

impl<T> Loaded<T> {
    /// The configuration, and all else.
    pub(crate) fn split(self) -> (T, Loaded<()>) {
        let rest = Loaded {
            config: (),
            source: self.source,
            degraded: self.degraded,
            seeded: self.seeded,
            key: self.key,
            revision: self.revision,
            merged: self.merged,
            files: self.files,
        };
        (self.config, rest)
    }
}

impl<T> fmt::Debug for Loaded<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Loaded")
            .field("source", &self.source)
            .field("degraded", &self.degraded)
            .field("seeded", &self.seeded)
            .field("key", &self.key)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
