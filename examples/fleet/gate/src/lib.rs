//! Nothing: a crate that belongs to no service, so that building it checks the whole fleet.
