//! kvguard compares what services declare, how they are deployed, the identity they present and the
//! access they are granted, while the code compiles.

pub mod deploy;

pub mod inputs;
pub mod registry;

pub mod source;
pub(crate) mod suggest;
