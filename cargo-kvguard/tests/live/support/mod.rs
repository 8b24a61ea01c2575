//! A small fleet, a store for it, and the built command between the two.
//!
//! A [`Stand`] is a copy of the fleet in `tests/fixtures/live` with a store of one [`Backend`]. Its [`command`](Stand::command) is the
//! built command with the arguments that reach that store. Between the two is a [`DelayProxy`](kvguard_runtime::testing::DelayProxy),
//! [`Stand::line`], which can be slow or stall.

#![allow(
    dead_code,
    unused_imports,
    reason = "each command's tests use another part of these helpers"
)]

mod canary;
mod command;
mod credentials;
pub mod engine;
mod files;
mod stand;
mod store;

pub use canary::{assert_no_canary, assert_no_secret};
pub use command::{Command, Run, Running};
pub use credentials::Identity;
pub use files::Fleet;
pub use stand::{Setup, Stand};

/// The keys that the deployment `production` expects, each with the template that fills it.
pub const EXPECTED: [(&str, &str); 5] = [
    ("config/gateway.json", "templates/gateway.json"),
    ("config/meter.toml", "templates/meter.toml"),
    ("config/billing.yaml", "templates/billing.yaml"),
    ("sensors/s1/config.json", "templates/sensor.json"),
    ("config/dashboard.json", "templates/dashboard.json"),
];

/// The bucket that the policy names.
pub const BUCKET: &str = "config";

/// The kinds of stores that every command is tested against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// A NATS server without TLS, whose users log in with nkeys.
    NatsPlain,
    /// A NATS server with TLS, whose users log in with certificates.
    NatsTls,
    /// A data service whose clients have certificates in files.
    DatasvcMtls,
    /// A data service whose clients have certificates of the SPIFFE Workload API.
    DatasvcSpiffe,
}

impl Backend {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::NatsPlain,
        Self::NatsTls,
        Self::DatasvcMtls,
        Self::DatasvcSpiffe,
    ];

    /// Those with buckets that a command can see.
    pub const NATS: [Self; 2] = [Self::NatsPlain, Self::NatsTls];

    /// Those behind a data service.
    pub const DATASVC: [Self; 2] = [Self::DatasvcMtls, Self::DatasvcSpiffe];

    /// Whether it is a NATS server.
    pub fn is_nats(self) -> bool {
        matches!(self, Self::NatsPlain | Self::NatsTls)
    }
}

/// Waits until something is so that tells nobody when it becomes so, as a file that another process writes.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < std::time::Duration::from_secs(60),
            "after a minute it is not so that {what}"
        );
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
