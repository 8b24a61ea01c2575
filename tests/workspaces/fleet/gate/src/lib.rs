//! The registry that the guard left, as a macro or a test would take it.

/// All descriptors.
pub const REGISTRY: &str = include_str!(concat!(env!("OUT_DIR"), "/kvguard-registry.json"));
