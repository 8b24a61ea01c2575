//! Shows a report: the only place that formats.

pub mod cargo;
pub mod human;
pub mod json;
mod mask;
pub mod registry;
