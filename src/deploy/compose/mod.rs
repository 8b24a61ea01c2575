//! Compose projects.
