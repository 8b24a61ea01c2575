//! A store of the command's own, for as long as it runs.

use std::sync::Arc;
use std::time::Duration;

use kvguard_runtime::testing::{MemoryStore, NatsServer};
use kvguard_runtime::{KvStore, NewBucket};

use crate::live::failure::Failure;

/// A store that nobody else uses. It is gone when this is dropped.
pub enum OwnStore {
    /// A NATS server on a free port of the loopback interface, with its files in a temporary directory.
    Nats(Box<NatsServer>),
    /// A store in memory, where there is no `nats-server`; why there is none.
    Memory(String),
}

impl OwnStore {
    /// Starts a NATS server if there is one that can be started.
    pub fn start() -> Self {
        match NatsServer::start() {
            Ok(server) => Self::Nats(Box::new(server)),
            Err(error) => Self::Memory(error.to_string()),
        }
    }

    /// What it is, as messages name it.
    pub fn shown(&self) -> &'static str {
        match self {
            Self::Nats(_) => "a nats-server of this command's own",
            Self::Memory(_) => "a store in this command's own memory",
        }
    }

    /// Why it is in memory, if it is.
    pub fn instead(&self) -> Option<&str> {
        match self {
            Self::Nats(_) => None,
            Self::Memory(why) => Some(why),
        }
    }

    /// An empty bucket; each name has one of its own.
    ///
    /// # Errors
    ///
    /// The server does not make it.
    pub async fn bucket(
        &self,
        name: &str,
        deadline: Duration,
    ) -> Result<Arc<dyn KvStore>, Failure> {
        match self {
            Self::Nats(server) => {
                let options = server.admin(name).deadline(deadline);
                let store = options
                    .create_bucket(NewBucket::new().in_memory())
                    .connect()
                    .await;
                Ok(Arc::new(
                    store.map_err(|error| Failure::of(self.shown(), error))?,
                ))
            }
            Self::Memory(_) => Ok(Arc::new(MemoryStore::new())),
        }
    }
}
