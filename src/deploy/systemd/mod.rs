//! Systemd units.
