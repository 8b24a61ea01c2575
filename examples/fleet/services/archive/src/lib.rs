//! Keeps the readings of the river gauges.

use std::path::Path;

use kvguard_runtime::{KvFields, kv_service};
use serde::{Deserialize, Serialize};

/// What the service reads.
#[kv_service("archive")]
#[derive(Deserialize, Serialize)]
pub struct Configuration {
    pub database: Database,
    pub retention: String,
    pub compress: bool,
}

/// Where readings are kept.
#[derive(Deserialize, Serialize, KvFields)]
pub struct Database {
    pub host: String,
    pub name: String,
    pub user: String,
    pub password: String,
}

/// The password, from the variable or the systemd credential that a deployment supplies it by.
pub fn password() -> Option<String> {
    let credential = || {
        let directory = std::env::var_os("CREDENTIALS_DIRECTORY")?;
        let path = Path::new(&directory).join("database-password");
        Some(std::fs::read_to_string(path).ok()?.trim_end().to_owned())
    };
    std::env::var("DATABASE_PASSWORD").ok().or_else(credential)
}
