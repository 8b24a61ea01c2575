//! Keeps the readings of the river gauges.

use std::process::ExitCode;

use archive::{Configuration, Database, password};
use kvguard_runtime::{Bootstrap, KvService};

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
