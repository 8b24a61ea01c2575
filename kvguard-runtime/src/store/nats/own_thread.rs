//! The thread that the connection runs on, and what it may log.
//!
//! At the level `TRACE` the client library logs each message as it comes, with the value in it. So it runs on a thread of its own, on which
//! that level does not exist.

use std::io;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tracing::dispatcher::{self, Dispatch};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Level, Metadata};

/// A thread with a runtime, which ends when this is dropped.
pub(super) struct OwnThread {
    pub handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl OwnThread {
    /// Starts it; it logs to where the thread does that starts it.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let log = Dispatch::new(Quiet::new(dispatcher::get_default(Dispatch::clone)));
        std::thread::Builder::new()
            .name("kvguard-nats".to_owned())
            .spawn(move || {
                let _log = dispatcher::set_default(&log);
                // It ends as an error, once the sender is dropped.
                let _ = runtime.block_on(stopped);
                // A name that is being looked up is not waited for.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            _stop: stop,
        })
    }
}

/// A log without the level `TRACE`.
struct Quiet {
    log: Dispatch,
    most: LevelFilter,
}

impl Quiet {
    fn new(log: Dispatch) -> Self {
        Self {
            log,
            most: LevelFilter::current().min(LevelFilter::DEBUG),
        }
    }
}

fn is_too_much(metadata: &Metadata<'_>) -> bool {
    *metadata.level() == Level::TRACE
}

impl Subscriber for Quiet {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_too_much(metadata) {
            return Interest::never();
        }
        self.log.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !is_too_much(metadata) && self.log.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.log.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.log.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.log.record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        if !is_too_much(event.metadata()) {
            self.log.event(event);
        }
    }

    fn enter(&self, span: &Id) {
        self.log.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.log.exit(span);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.log.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.log.try_close(id)
    }
}
