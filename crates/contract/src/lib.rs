//! What a valid environment of a service is.
//!
//! The guard judges the environments that deployments give to workloads, the runtime the one it starts in, and the test
//! harness makes some. All three ask this crate, so that they agree: [`Contract`] has the names of the variables and the
//! words for their values, and [`Contract::read`] says what an environment means and what is wrong with it.
//!
//! It depends on nothing, as it is part of every build script that runs the guard and of every service.

mod contract;
mod digest;
mod fault;
mod fields;
pub mod key;
mod read;
mod reading;
mod role;
pub mod syntax;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use contract::{Backend, Contract, Mode, ModeWord, Values};
pub use digest::digest;
pub use fault::{Fault, FaultKind};
pub use fields::FieldPattern;
pub use reading::{Found, Reading, Source, Value};
pub use role::Role;

/// A text that is written in the code or was read from a policy.
pub type Text = Cow<'static, str>;

/// A list of what is written in the code or was read from a policy.
pub type List<T> = Cow<'static, [T]>;

/// The variable that tells the Workload API's socket to every client of SPIFFE, where the contract's own is not set.
pub const SPIFFE_ENDPOINT_SOCKET: &str = "SPIFFE_ENDPOINT_SOCKET";
