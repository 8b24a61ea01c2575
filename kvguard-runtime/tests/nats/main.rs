//! `NatsStore` on a real `nats-server`.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what it expected"
)]

mod access;
mod buckets;
mod canary;
mod cluster;
mod common;
mod conformance;
mod connecting;
mod faults;
#[path = "../support/heard.rs"]
mod heard;
mod limits;
mod login;
mod mirror;
mod outages;
mod processes;
mod purging;
mod rotation;
mod takeover;
