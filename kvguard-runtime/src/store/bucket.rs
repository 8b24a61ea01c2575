//! What a store tells of the bucket that its keys are in.

use std::time::Duration;

/// What is known of the bucket that a store's keys are in, see [`KvStore::describe_bucket`](crate::KvStore::describe_bucket).
///
/// Nothing in it is made up: what a store cannot tell is `None`. A store sets the fields that it knows of
/// [`BucketFacts::default`], in which nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketFacts {
    /// The bucket's name.
    pub name: Option<String>,
    /// The `JetStream` domain that the bucket is in, if it is in one that has a name.
    pub domain: Option<String>,
    /// How long a value lives. A value that is older is removed by the server.
    pub max_age: Option<Limit<Duration>>,
    /// Whether a value may have a time to live of its own, besides [`max_age`](Self::max_age).
    pub allows_value_ttl: Option<bool>,
    /// How many bytes the bucket may hold in all.
    pub max_bytes: Option<Limit<u64>>,
    /// How many bytes a value may have.
    pub max_value_bytes: Option<Limit<u64>>,
}

/// A limit that is known, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit<T> {
    /// There is no limit.
    Unlimited,
    /// At most this.
    AtMost(T),
}

/// What is left of a key after [`KvStore::purge`](crate::KvStore::purge).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remains {
    /// Nothing: the store does not know any more that the key ever held something.
    Nothing,
    /// A marker that says that the key was removed. Such a key holds nothing, and is not listed.
    Marker,
}
