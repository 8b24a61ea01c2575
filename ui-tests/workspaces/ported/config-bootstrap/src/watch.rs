//! Configurations that follow the first.

use std::pin::Pin;

use kvguard_runtime::Change;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::store::Kv;
use crate::{ConfigFormat, overlay};

pub struct ConfigWatcher<T> {
    receiver: mpsc::UnboundedReceiver<T>,
}

impl<T: Serialize + DeserializeOwned + Send + 'static> ConfigWatcher<T> {
    pub(crate) async fn new(kv: &Kv, format: ConfigFormat) -> Option<Self> {
        let mut watch = kv
            .watch()
            .await
            .inspect_err(|error| tracing::warn!(%error, "failed to watch KV"))
            .ok()?;
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut is_first = true;
            while let Some(Ok(change)) =
                std::future::poll_fn(|context| poll_next(&mut watch, context)).await
            {
                let Change::Set { value, .. } = change else {
                    continue;
                };
                // The first value was loaded before.
                if std::mem::take(&mut is_first) {
                    continue;
                }
                match overlay::parse(format, value.as_bytes()) {
                    Ok(config) => {
                        if sender.send(config).is_err() {
                            return;
                        }
                    }
                    Err(error) => tracing::warn!(%error, "failed to parse config update from KV"),
                }
            }
        });
        Some(Self { receiver })
    }

    pub async fn recv(&mut self) -> Option<T> {
        self.receiver.recv().await
    }

    pub fn try_recv(&mut self) -> Result<T, mpsc::error::TryRecvError> {
        self.receiver.try_recv()
    }
}

fn poll_next(
    watch: &mut kvguard_runtime::Watch,
    context: &mut std::task::Context<'_>,
) -> std::task::Poll<Option<Result<Change, kvguard_runtime::StoreError>>> {
    futures_core::Stream::poll_next(Pin::new(watch), context)
}
