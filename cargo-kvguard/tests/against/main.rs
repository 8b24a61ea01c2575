//! `check --against` on repositories that git makes.

#![cfg(all(feature = "compose", feature = "git", feature = "systemd"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the tests prepare the repositories that the command reads"
)]

#[path = "../support/mod.rs"]
mod support;

mod changes;
mod content;
mod names;
mod repository;
mod shapes;
