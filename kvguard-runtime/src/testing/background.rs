//! Servers in threads of their own.

use std::thread::{Builder, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

/// A server in a thread of its own, which ends when this is dropped. It breaks off whatever it is doing.
pub(super) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Runs what `make` gives, within a runtime of the new thread.
    pub(super) fn run<Serving>(name: &str, make: impl FnOnce() -> Serving + Send + 'static) -> Self
    where
        Serving: Future<Output = ()>,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("no runtime can be had: {error}"));
        let thread = Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        () = async { make().await } => {}
                    }
                });
            })
            .unwrap_or_else(|error| panic!("no thread can be had: {error}"));
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server was reported by its thread.
            drop(thread.join());
        }
    }
}
