//! Why there is no server.

use std::fmt;
use std::io;

/// How to get a server.
const INSTALL: &str = "`go install github.com/nats-io/nats-server/v2@v2.10.27` builds it into `$(go env GOPATH)/bin`, and \
     `cargo xtask test` does so";

/// The environment variable that says which tools may be missing.
const SWITCH: &str = "KVGUARD_TEST_NOT_RUN";

/// How many lines of its log are shown.
const SHOWN: usize = 12;

/// Why there is no server.
#[derive(Debug)]
pub struct NatsServerError(Reason);

#[derive(Debug)]
enum Reason {
    Missing { is_allowed: bool },
    TooOld(String),
    Directory(io::Error),
    NotStarted(io::Error),
    Ended(Vec<String>),
    NoCluster,
    NotWhole { missing: String, log: Vec<String> },
}

impl NatsServerError {
    #[expect(
        clippy::disallowed_methods,
        reason = "whether a test may be left out is said by the environment"
    )]
    pub(super) fn missing() -> Self {
        let allowed = std::env::var(SWITCH).unwrap_or_default();
        let is_allowed = allowed.split(',').any(|tool| tool.trim() == "nats-server");
        Self(Reason::Missing { is_allowed })
    }

    pub(super) fn too_old(version: impl Into<String>) -> Self {
        Self(Reason::TooOld(version.into()))
    }

    pub(super) fn directory(error: io::Error) -> Self {
        Self(Reason::Directory(error))
    }

    pub(super) fn not_started(error: io::Error) -> Self {
        Self(Reason::NotStarted(error))
    }

    pub(super) fn ended(lines: Vec<String>) -> Self {
        Self(Reason::Ended(lines))
    }

    pub(super) fn no_cluster() -> Self {
        Self(Reason::NoCluster)
    }

    pub(super) fn not_whole(missing: String, log: Vec<String>) -> Self {
        Self(Reason::NotWhole { missing, log })
    }

    /// Whether there is no `nats-server` and `KVGUARD_TEST_NOT_RUN=nats-server` says that its tests are left out then. A test prints
    /// that it is not run, and ends; without that variable it fails.
    pub fn is_not_run(&self) -> bool {
        matches!(self.0, Reason::Missing { is_allowed: true })
    }

    /// Whether another process took the address, or the servers did not find together.
    pub(super) fn may_pass(&self) -> bool {
        match &self.0 {
            Reason::NoCluster => true,
            Reason::Ended(lines) => lines
                .iter()
                .any(|line| line.contains("address already in use")),
            _ => false,
        }
    }
}

impl fmt::Display for NatsServerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Missing { is_allowed: true } => {
                write!(
                    formatter,
                    "not run: there is no `nats-server`, and {SWITCH} allows that"
                )
            }
            Reason::Missing { is_allowed: false } => write!(
                formatter,
                "there is no `nats-server` in PATH or in Go's bin directory: {INSTALL}"
            ),
            Reason::TooOld(version) => write!(
                formatter,
                "the `nats-server` that was found is of version {version}, and 2.10 is needed: {INSTALL}"
            ),
            Reason::Directory(error) => {
                write!(formatter, "no directory for `nats-server`: {error}")
            }
            Reason::NotStarted(error) => write!(formatter, "`nats-server` did not start: {error}"),
            Reason::NoCluster => formatter.write_str("the servers did not become one cluster"),
            Reason::NotWhole { missing, log } => {
                write!(formatter, "the cluster is not whole: {missing}")?;
                for line in log {
                    write!(formatter, "\n  {line}")?;
                }
                Ok(())
            }
            Reason::Ended(lines) => {
                formatter.write_str("`nats-server` ended before it was ready")?;
                // Where it says why.
                for line in lines.iter().skip(lines.len().saturating_sub(SHOWN)) {
                    write!(formatter, "\n  {line}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for NatsServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Reason::Directory(error) | Reason::NotStarted(error) => Some(error),
            _ => None,
        }
    }
}
