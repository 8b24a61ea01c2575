//! Why a test failed, and what to do.

use std::fmt;

/// Why a test failed. `Debug` shows it as a person reads it, since a test that gives an error is told so.
#[derive(Clone, Default)]
pub(super) struct Failed {
    message: String,
    places: Vec<(String, String)>,
    help: Vec<String>,
    log: Vec<String>,
    is_not_run: bool,
}

/// The most lines of a log that are shown.
const MAX_LOG: usize = 30;

impl Failed {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// With a place, `file:line:column`, and what is there.
    #[must_use]
    pub(super) fn at(mut self, location: impl Into<String>, what: impl Into<String>) -> Self {
        self.places.push((location.into(), what.into()));
        self
    }

    /// With what to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// That it is no failure: the test is not run, as somebody said that it may be left out.
    #[must_use]
    #[cfg(feature = "nats")]
    pub(super) fn not_run(mut self) -> Self {
        self.is_not_run = true;
        self
    }

    /// Whether the test is left out.
    pub(super) fn is_not_run(&self) -> bool {
        self.is_not_run
    }

    /// With the last lines of what the service told.
    #[must_use]
    pub(super) fn log(mut self, log: &str) -> Self {
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        let from = lines.len().saturating_sub(MAX_LOG);
        self.log = lines[from..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect();
        self
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        for (location, what) in &self.places {
            write!(formatter, "\n  --> {location} {what}")?;
        }
        for help in &self.help {
            write!(formatter, "\n  help: {help}")?;
        }
        if !self.log.is_empty() {
            formatter.write_str("\n  the service told:")?;
            for line in &self.log {
                write!(formatter, "\n  | {line}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
