//! A bucket as its server describes it, and the subjects that follow from that.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

use crate::{BucketFacts, Limit};

/// A bucket as its server describes it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Described {
    pub created: String,
    pub config: Setup,
    pub state: State,
}

/// What a bucket is set up as.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Setup {
    #[serde(default)]
    pub max_msgs_per_subject: i64,
    #[serde(default)]
    pub max_msg_size: i64,
    /// In nanoseconds; 0 is for ever.
    #[serde(default)]
    pub max_age: u64,
    /// -1 is without a limit.
    #[serde(default)]
    pub max_bytes: i64,
    #[serde(default)]
    pub allow_msg_ttl: bool,
    #[serde(default)]
    pub allow_direct: bool,
    /// In nanoseconds.
    #[serde(default)]
    pub duplicate_window: u64,
    #[serde(default)]
    pub mirror: Option<Mirror>,
    /// When it was created, which tells it from another one of the same name.
    #[serde(skip)]
    pub created: String,
}

impl Setup {
    /// What it says of a bucket at a server that takes messages of at most so many bytes.
    pub(super) fn facts(&self, max_payload: usize) -> BucketFacts {
        let limit = |limit: i64| u64::try_from(limit).ok().filter(|limit| *limit > 0);
        let max_payload = u64::try_from(max_payload).unwrap_or(u64::MAX);
        let max_value = limit(self.max_msg_size).map_or(max_payload, |own| own.min(max_payload));
        BucketFacts {
            max_age: Some(match self.max_age {
                0 => Limit::Unlimited,
                nanoseconds => Limit::AtMost(Duration::from_nanos(nanoseconds)),
            }),
            allows_value_ttl: Some(self.allow_msg_ttl),
            max_bytes: Some(limit(self.max_bytes).map_or(Limit::Unlimited, Limit::AtMost)),
            max_value_bytes: Some(Limit::AtMost(max_value)),
            ..BucketFacts::default()
        }
    }

    /// The subject that a key's values are read by: in a mirror, that of the bucket it copies, unless it gives them its own.
    pub(super) fn subject(&self, bucket: &str, key: &str) -> String {
        match &self.mirror {
            Some(mirror) if mirror.subject_transforms.is_empty() => mirror.subject(key),
            _ => format!("$KV.{bucket}.{key}"),
        }
    }

    /// The subject that a key's values are written to: to write into a mirror is to write into the bucket it copies.
    pub(super) fn subject_to_write(&self, bucket: &str, api_prefix: &str, key: &str) -> String {
        let subject = match &self.mirror {
            Some(mirror) => mirror.subject(key),
            None => self.subject(bucket, key),
        };
        let mirror = self.mirror.as_ref();
        let external = mirror.and_then(|mirror| mirror.external.as_ref());
        match (external, api_prefix) {
            (Some(external), _) if !external.api.is_empty() => {
                format!("{}.{subject}", external.api)
            }
            (Some(_), _) | (None, "$JS.API") => subject,
            (None, prefix) => format!("{prefix}.{subject}"),
        }
    }
}

/// What a bucket is a copy of.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Mirror {
    pub name: String,
    #[serde(default)]
    pub external: Option<External>,
    /// How it names what it copies, where it names that differently.
    #[serde(default)]
    pub subject_transforms: Vec<serde::de::IgnoredAny>,
}

impl Mirror {
    /// The subject of a key in the bucket that it copies.
    fn subject(&self, key: &str) -> String {
        let bucket = self.name.strip_prefix("KV_").unwrap_or(&self.name);
        format!("$KV.{bucket}.{key}")
    }
}

/// Where the original is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct External {
    #[serde(default)]
    pub api: String,
}

/// What a bucket holds.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct State {
    pub last_seq: u64,
    #[serde(default)]
    pub subjects: Option<HashMap<String, u64>>,
}

#[cfg(test)]
mod tests {
    use super::Setup;
    use crate::Limit;

    #[test]
    fn a_limit_that_is_not_set_is_known_to_be_none() {
        for setup in [
            serde_json::json!({}),
            serde_json::json!({ "max_age": 0, "max_bytes": -1, "max_msg_size": -1 }),
        ] {
            let setup: Setup = serde_json::from_value(setup).expect("a description");
            let facts = setup.facts(1000);
            assert_eq!(facts.max_age, Some(Limit::Unlimited));
            assert_eq!(facts.max_bytes, Some(Limit::Unlimited));
            assert_eq!(facts.max_value_bytes, Some(Limit::AtMost(1000)));
            assert_eq!(facts.allows_value_ttl, Some(false));
        }
    }

    /// The subjects to read by and to write to.
    fn subjects(mirror: &serde_json::Value, api_prefix: &str) -> (String, String) {
        let setup = serde_json::json!({ "mirror": mirror });
        let setup: Setup = serde_json::from_value(setup).expect("a description");
        (
            setup.subject("b", "k"),
            setup.subject_to_write("b", api_prefix, "k"),
        )
    }

    #[test]
    fn a_mirror_has_the_subjects_of_its_origin() {
        let external =
            |api: &str| serde_json::json!({ "name": "KV_o", "external": { "api": api } });
        for (mirror, api_prefix, read, written) in [
            (serde_json::Value::Null, "$JS.API", "$KV.b.k", "$KV.b.k"),
            (
                serde_json::Value::Null,
                "$JS.hub.API",
                "$KV.b.k",
                "$JS.hub.API.$KV.b.k",
            ),
            (
                serde_json::json!({ "name": "KV_o" }),
                "$JS.API",
                "$KV.o.k",
                "$KV.o.k",
            ),
            (external(""), "$JS.API", "$KV.o.k", "$KV.o.k"),
            (
                external("$JS.hub.API"),
                "$JS.API",
                "$KV.o.k",
                "$JS.hub.API.$KV.o.k",
            ),
            (
                serde_json::json!({ "name": "KV_o", "subject_transforms": [{ "src": "a", "dest": "b" }] }),
                "$JS.API",
                "$KV.b.k",
                "$KV.o.k",
            ),
        ] {
            let told = format!("{mirror} {api_prefix}");
            let expected = (read.to_owned(), written.to_owned());
            assert_eq!(subjects(&mirror, api_prefix), expected, "{told}");
        }
    }
}
