//! Doubles of stores for tests, and the suite that every store passes.

mod access_table;
#[cfg(feature = "datasvc")]
mod background;
mod certificates;
pub mod conformance;
#[cfg(feature = "datasvc")]
mod datasvc_server;
#[cfg(feature = "nats")]
mod delay_proxy;
#[cfg(feature = "datasvc")]
mod grpc;
pub mod harness;
#[cfg(feature = "datasvc")]
mod identity_forms;
#[cfg(feature = "nats")]
mod nats_server;
mod recording;
#[cfg(feature = "spiffe")]
mod workload_api;

pub use access_table::{AccessTable, Role};
pub use certificates::{Authority, CertificateFiles, CertificateRequest, IssuedCertificate};
#[cfg(feature = "datasvc")]
pub use datasvc_server::{DatasvcServer, DatasvcServerBuilder};
#[cfg(feature = "nats")]
pub use delay_proxy::{DelayProxy, Seen};
#[cfg(feature = "datasvc")]
pub use identity_forms::{IdentityForm, IdentityForms};
#[cfg(feature = "nats")]
pub use nats_server::{
    NatsCluster, NatsPermissions, NatsServer, NatsServerBuilder, NatsServerError,
};
pub use recording::{Outcome, Recorded, Recording};
#[cfg(feature = "spiffe")]
pub use workload_api::WorkloadApi;

pub use crate::store::memory::MemoryStore;
