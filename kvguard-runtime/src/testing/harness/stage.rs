//! What holds the values while a service loads its configuration: one for each load, or several that follow each other.

#[cfg(feature = "datasvc")]
mod datasvc;
mod memory;
#[cfg(feature = "datasvc")]
mod wrapped;

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
    #[cfg(feature = "datasvc")]
    Datasvc(Box<datasvc::Datasvc>),
}

impl Stage {
    /// One with the deployment's own access table, and no value.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn open(backend: Backend, trial: &'static Trial) -> Result<Self, Failed> {
        match backend {
            Backend::Memory => Ok(Self::Memory(memory::Memory::open(trial))),
            #[cfg(feature = "datasvc")]
            Backend::Datasvc => Ok(Self::Datasvc(Box::new(datasvc::Datasvc::open(trial)?))),
            #[allow(unreachable_patterns, reason = "by the features")]
            _ => Err(Failed::new(format!("the backend {backend:?} is not there"))),
        }
    }

    /// Sets a key by the test's hand.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn set(&self, key: &Key, value: &[u8]) -> Result<(), Failed> {
        match self {
            Self::Memory(memory) => memory.set(key, value),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.set(key, value),
        }
        Ok(())
    }

    /// What the service's key holds, and those that it wrote to.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn contents(&self, own: &Key) -> Result<Vec<(String, Vec<u8>)>, Failed> {
        let _ = own;
        match self {
            Self::Memory(memory) => Ok(memory.contents()),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => Ok(datasvc.contents(own)),
        }
    }

    /// What was asked of it.
    pub(super) fn recording(&self) -> &Recording {
        match self {
            Self::Memory(memory) => memory.recording(),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.recording(),
        }
    }

    /// Grants nothing to anybody any more.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn deny(&mut self) -> Result<(), Failed> {
        match self {
            Self::Memory(memory) => memory.deny(),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.deny(),
        }
        Ok(())
    }

    /// Makes it unreachable.
    #[expect(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn cut(&mut self) -> Result<(), Failed> {
        match self {
            Self::Memory(memory) => memory.cut(),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.cut(),
        }
        Ok(())
    }

    /// Makes another writer set a key just before the service does; whether it can.
    pub(super) fn let_another_be_quicker(&self, key: &Key, value: &[u8]) -> bool {
        match self {
            Self::Memory(memory) => {
                memory.let_another_be_quicker(key, value);
                true
            }
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.let_another_be_quicker(key, value),
        }
    }

    /// The store that a function is given.
    #[allow(clippy::unused_async, reason = "other backends are waited for")]
    pub(super) async fn store(&mut self) -> Result<Arc<dyn KvStore>, Failed> {
        match self {
            Self::Memory(memory) => Ok(memory.store()),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.store().await,
        }
    }

    /// The variables by which a service that connects by itself finds it, in place of the deployment's own.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        match self {
            Self::Memory(_) => Vec::new(),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.environment(),
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
