//! Configuration types read from trees, with errors that name the field and never hold a value.
//!
//! Errors of serde's formats quote what they found, as `invalid type: string "…"`. This deserializer's own error keeps the
//! path and what was expected, and has no place for anything else.

mod deserializer;
mod error;
#[cfg(test)]
mod tests;

use serde_core::de::DeserializeOwned;

pub(crate) use error::{Part, TypeError, TypeFault};

use crate::format::{Mapping, Tree};

/// Reads a configuration type from a tree.
pub(crate) fn read<T: DeserializeOwned>(mapping: Mapping) -> Result<T, TypeError> {
    T::deserialize(deserializer::Reader(Tree::Object(mapping)))
}
