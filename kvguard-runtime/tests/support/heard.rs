//! Makes sure that a test that listens to its own thread hears all that is logged there.

use std::sync::OnceLock;

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// To be called before anything logs, by tests that do not listen, too.
///
/// While there is at most one subscriber, `tracing` asks the thread that comes by a place first whether anybody wants what is logged
/// there, for all threads and for good: a test beside this one, which does not listen, would answer for it. With two it asks all.
pub fn always_heard() {
    static ASKED: OnceLock<[Dispatch; 2]> = OnceLock::new();
    ASKED.get_or_init(|| [Dispatch::new(Undecided), Dispatch::new(Undecided)]);
}

/// Wants to be asked each time, and never wants anything.
struct Undecided;

impl Subscriber for Undecided {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
