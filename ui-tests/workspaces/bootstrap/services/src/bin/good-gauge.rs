//! A service that is well: what goes wrong is an error, and it watches its key.

use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use kvguard_runtime::{Change, KvStore};
use services::configuration::{Config, KEY, checked, merge, of_tree};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ERROR {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(std::env::args().nth(2).ok_or("--config and a path")?);
    let store: Arc<dyn KvStore> = Arc::new(services::client::of_environment().await?);
    let config = services::good::load(&store, &path).await?;
    tell(&config);
    let mut watch = store.watch(&KEY).await?;
    let base = services::configuration::file(&path)?;
    let mut last = config;
    while let Some(change) = std::future::poll_fn(|context| {
        futures_core::Stream::poll_next(Pin::new(&mut watch), context)
    })
    .await
    {
        let Change::Set { value, .. } = change? else {
            continue;
        };
        let read = services::configuration::value(value.as_bytes()).and_then(|over| {
            let mut tree = base.clone();
            merge(&mut tree, over);
            checked(of_tree(tree)?)
        });
        match read {
            Ok(config) if config == last => {}
            Ok(config) => {
                tell(&config);
                last = config;
            }
            Err(error) => eprintln!("WARN kv update rejected: {error}"),
        }
    }
    Ok(())
}

fn tell(config: &Config) {
    println!(
        "INFO gauge listening on {} of {}",
        config.listen, config.site
    );
}
