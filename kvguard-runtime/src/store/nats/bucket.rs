//! One bucket: its subjects and limits, and what it is.

use async_nats::jetstream;
use serde_json::json;

use super::answer::ApiError;
use super::seen::Written;
use super::setup::{Described, Setup};
use super::wire::{Task, Wire};
use crate::{BucketFacts, StoreError, StoreErrorKind};

/// One bucket.
pub(super) struct Bucket {
    pub wire: Wire,
    pub context: jetstream::Context,
    pub name: String,
    /// The `JetStream` domain that it is asked for in.
    pub domain: Option<String>,
    pub api_prefix: String,
    pub setup: Setup,
    pub written: Written,
}

impl Bucket {
    /// A subject of the server's interface, about this bucket.
    pub(super) fn api(&self, what: &str) -> String {
        format!("{}.{what}.KV_{}", self.api_prefix, self.name)
    }

    /// The subject that a key's values are read by.
    pub(super) fn subject(&self, key: &str) -> String {
        self.setup.subject(&self.name, key)
    }

    /// The bucket as its leader describes it now, with what it holds of a subject.
    pub(super) async fn described(
        &self,
        task: &Task<'_>,
        subject: &str,
    ) -> Result<Result<Described, ApiError>, StoreError> {
        let body = json!({ "subjects_filter": subject });
        self.wire
            .ask_json(task, self.api("STREAM.INFO"), &body)
            .await
    }

    /// What the server says of the bucket now.
    pub(super) async fn facts(&self, task: &Task<'_>) -> Result<BucketFacts, StoreError> {
        let body = json!({});
        let described = self
            .wire
            .ask_json::<Described>(task, self.api("STREAM.INFO"), &body);
        match described.await? {
            Ok(described) => {
                let facts = described.config.facts(self.wire.client.max_payload());
                Ok(BucketFacts {
                    name: Some(self.name.clone()),
                    domain: self.domain.clone(),
                    ..facts
                })
            }
            Err(error) if error.is_no_bucket() => Err(self.no_bucket(task, &error)),
            Err(error) => Err(task.error(error.kind(None)).with_source(error)),
        }
    }

    pub(super) fn no_bucket(&self, task: &Task<'_>, error: &ApiError) -> StoreError {
        no_bucket(task, &self.name, error)
    }
}

/// The error where there is no bucket of a name.
pub(super) fn no_bucket(task: &Task<'_>, name: &str, error: &ApiError) -> StoreError {
    let bucket = name.to_owned();
    task.error(StoreErrorKind::NoBucket { bucket })
        .with_source(error.clone())
}
