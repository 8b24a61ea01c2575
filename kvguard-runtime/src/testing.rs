//! Doubles of stores for tests, and the suite that every store passes.
//!
//! What a test needs, and what gives it:
//!
//! | a test needs | it is given by |
//! |---|---|
//! | a store that fails as it says | [`MemoryStore`] |
//! | a data service that enforces its table, by mTLS | `DatasvcServer` |
//! | one that enforces nothing | `DatasvcServerBuilder::without_enforcement` |
//! | the same by SPIFFE | `DatasvcServer` and `WorkloadApi` |
//! | a real NATS server, which can be killed and restarted with its port and its store | `NatsServer` |
//! | one with TLS; one that wants client certificates | `NatsServerBuilder::tls`, `tls_with_client_certificates` |
//! | one whose users may do what a table grants | `NatsServerBuilder::access` |
//! | one whose users may publish to some subjects | `NatsServerBuilder::user` with `NatsPermissions` |
//! | one whose table looks closed and is open, `publish: []` | `NatsPermissions::with_empty_publish_list` |
//! | one whose users have credentials files | `NatsOperator` |
//! | an address with a login in it, for a program | `NatsServer::user_url`, `admin_url` |
//! | a bucket that is full, or whose values expire | [`NewBucket`](crate::NewBucket)`::max_bytes`, `max_age` |
//! | a cluster that loses its leader | `NatsCluster` |
//! | certificates | [`Authority`] |
//!
//! `NatsServer` starts the program `nats-server`, and says how to get it where it is not there.

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
    NatsCluster, NatsOperator, NatsPermissions, NatsServer, NatsServerBuilder, NatsServerError,
    NatsUser,
};
pub use recording::{Outcome, Recorded, Recording};
#[cfg(feature = "spiffe")]
pub use workload_api::WorkloadApi;

pub use crate::store::memory::MemoryStore;
