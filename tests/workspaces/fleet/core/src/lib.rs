//! A crate of the fleet.
