//! What a service links: its descriptor and its key, with names and keys checked by the compiler.
//!
#![cfg_attr(not(doctest), doc = include_str!("examples/service.md"))]
//!
//! A service that is not in the registry, a variable that the key's template does not have, or a critical field
//! that the configuration does not read is an error of the compiler, at that word.
//!
//! # What the macros read
//!
//! With a build script that runs `kvguard::build_script::Guard`, the registry that it leaves in `OUT_DIR`. Without
//! one, the policy, `kvguard.toml`, which is looked for upwards from the package's directory (`KVGUARD_ROOT` names
//! another directory), and the registry that it names. Every file and variable that is read is tracked: if it
//! changes or goes, the crate is compiled again. What is added can be tracked by a build script alone: a policy nearer to the
//! package, or another file in a registry that is a directory, goes unnoticed without one until something else changes.
//!
//! # Another name for this crate
//!
//! Where the package's manifest, or its workspace's, gives the dependency another name, the macros use that. Where
//! the crate is reached through another one, each macro takes `crate = path::to::kvguard_runtime` as its last argument.
//!
//! # Features
//!
//! Each format (`json`, a default, `toml`, `yaml`) brings [`Bootstrap`]; `nats` and `datasvc` bring the stores, `spiffe` the second by the
//! SPIFFE Workload API; `testing` brings doubles of them that are real servers, and what `#[kv_bootstrap_test]` runs; `conformance` the program
//! `kvguard-conformance`, which runs the conformance suite against a data service. Without them
//! there is no network and no serde.

extern crate self as kvguard_runtime;

#[cfg(all(feature = "spiffe", not(unix)))]
compile_error!("the feature `spiffe` needs Unix sockets, which this target does not have");

#[cfg(feature = "bootstrap")]
pub mod adapter;
#[cfg(feature = "bootstrap")]
pub mod bootstrap;
#[cfg(any(
    feature = "bootstrap",
    feature = "datasvc",
    feature = "nats",
    feature = "testing"
))]
mod capped_file;
#[cfg(feature = "datasvc")]
mod certificate_identity;
mod descriptor;
#[cfg(feature = "bootstrap")]
pub mod environment;
mod fields;
#[cfg(feature = "bootstrap")]
mod format;
mod key;
mod provided;
mod service;
mod store;
mod template;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "bootstrap")]
mod typed;
#[cfg(feature = "datasvc")]
mod x509;

#[cfg(feature = "bootstrap")]
pub use bootstrap::{Bootstrap, BootstrapError, BootstrapErrorKind, Loaded, OnMissing, OnOutage};
#[cfg(feature = "datasvc")]
pub use certificate_identity::CertificateIdentity;
pub use descriptor::{Descriptor, Format, KeyDeclaration};
pub use fields::{Field, Fields, KvFields};
pub use key::{InvalidKey, Key, KeyFault, MAX_KEY_BYTES};
pub use kvguard_contract as contract;
pub use kvguard_macros::{
    KvFields, descriptor, guard, kv_access_test, kv_bootstrap_coverage, kv_bootstrap_test, kv_key,
    kv_service,
};
pub use service::KvService;
#[cfg(feature = "datasvc")]
pub use store::datasvc::{DatasvcOptions, DatasvcSecurity, DatasvcStore, MtlsFiles};
#[cfg(feature = "spiffe")]
pub use store::datasvc::{InvalidSpiffeId, SpiffeId, SpiffeSource};
#[cfg(feature = "nats")]
pub use store::nats::{NatsOptions, NatsStore, NewBucket};
pub use store::{
    BucketFacts, Change, Denial, Entry, KvStore, Limit, ListKeys, Operation, Pending, Remains,
    Revision, StoreError, StoreErrorKind, Value, Watch,
};
pub use template::KeyTemplate;

/// What the macros expand to; not to be used by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::fields::{Lookup, Probe, ProbeFallback, lookup};
    pub use crate::key::checked as key;
    pub use crate::provided::{backend_datasvc, backend_memory, backend_nats, with_testing};
    #[cfg(feature = "testing")]
    pub mod harness {
        pub use crate::testing::harness::plan::*;
        pub use crate::testing::harness::{Setup, of_result, of_value, run};
    }
    pub use kvguard_macros::__KvService;

    /// Fails a test with what is wrong, if anything is.
    ///
    /// # Panics
    ///
    /// If there are errors.
    #[track_caller]
    pub fn hold(errors: &[&str]) {
        assert!(errors.is_empty(), "\n{}\n", errors.join("\n"));
    }
}
