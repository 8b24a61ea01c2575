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
mod formats;
mod names;
mod repository;
mod shapes;
#[expect(dead_code, reason = "the tests of formats use the rest")]
#[path = "../formats/validators.rs"]
mod validators;
