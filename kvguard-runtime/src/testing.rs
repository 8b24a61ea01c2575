//! Doubles of stores for tests, and the suite that every store passes.

mod access_table;
pub mod conformance;
#[cfg(feature = "nats")]
mod delay_proxy;
#[cfg(feature = "nats")]
mod nats_server;
mod recording;

pub use access_table::{AccessTable, Role};
#[cfg(feature = "nats")]
pub use delay_proxy::{DelayProxy, Seen};
#[cfg(feature = "nats")]
pub use nats_server::{
    NatsCluster, NatsPermissions, NatsServer, NatsServerBuilder, NatsServerError, NatsTls,
};
pub use recording::{Outcome, Recorded, Recording};

pub use crate::store::memory::MemoryStore;
