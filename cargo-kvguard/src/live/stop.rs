//! The end of a command before its work is done: by a signal, or because the whole takes too long.

use std::future::Future;
use std::time::Duration;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::failure::Failure;

/// The signals that end a command. From when they are listened to on, none is lost, also while nobody waits for one.
pub struct Signals {
    #[cfg(unix)]
    listened_to: Option<[Signal; 2]>,
}

impl Signals {
    /// Listens. This needs a runtime.
    pub fn new() -> Self {
        Self {
            // Where no handler can be set the signal ends the process by itself.
            #[cfg(unix)]
            listened_to: match [SignalKind::interrupt(), SignalKind::terminate()].map(signal) {
                [Ok(interrupt), Ok(terminate)] => Some([interrupt, terminate]),
                _ => None,
            },
        }
    }

    /// Does some work, unless it is interrupted or the whole takes too long, of which it is a part. What it is about to do then is dropped where it waits, so it keeps
    /// what it has done somewhere else than in its result.
    ///
    /// # Errors
    ///
    /// [`Failure::Interrupted`] and [`Failure::TimedOut`].
    pub async fn unless_stopped<T>(
        &mut self,
        began: Instant,
        timeout: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.come() => Err(Failure::Interrupted),
            done = work => Ok(done),
            () = tokio::time::sleep_until(began + timeout) => Err(Failure::TimedOut(timeout)),
        }
    }

    /// Does some work that only a signal ends; that is how it should end.
    ///
    /// # Errors
    ///
    /// Those of the work.
    pub async fn until_stopped(
        &mut self,
        work: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = self.come() => Ok(()),
            done = work => done,
        }
    }

    /// Waits for SIGINT or SIGTERM.
    #[cfg(unix)]
    async fn come(&mut self) {
        let Some([interrupt, terminate]) = &mut self.listened_to else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    /// Waits for Ctrl-C.
    #[cfg(not(unix))]
    async fn come(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
