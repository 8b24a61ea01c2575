//! kvguard compares what services declare, how they are deployed, the identity they present and the
//! access they are granted, while the code compiles.

pub mod access;
pub mod allowed;
pub mod build_script;
pub mod check;
pub mod code;
pub mod deploy;
pub mod emit;
pub mod finding;
pub mod inputs;
mod judge;
pub mod key;
pub mod live;
pub mod policy;
pub mod registry;
pub mod resolve;
pub mod rules;
pub mod source;
pub mod suggest;

pub use kvguard_contract as contract;

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
