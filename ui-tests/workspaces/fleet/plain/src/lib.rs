//! A crate without a build script.

use fleet_guard::{Key, KvService, kv_key, kv_service};

/// The key.
pub const KEY: Key = kv_key!("trapd");

/// The configuration.
#[kv_service("trapd")]
pub struct Configuration {
    /// Where it listens.
    pub listen: String,
}

/// The key of an agent.
pub fn agent(id: &str) -> Option<Key> {
    let _ = Configuration::format();
    kv_key!("agent", agent_id = id).ok()
}
