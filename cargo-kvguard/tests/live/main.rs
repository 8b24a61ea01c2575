//! The commands about a running fleet, each as it is built, against real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the tests prepare the files and the servers that the command meets"
)]

mod discovery;
mod matrix;
mod release_check;
mod seed;
mod support;
mod validate;
mod watchdog;
