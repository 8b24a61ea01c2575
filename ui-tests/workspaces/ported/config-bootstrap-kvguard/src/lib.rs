//! The crate that the harbour's services share to load their configuration.

pub use kvguard_runtime::adapter::*;
