//! Services as a fleet has them: one that is well, and one for each defect.

pub mod client;
pub mod config_bootstrap;
pub mod configuration;
pub mod defects;
pub mod good;
