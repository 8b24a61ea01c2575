//! Reads commits of the fleet's repository. All comes from git's objects: neither the work tree nor the index is looked at, nothing is
//! written, no other program is run and nothing is fetched.

mod error;
mod history;
mod objects;
mod repository;
#[cfg(test)]
mod tests;
mod tree;

pub use error::Error;
pub use repository::{Commit, Repository};
pub use tree::{CommitTree, Unreadable};
