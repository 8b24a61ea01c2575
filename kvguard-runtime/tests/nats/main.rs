//! `NatsStore` on a real `nats-server`.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what it expected"
)]

mod access;
mod canary;
mod cluster;
mod common;
mod conformance;
mod faults;
#[path = "../support/heard.rs"]
mod heard;
mod limits;
mod login;
mod outages;
mod processes;
