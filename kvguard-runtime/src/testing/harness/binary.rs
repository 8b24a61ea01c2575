//! A binary, started as it is, and judged by what it asks of the store, how it exits and what it logs.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::failed::Failed;
use super::plan::{Binary, Subject};
use super::process::{self, Environment, Process};
use super::scene::Scene;
use crate::testing::Recorded;

/// How long the last words of a process are waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A binary that runs.
pub(super) struct Running<'s, 'b> {
    pub(super) scene: &'s Scene<'b>,
    process: Process,
    binary: &'static Binary,
    /// How many operations there were before it was started.
    before: usize,
}

/// What was waited for.
pub(super) enum Seen {
    /// It came.
    Met,
    /// The binary ended before: in words, and whether that was a failure.
    Ended { words: String, is_failure: bool },
    /// Neither in time.
    TimedOut,
}

impl<'b> Scene<'b> {
    /// Starts the binary.
    pub(super) fn start_binary(&self) -> Result<Running<'_, 'b>, Failed> {
        let Subject::Binary(binary) = &self.bench.suite.subject else {
            return Err(Failed::new(
                "a function is no binary; this is a mistake of the test itself",
            ));
        };
        let config = self.config_path().to_string_lossy().into_owned();
        let arguments: Vec<String> = binary
            .arguments
            .iter()
            .map(|argument| argument.replace("{config}", &config))
            .collect();
        let variables = self.environment().into_iter();
        let variables = variables.map(|(name, value)| (name, OsString::from(value)));
        let environment = Environment {
            is_own: true,
            variables: variables.collect(),
        };
        let before = self.recorded().len();
        let process =
            Process::start(Path::new(binary.path), &arguments, environment).map_err(|error| {
                Failed::new(format!(
                    "the binary `{}` cannot be started: {error}",
                    binary.path
                ))
            })?;
        Ok(Running {
            scene: self,
            process,
            binary,
            before,
        })
    }
}

impl Running<'_, '_> {
    /// What it has asked of the store.
    pub(super) fn recorded(&self) -> Vec<Recorded> {
        let mut all = self.scene.recorded();
        all.drain(..self.before.min(all.len()));
        all
    }

    /// What it has logged.
    pub(super) fn log(&self) -> String {
        self.process.log().text()
    }

    /// What it logs once it has loaded its configuration, if the test knows.
    pub(super) fn ready(&self) -> Option<&'static str> {
        self.binary.ready
    }

    /// Waits until what it has asked and logged is as a case needs it.
    pub(super) async fn until(&mut self, condition: impl Fn(&[Recorded], &str) -> bool) -> Seen {
        let limit = self.scene.bench.timeout();
        self.until_in(limit, condition).await
    }

    /// Waits as long as it may take to do what it is not to do.
    pub(super) async fn grace(&mut self, condition: impl Fn(&[Recorded], &str) -> bool) -> Seen {
        let limit = self.scene.bench.grace();
        self.until_in(limit, condition).await
    }

    async fn until_in(
        &mut self,
        limit: Duration,
        condition: impl Fn(&[Recorded], &str) -> bool,
    ) -> Seen {
        let recording = self.scene.stage().recording().clone();
        let log = self.process.log().clone();
        let before = self.before;
        let own = |all: &[Recorded]| all.get(before..).unwrap_or_default().to_vec();
        let status = tokio::select! {
            biased;
            () = recording.wait_until(|all| condition(&own(all), &log.text())) => return Seen::Met,
            () = log.wait_until(|text| condition(&own(&recording.all()), text)) => return Seen::Met,
            status = self.process.ended() => status,
            () = tokio::time::sleep(limit) => return Seen::TimedOut,
        };
        // What it told last is still on its way.
        let told = log.wait_until(|text| condition(&own(&recording.all()), text));
        if tokio::time::timeout(LAST_WORDS, told).await.is_ok() {
            return Seen::Met;
        }
        Seen::Ended {
            words: process::words(&status),
            is_failure: !status.is_ok_and(|status| status.success()),
        }
    }

    /// A failure with what it logged; it is ended.
    pub(super) async fn failed(self, message: impl AsRef<str>) -> Failed {
        let bench = self.scene.bench;
        let log = self.process.end().await;
        bench.failed(message).log(&log)
    }

    /// Ends it, and gives all that it logged.
    pub(super) async fn end(self) -> String {
        self.process.end().await
    }
}

/// Whether a log tells that something is wrong with the store or the configuration: a line with a level from `warn` on.
pub(super) fn tells(log: &str, about: &[&str]) -> bool {
    log.lines().any(|line| {
        let line = line.to_lowercase();
        ["warn", "error", "fatal", "critical"]
            .iter()
            .any(|level| line.contains(level))
            && about.iter().any(|word| line.contains(&word.to_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::tells;

    #[test]
    fn a_line_tells_by_its_level_and_what_it_is_about() {
        let log = "INFO kv overlay applied\nWARN kv unreachable, file in use\n";
        assert!(tells(log, &["kv"]));
        assert!(!tells(log, &["config/gauge.json"]));
        assert!(!tells("INFO using kv\nWARN disk is full\n", &["kv"]));
    }
}
