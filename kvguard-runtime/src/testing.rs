//! Doubles of stores for tests, and the suite that every store passes.

mod access_table;
pub mod conformance;
pub mod harness;
mod recording;

pub use access_table::{AccessTable, Role};
pub use recording::{Outcome, Recorded, Recording};

pub use crate::store::memory::MemoryStore;
