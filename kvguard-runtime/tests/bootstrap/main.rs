//! How a service comes to its configuration, by each behaviour, in a store in memory.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share fails as a test does"
)]

mod adapter;
mod canaries;
mod common;
mod errors;
mod formats;
#[path = "../support/heard.rs"]
mod heard;
mod loading;
#[path = "../support/log.rs"]
mod log;
mod outages;
mod seeding;
mod watching;
