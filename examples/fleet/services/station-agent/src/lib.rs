//! Reads a gauge, and sends its readings.

use kvguard_runtime::{KvFields, kv_service};
use serde::{Deserialize, Serialize};

/// What the service reads.
#[kv_service("station-agent")]
#[derive(Deserialize, Serialize)]
pub struct Configuration {
    pub poll_seconds: u32,
    pub uplink: Uplink,
    pub sensor: Sensor,
}

/// Where readings are sent.
#[derive(Deserialize, Serialize, KvFields)]
pub struct Uplink {
    pub address: String,
    #[serde(default)]
    pub key: String,
}

/// What is read.
#[derive(Deserialize, Serialize, KvFields)]
pub struct Sensor {
    pub kind: String,
    pub offset_cm: i32,
}
