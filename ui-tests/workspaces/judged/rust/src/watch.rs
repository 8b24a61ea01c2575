//! What the store's key is changed to while the service runs.

use std::pin::Pin;

use futures_core::Stream;
use kvguard_runtime::{Change, Watch};

use crate::{Client, Configuration, Error, File, laid_over};

/// The values of the key, the one that it holds at the beginning included.
pub struct Updates<'c> {
    client: &'c Client,
    watch: Watch,
}

impl<'c> Updates<'c> {
    pub async fn begin(client: &'c Client) -> Result<Self, Error> {
        let watch = client.watch().await?;
        Ok(Self { client, watch })
    }

    /// The next value; an error after the last.
    pub async fn next(&mut self) -> Result<Vec<u8>, Error> {
        loop {
            let change = std::future::poll_fn(|context| {
                Stream::poll_next(Pin::new(&mut self.watch), context)
            });
            match change.await {
                Some(Ok(Change::Set { value, .. })) => return Ok(value.into_bytes()),
                Some(Ok(_)) => eprintln!("WARN {} was deleted, nothing changes", self.client.key()),
                // The client begins the watch again.
                Some(Err(error)) => eprintln!("WARN {}", self.client.failed(error)),
                None => return Err(Error::Bare),
            }
        }
    }
}

/// Applies each update that is a configuration, and goes on without those that are none.
pub async fn apply_updates(
    client: &Client,
    file: &File,
    mut configuration: Configuration,
) -> Result<(), Error> {
    let mut updates = Updates::begin(client).await?;
    loop {
        match laid_over(file, &updates.next().await?) {
            Ok(same) if same == configuration => {}
            Ok(update) => {
                configuration = update;
                eprintln!("INFO update of {} applied, {configuration}", client.key());
            }
            Err(fault) => eprintln!("WARN update of {} not applied: {fault}", client.key()),
        }
    }
}
