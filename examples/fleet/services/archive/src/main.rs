//! Keeps the readings of the river gauges.

use std::process::ExitCode;

use kvguard_runtime::{Bootstrap, KvFields, KvService, kv_service};
use serde::Deserialize;

/// What the service reads.
#[kv_service("archive")]
#[derive(Deserialize)]
struct Configuration {
    database: Database,
    retention: String,
    compress: bool,
}

#[derive(Deserialize, KvFields)]
struct Database {
    host: String,
    name: String,
    user: String,
    password: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let bootstrap =
        Bootstrap::<Configuration>::from_env(Configuration::DESCRIPTOR).map(|bootstrap| {
            let bootstrap = bootstrap.with_file(running::config_path("/etc/brook/archive.json"));
            match password() {
                Some(password) => bootstrap.with_supplied("database.password", password),
                None => bootstrap,
            }
        });
    running::run(bootstrap, describe).await
}

/// The password, from the variable or the systemd credential that a deployment supplies it by.
fn password() -> Option<String> {
    let credential = || {
        let directory = std::env::var_os("CREDENTIALS_DIRECTORY")?;
        let path = std::path::Path::new(&directory).join("database-password");
        Some(std::fs::read_to_string(path).ok()?.trim_end().to_owned())
    };
    std::env::var("DATABASE_PASSWORD").ok().or_else(credential)
}

fn describe(configuration: &Configuration) -> String {
    let Configuration {
        database:
            Database {
                host,
                name,
                user,
                password,
            },
        retention,
        compress,
    } = configuration;
    let how = if *compress {
        "compressed"
    } else {
        "as they come"
    };
    let letters = password.chars().count();
    format!(
        "keeps readings {how} for {retention} in `{name}` at {host} as {user}, whose password has {letters} letters"
    )
}
