//! What is logged, as lines.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

use crate::heard::always_heard;

/// Everything that kvguard logs while its guard is kept.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn capture() -> (Self, DefaultGuard) {
        always_heard();
        let log = Self::default();
        let guard = tracing::subscriber::set_default(Collector(log.clone()));
        (log, guard)
    }

    /// Each event as `LEVEL message field=value …`.
    pub fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The events of a name, each as its fields.
    pub fn of(&self, event: &str) -> Vec<String> {
        let lines = self.lines();
        let after = lines.iter().filter_map(|line| {
            let (_, line) = line.split_once(' ')?;
            line.strip_prefix(event)?.strip_prefix(' ')
        });
        after.map(|fields| fields.trim().to_owned()).collect()
    }
}

struct Collector(Log);

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("kvguard")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line {
            message: String::new(),
            fields: String::new(),
        };
        event.record(&mut line);
        let text = format!(
            "{} {}{} ",
            event.metadata().level(),
            line.message,
            line.fields
        );
        self.0
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            write!(self.fields, " {}={value:?}", field.name()).unwrap();
        }
    }
}
