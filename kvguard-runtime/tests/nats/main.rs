//! `NatsStore` on a real `nats-server`.

mod common;
mod conformance;
