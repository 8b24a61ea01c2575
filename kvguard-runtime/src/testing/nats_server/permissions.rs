//! What a user of a server may publish and subscribe to.

use serde_json::{Value, json};

use crate::testing::Role;

/// What a user may publish and subscribe to: subjects, with wildcards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct NatsPermissions {
    publish: Vec<String>,
    publish_not: Vec<String>,
    subscribe: Vec<String>,
    has_empty_publish_list: bool,
}

impl NatsPermissions {
    /// Nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything.
    pub fn everything() -> Self {
        Self::none().publish(">").subscribe(">")
    }

    /// To connect to a bucket, and to hear answers, but nothing else.
    pub fn connecting(bucket: &str) -> Self {
        Self::none()
            .publish(format!("$JS.API.STREAM.INFO.KV_{bucket}"))
            .subscribe("_INBOX.>")
    }

    /// All that a role needs in a bucket, and nothing else.
    pub fn of(role: Role, bucket: &str) -> Self {
        let reader = Self::connecting(bucket)
            .publish(format!("$JS.API.DIRECT.GET.KV_{bucket}.>"))
            .publish(format!("$JS.API.CONSUMER.CREATE.KV_{bucket}"))
            .publish(format!("$JS.FC.KV_{bucket}.>"));
        match role {
            Role::Reader => reader,
            Role::Writer => reader.publish(format!("$KV.{bucket}.>")),
        }
    }

    /// And to publish to a subject.
    pub fn publish(mut self, subject: impl Into<String>) -> Self {
        self.publish.push(subject.into());
        self
    }

    /// But not to publish to a subject.
    pub fn publish_not(mut self, subject: impl Into<String>) -> Self {
        self.publish_not.push(subject.into());
        self
    }

    /// And to subscribe to a subject.
    pub fn subscribe(mut self, subject: impl Into<String>) -> Self {
        self.subscribe.push(subject.into());
        self
    }

    /// With the subjects to publish to written as an empty list, `publish: []`. It reads as if nothing were allowed, and the server takes
    /// it for no limit: the user may publish to every subject.
    pub fn with_empty_publish_list(mut self) -> Self {
        self.has_empty_publish_list = true;
        self
    }

    /// As the server's configuration has it.
    pub(super) fn config(&self) -> Value {
        let (publish, subscribe) = self.claims();
        json!({ "publish": publish, "subscribe": subscribe })
    }

    /// What may be published and subscribed to, as a JWT has it. To allow nothing is to deny everything: an empty list would allow
    /// everything.
    pub(super) fn claims(&self) -> (Value, Value) {
        let allowed = |subjects: &[String]| match subjects {
            [] => json!({ "deny": [">"] }),
            subjects => json!({ "allow": subjects }),
        };
        let mut publish = allowed(&self.publish);
        if !self.publish.is_empty() && !self.publish_not.is_empty() {
            publish["deny"] = json!(self.publish_not);
        }
        if self.has_empty_publish_list {
            publish = json!([]);
        }
        (publish, allowed(&self.subscribe))
    }
}

#[cfg(test)]
mod tests {
    use super::NatsPermissions;
    use serde_json::json;

    #[test]
    fn who_is_allowed_nothing_is_denied_everything() {
        assert_eq!(
            NatsPermissions::none().config(),
            json!({ "publish": { "deny": [">"] }, "subscribe": { "deny": [">"] } })
        );
    }
}
