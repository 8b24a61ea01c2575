//! `NatsStore` on a real `nats-server`.

mod access;
mod cluster;
mod common;
mod conformance;
mod faults;
mod limits;
mod login;
