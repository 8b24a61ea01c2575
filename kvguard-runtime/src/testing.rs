//! Doubles of stores for tests, and the suite that every store passes.

mod access_table;
#[cfg(feature = "datasvc")]
mod background;
mod certificates;
pub mod conformance;
#[cfg(feature = "datasvc")]
mod datasvc_server;
#[cfg(feature = "datasvc")]
mod grpc;
pub mod harness;
#[cfg(feature = "datasvc")]
mod identity_forms;
mod recording;
#[cfg(feature = "spiffe")]
mod workload_api;

pub use access_table::{AccessTable, Role};
pub use certificates::{Authority, CertificateFiles, CertificateRequest, IssuedCertificate};
#[cfg(feature = "datasvc")]
pub use datasvc_server::{DatasvcServer, DatasvcServerBuilder};
#[cfg(feature = "datasvc")]
pub use identity_forms::{IdentityForm, IdentityForms};
pub use recording::{Outcome, Recorded, Recording};
#[cfg(feature = "spiffe")]
pub use workload_api::WorkloadApi;

pub use crate::store::memory::MemoryStore;
