//! New configurations, as a service waits for them.

use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_core::de::DeserializeOwned;

use super::BootstrapError;
use crate::bootstrap::Updates;

/// New configurations.
#[derive(Debug)]
pub struct ConfigWatcher<T> {
    updates: Updates<T>,
}

impl<T: DeserializeOwned> ConfigWatcher<T> {
    pub(super) fn new(updates: Updates<T>) -> Self {
        Self { updates }
    }

    /// Waits for the next configuration; nothing after the last. Dropping the future loses none.
    ///
    /// What is not applied is logged, as the events `kv update rejected`, `kv watch interrupted` and `kv watch ended`; to be handed
    /// it, use [`next`](Self::next).
    pub async fn recv(&mut self) -> Option<T> {
        loop {
            if let Ok(loaded) = self.updates.next().await? {
                return Some(loaded.config);
            }
        }
    }

    /// The next configuration if it is there by now.
    ///
    /// # Errors
    ///
    /// [`Empty`](TryRecvError::Empty) if there is none yet, [`Disconnected`](TryRecvError::Disconnected) after the last.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let received = pin!(self.recv());
        match received.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(config)) => Ok(config),
            Poll::Ready(None) => Err(TryRecvError::Disconnected),
            Poll::Pending => Err(TryRecvError::Empty),
        }
    }

    /// Waits for the next configuration, or why one is not applied, see [`Updates::next`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn next(&mut self) -> Option<Result<T, BootstrapError>> {
        let update = self.updates.next().await?;
        Some(update.map(|loaded| loaded.config))
    }
}

/// Why [`ConfigWatcher::try_recv`] gives no configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRecvError {
    /// There is no new configuration yet.
    Empty,
    /// There will be no new configuration: the watch has ended.
    Disconnected,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "there is no new configuration yet",
            Self::Disconnected => "the watch has ended: there will be no new configuration",
        })
    }
}

impl std::error::Error for TryRecvError {}
