//! What holds the values while a service loads its configuration: one for each load, or several that follow each other.

mod memory;

use std::sync::Arc;

use super::failed::Failed;
use super::plan::{Backend, Trial};
use crate::testing::{AccessTable, Recording};
use crate::{Key, KvStore};

/// Whoever presents nothing that a store would take for an identity.
const NOBODY: &str = "nobody";

/// Holds the values, enforces the access table and records what is asked.
pub(super) enum Stage {
    Memory(memory::Memory),
}

impl Stage {
    /// One with the deployment's own access table, and no value.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn open(backend: Backend, trial: &'static Trial) -> Result<Self, Failed> {
        match backend {
            Backend::Memory => Ok(Self::Memory(memory::Memory::open(trial))),
            Backend::Datasvc | Backend::Nats => {
                Err(Failed::new(format!("the backend {backend:?} is not there")))
            }
        }
    }

    /// Sets a key by the test's hand.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn set(&self, key: &Key, value: &[u8]) -> Result<(), Failed> {
        match self {
            Self::Memory(memory) => memory.set(key, value),
        }
        Ok(())
    }

    /// All that is held, by the test's hand.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn contents(&self) -> Result<Vec<(String, Vec<u8>)>, Failed> {
        match self {
            Self::Memory(memory) => Ok(memory.contents()),
        }
    }

    /// What was asked of it.
    pub(super) fn recording(&self) -> &Recording {
        match self {
            Self::Memory(memory) => memory.recording(),
        }
    }

    /// Grants nothing to anybody any more.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn deny(&mut self) -> Result<(), Failed> {
        match self {
            Self::Memory(memory) => memory.deny(),
        }
        Ok(())
    }

    /// Makes it unreachable.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn cut(&mut self) -> Result<(), Failed> {
        match self {
            Self::Memory(memory) => memory.cut(),
        }
        Ok(())
    }

    /// Makes another writer set a key just before the service does; whether it can.
    pub(super) fn let_another_be_quicker(&self, key: &Key, value: &[u8]) -> bool {
        match self {
            Self::Memory(memory) => memory.let_another_be_quicker(key, value),
        }
        true
    }

    /// The store that a function is given.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn store(&mut self) -> Result<Arc<dyn KvStore>, Failed> {
        match self {
            Self::Memory(memory) => Ok(memory.store()),
        }
    }

    /// The variables by which a service that connects by itself finds it, in place of the deployment's own.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        match self {
            Self::Memory(_) => Vec::new(),
        }
    }
}

/// The deployment's access table.
fn access_table(trial: &Trial) -> AccessTable {
    trial
        .rules
        .iter()
        .map(|(identity, role, _)| (*identity, *role))
        .collect()
}
