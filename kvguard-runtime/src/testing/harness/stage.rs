//! What holds the values while a service loads its configuration: one for each load, or several that follow each other.

#[cfg(feature = "datasvc")]
mod datasvc;
mod memory;
#[cfg(feature = "nats")]
mod nats;
#[cfg(any(feature = "datasvc", feature = "nats"))]
mod wrapped;

use std::sync::Arc;

use super::failed::Failed;
use super::plan::{Backend, Suite, Trial};
use crate::testing::{AccessTable, Recording};
use crate::{Key, KvStore};

/// Whoever presents nothing that a store would take for an identity.
const NOBODY: &str = "nobody";

/// Holds the values, enforces the access table and records what is asked.
pub(super) enum Stage {
    Memory(memory::Memory),
    #[cfg(feature = "datasvc")]
    Datasvc(Box<datasvc::Datasvc>),
    #[cfg(feature = "nats")]
    Nats(Box<nats::Nats>),
}

impl Stage {
    /// One with the deployment's own access table, or one that grants nothing to the service, and no value.
    #[allow(
        clippy::unused_async,
        reason = "by the features, other backends are waited for"
    )]
    pub(super) async fn open(
        backend: Backend,
        suite: &'static Suite,
        trial: &'static Trial,
        is_denied: bool,
    ) -> Result<Self, Failed> {
        let _ = suite;
        match backend {
            Backend::Memory => {
                let memory = memory::Memory::open(trial);
                if is_denied {
                    memory.deny();
                }
                Ok(Self::Memory(memory))
            }
            #[cfg(feature = "datasvc")]
            Backend::Datasvc => {
                let datasvc = datasvc::Datasvc::open(trial, suite.server_name)?;
                if is_denied {
                    datasvc.deny();
                }
                Ok(Self::Datasvc(Box::new(datasvc)))
            }
            #[cfg(feature = "nats")]
            Backend::Nats => Ok(Self::Nats(Box::new(
                nats::Nats::open(trial, is_denied).await?,
            ))),
            #[allow(unreachable_patterns, reason = "by the features")]
            _ => Err(Failed::new(format!("the backend {backend:?} is not there"))),
        }
    }

    /// Sets a key by the test's hand.
    #[allow(
        clippy::unused_async,
        reason = "by the features, other backends are waited for"
    )]
    pub(super) async fn set(&self, key: &Key, value: &[u8]) -> Result<(), Failed> {
        match self {
            Self::Memory(memory) => memory.set(key, value),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.set(key, value),
            #[cfg(feature = "nats")]
            Self::Nats(nats) => nats.set(key, value).await?,
        }
        Ok(())
    }

    /// What the service's key holds, and those that it wrote to.
    #[allow(
        clippy::unused_async,
        reason = "by the features, other backends are waited for"
    )]
    pub(super) async fn contents(&self, own: &Key) -> Result<Vec<(String, Vec<u8>)>, Failed> {
        let _ = own;
        match self {
            Self::Memory(memory) => Ok(memory.contents()),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => Ok(datasvc.contents(own)),
            #[cfg(feature = "nats")]
            Self::Nats(nats) => nats.contents().await,
        }
    }

    /// What was asked of it.
    pub(super) fn recording(&self) -> &Recording {
        match self {
            Self::Memory(memory) => memory.recording(),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.recording(),
            #[cfg(feature = "nats")]
            Self::Nats(nats) => nats.recording(),
        }
    }

    /// Makes it unreachable.
    pub(super) fn cut(&mut self) {
        match self {
            Self::Memory(memory) => memory.cut(),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.cut(),
            #[cfg(feature = "nats")]
            Self::Nats(nats) => nats.cut(),
        }
    }

    /// Lets no watch bring anything, where programs are tested.
    pub(super) fn silence_watches(&self) {
        match self {
            Self::Memory(_) => {}
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.silence_watches(),
            #[cfg(feature = "nats")]
            Self::Nats(_) => {}
        }
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
            #[cfg(feature = "nats")]
            Self::Nats(nats) => nats.let_another_be_quicker(key, value),
        }
    }

    /// The store that a function is given.
    #[allow(
        clippy::unused_async,
        reason = "by the features, other backends are waited for"
    )]
    pub(super) async fn store(&mut self) -> Result<Arc<dyn KvStore>, Failed> {
        match self {
            Self::Memory(memory) => Ok(memory.store()),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.store().await,
            #[cfg(feature = "nats")]
            Self::Nats(nats) => nats.store().await,
        }
    }

    /// Where a service that connects by itself finds it.
    pub(super) fn address(&self) -> Option<String> {
        match self {
            Self::Memory(_) => None,
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => Some(datasvc.address()),
            #[cfg(feature = "nats")]
            Self::Nats(_) => None,
        }
    }

    /// The variables by which a service that connects by itself finds it, in place of the deployment's own.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        match self {
            Self::Memory(_) => Vec::new(),
            #[cfg(feature = "datasvc")]
            Self::Datasvc(datasvc) => datasvc.environment(),
            #[cfg(feature = "nats")]
            Self::Nats(_) => Vec::new(),
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
