//! What a user of a server may publish and subscribe to.

use serde_json::json;

use crate::testing::Role;

/// What a user may publish and subscribe to: subjects, with wildcards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct NatsPermissions {
    publish: Vec<String>,
    publish_not: Vec<String>,
    subscribe: Vec<String>,
}

impl NatsPermissions {
    /// Nothing.
    pub fn none() -> Self {
        Self::default()
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

    /// As the server's configuration has it. To allow nothing is to deny everything: an empty list would allow everything.
    pub(super) fn config(&self) -> serde_json::Value {
        let allowed = |subjects: &[String]| match subjects {
            [] => json!({ "deny": ">" }),
            subjects => json!({ "allow": subjects }),
        };
        let mut publish = allowed(&self.publish);
        if !self.publish.is_empty() && !self.publish_not.is_empty() {
            publish["deny"] = json!(self.publish_not);
        }
        json!({ "publish": publish, "subscribe": allowed(&self.subscribe) })
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
            json!({ "publish": { "deny": ">" }, "subscribe": { "deny": ">" } })
        );
    }
}
