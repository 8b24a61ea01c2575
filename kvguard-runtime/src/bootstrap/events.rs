//! The events of a bootstrap, by their stable names.
//!
//! `KV update detected` and `KV store not initialized` are the words that services of other bootstraps log, so that one pattern finds
//! them in a whole fleet's logs.

use std::fmt::Display;

use tracing::{error, info, warn};

use crate::{Key, Revision};

/// Whose events they are.
#[derive(Clone)]
pub(super) struct Events {
    service: String,
    key: Key,
}

impl Events {
    pub(super) fn new(service: &str, key: &Key) -> Self {
        Self {
            service: service.to_owned(),
            key: key.clone(),
        }
    }

    pub(super) fn overlay_applied(&self, revision: Option<Revision>) {
        let Self { service, key } = self;
        let revision = revision.map(Revision::get);
        info!(target: "kvguard", %service, %key, revision, "kv overlay applied");
    }

    pub(super) fn key_seeded(&self, revision: Option<Revision>) {
        let Self { service, key } = self;
        let revision = revision.map(Revision::get);
        info!(target: "kvguard", %service, %key, revision, "kv key seeded");
    }

    pub(super) fn seeded_by_another(&self) {
        let Self { service, key } = self;
        info!(target: "kvguard", %service, %key, "kv key was seeded by another");
    }

    pub(super) fn carries_secret(&self, field: &str) {
        let Self { service, key } = self;
        warn!(target: "kvguard", %service, %key, %field, "kv value carries a secret field");
    }

    pub(super) fn not_initialized(&self, reason: &dyn Display) {
        let Self { service, key } = self;
        warn!(target: "kvguard", %service, %key, %reason, "KV store not initialized, file in use");
    }

    pub(super) fn key_missing(&self) {
        let Self { service, key } = self;
        warn!(target: "kvguard", %service, %key, "kv key missing, file in use");
    }

    /// A write of the key that makes a valid configuration: another one, or the one in use.
    pub(super) fn update_detected(&self, revision: Option<Revision>, changed: bool) {
        let Self { service, key } = self;
        let revision = revision.map(Revision::get);
        info!(target: "kvguard", %service, %key, revision, changed, "KV update detected");
    }

    pub(super) fn update_rejected(&self, reason: &dyn Display) {
        let Self { service, key } = self;
        warn!(target: "kvguard", %service, %key, %reason, "kv update rejected");
    }

    pub(super) fn watch_interrupted(&self, reason: &dyn Display) {
        let Self { service, key } = self;
        warn!(target: "kvguard", %service, %key, %reason, "kv watch interrupted");
    }

    pub(super) fn watch_ended(&self, reason: &dyn Display) {
        let Self { service, key } = self;
        error!(target: "kvguard", %service, %key, %reason, "kv watch ended");
    }
}
