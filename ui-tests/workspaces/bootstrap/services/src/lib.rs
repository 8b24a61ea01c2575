//! Services as a fleet has them: one that is well, and one for each defect.

pub mod configuration;
pub mod client;
pub mod config_bootstrap;
pub mod defects;
pub mod good;
