//! Compose projects.

pub mod interpolate;
