//! How every service of the fleet starts, logs and ends: one crate, so that none of them does it in a way of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use kvguard_runtime::{Bootstrap, BootstrapError, Loaded};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

/// The service's file: what `--config` names, or the one that a package installs.
pub fn config_path(installed: &str) -> PathBuf {
    argument("--config").map_or_else(|| PathBuf::from(installed), PathBuf::from)
}

/// The argument that follows another.
pub fn argument(name: &str) -> Option<String> {
    std::env::args()
        .skip_while(|argument| argument != name)
        .nth(1)
}

/// Loads the configuration, says what it is, does so again at each update, and ends with its standard input.
///
/// The log goes to the standard error.
pub async fn run<T: DeserializeOwned>(
    bootstrap: Result<Bootstrap<T>, BootstrapError>,
    describe: impl Fn(&T) -> String,
) -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    match serve(bootstrap, describe).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<T: DeserializeOwned>(
    bootstrap: Result<Bootstrap<T>, BootstrapError>,
    describe: impl Fn(&T) -> String,
) -> Result<(), BootstrapError> {
    let bootstrap = bootstrap?;
    let loaded = bootstrap.load().await?;
    say(&loaded, &describe);
    let mut updates = bootstrap.watch(&loaded).await?;
    let mut end = end_of_input();
    loop {
        tokio::select! {
            _ = &mut end => return Ok(()),
            update = updates.next() => match update {
                Some(Ok(loaded)) => say(&loaded, &describe),
                // It is in the log, and the configuration stays as it is.
                Some(Err(_)) => {}
                None => {
                    let _ = end.await;
                    return Ok(());
                }
            },
        }
    }
}

fn say<T>(loaded: &Loaded<T>, describe: impl Fn(&T) -> String) {
    let source = match (&loaded.degraded, loaded.source) {
        (Some(_), _) => "the file, degraded",
        (None, kvguard_runtime::bootstrap::Source::Kv) => "the store",
        (None, kvguard_runtime::bootstrap::Source::File) => "the file",
    };
    println!("{} (from {source})", describe(&loaded.config));
}

fn end_of_input() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = sender.send(());
    });
    receiver
}
