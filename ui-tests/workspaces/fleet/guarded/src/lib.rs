//! A crate that is guarded without a build script.

fleet_guard::guard!(deployments = ["compose"]);
