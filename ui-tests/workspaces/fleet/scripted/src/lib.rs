//! A crate with a build script.

use fleet_guard::{Key, kv_key};

/// The key.
pub const KEY: Key = kv_key!("trapd");

/// The key of an agent.
pub fn agent(id: &str) -> Option<Key> {
    kv_key!("agent", agent_id = id).ok()
}
