//! The end of a command before its work is done: by a signal, or because the whole takes too long.

use std::future::Future;
use std::time::{Duration, Instant};

use super::failure::Failure;

/// Does some work, unless it is interrupted or takes too long, counted from when it all began. What it is about to do then is dropped where it waits, so it keeps what it
/// has done somewhere else than in its result.
///
/// # Errors
///
/// [`Failure::Interrupted`] and [`Failure::TimedOut`].
pub async fn unless_stopped<T>(
    timeout: Duration,
    began: Instant,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = interrupted() => Err(Failure::Interrupted),
        done = work => Ok(done),
        () = tokio::time::sleep(timeout.saturating_sub(began.elapsed())) => Err(Failure::TimedOut(timeout)),
    }
}

/// Waits for SIGINT or SIGTERM.
#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    let [Ok(mut interrupt), Ok(mut terminate)] = kinds.map(signal) else {
        // Without a handler of ours the signal ends the process by itself.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
