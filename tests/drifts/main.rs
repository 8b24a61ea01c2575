//! Drifts that people make by hand: each is one change of the example fleet, found by the rule that is for it, at its level, at
//! its line; what the help says is then typed, and the fleet is clean again.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod credentials;
mod deployed;
mod fleet;
mod identities;
mod keys;
mod network_policies;
mod policy;
mod references;
mod tables;
mod templates;
