//! Takes in the readings of the river gauges.

use kvguard_runtime::{KvFields, kv_service};
use serde::{Deserialize, Serialize};

/// What the service reads.
#[kv_service("ingest")]
#[derive(Deserialize, Serialize)]
pub struct Configuration {
    pub listen_address: String,
    pub stream: Stream,
    pub max_batch: u32,
}

/// Where readings go.
#[derive(Deserialize, Serialize, KvFields)]
pub struct Stream {
    pub name: String,
    #[serde(default)]
    pub token: String,
}
