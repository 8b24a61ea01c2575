//! Shows the river levels.

use kvguard_runtime::{KvFields, kv_service};
use serde::{Deserialize, Serialize};

/// What the service reads.
#[kv_service("dashboard")]
#[derive(Deserialize, Serialize)]
pub struct Configuration {
    pub title: String,
    pub map: Map,
    pub refresh: String,
}

/// What is seen first.
#[derive(Deserialize, Serialize, KvFields)]
pub struct Map {
    pub center: String,
    pub zoom: u8,
}
