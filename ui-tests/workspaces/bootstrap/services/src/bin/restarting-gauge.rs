//! A service that takes what its watch starts with for an update, and executes itself again.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use kvguard_runtime::KvStore;
use services::configuration::KEY;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(std::env::args().nth(2).ok_or("--config and a path")?);
    let store: Arc<dyn KvStore> = Arc::new(services::client::of_environment().await?);
    let config = services::good::load(&store, &path).await?;
    println!("INFO gauge listening on {}", config.listen);
    let mut watch = store.watch(&KEY).await?;
    std::future::poll_fn(|context| futures_core::Stream::poll_next(Pin::new(&mut watch), context))
        .await;
    let mut again = std::process::Command::new(std::env::current_exe()?);
    again.args(std::env::args().skip(1));
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        Err(again.exec().into())
    }
    #[cfg(not(unix))]
    {
        again.spawn()?;
        Ok(())
    }
}
