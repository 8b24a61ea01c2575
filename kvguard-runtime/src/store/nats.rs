//! A key-value bucket of NATS `JetStream`.

mod answer;
mod bucket;
mod connect;
mod consumer;
mod credentials;
mod list;
mod login;
mod named_server;
mod options;
mod own_thread;
#[cfg(feature = "testing")]
mod placement;
mod reads;
mod seen;
mod setup;
mod signals;
mod tls;
mod watch;
mod wire;
mod writes;

use std::fmt;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};

pub use options::{NatsOptions, NewBucket};

use self::bucket::Bucket;
use super::{BucketFacts, Entry, KvStore, ListKeys, Pending, Remains, Revision, Value, Watch};
use crate::{Key, Operation};

/// How many keys [`KvStore::get_many`] asks for at once.
const AT_ONCE: usize = 64;

/// A key-value bucket of NATS `JetStream`, on nats-server 2.10 or later; made with [`NatsOptions`].
///
/// Clones share one connection, which is closed with the last of them and of their watches. It runs on a thread of its own; operations and
/// watches run on the tokio runtime that they are begun on.
///
/// # What a user needs to be granted
///
/// To publish, where the bucket is `B` and the key `K`, and to subscribe to the [inbox prefix](NatsOptions::inbox_prefix), `_INBOX.>` unless
/// it is set:
///
/// | to | subjects |
/// |---|---|
/// | connect, `describe_bucket` | `$JS.API.STREAM.INFO.KV_B` |
/// | `get`, `get_many` | `$JS.API.DIRECT.GET.KV_B.$KV.B.K` |
/// | `put`, `update`, `delete`, `purge` | `$KV.B.K` |
/// | `purge` that leaves nothing | `$JS.API.STREAM.PURGE.KV_B` besides; without it a marker is left |
/// | `create` | `$KV.B.K`, and `$JS.API.DIRECT.GET.KV_B.$KV.B.K` where the key held something before |
/// | `watch` | `$JS.API.CONSUMER.CREATE.KV_B` |
/// | list keys | `$JS.API.CONSUMER.CREATE.KV_B`, `$JS.FC.KV_B.>` |
///
/// What is not granted is [`PermissionDenied`](crate::StoreErrorKind::PermissionDenied) with the subject, as soon as the server says so.
///
/// # A mirror
///
/// Where `B` is a mirror of the bucket `O`, its values have the subjects `$KV.O.K`, unless it was set up with subjects of its own, and writes go
/// to `O`: what is granted above for `$KV.B.K` is granted for `$KV.O.K` then. Such a write is made once, without a name.
///
/// # Limits
///
/// Values have at most as many bytes as the server's `max_payload` (1 MiB unless it is set) and the bucket's limit, which are counted with
/// what `create` and `update` send besides, some 60 bytes. `get_many` asks for 64 keys at once. Keys that are listed but are no [`Key`] are left out.
///
/// # When the connection is lost
///
/// An operation under way goes on once another connection is there, within its deadline. Writes are made with a name that the server
/// knows again for two minutes, so that one whose answer got lost is not done twice; where a bucket's `duplicate_window` is not twice as long as the
/// deadline, and for a value so long that the name does not fit beside it, such a write ends as
/// [`TimedOut`](crate::StoreErrorKind::TimedOut) instead: it may have happened. Nothing is kept to be written later.
///
/// One case is left, in a cluster of nats-server 2.10: a server that takes over as leader takes writes for a moment before it knows
/// which ones it has. A `put` or `delete` whose answer was lost with the old leader may then be stored twice, so that its value has two
/// revisions and a watch tells it twice, or be dropped and end as `TimedOut`. `create` and `update` expect a revision, and are not stored
/// twice. From nats-server 2.11 on this does not happen.
///
/// # What is read after a write
///
/// In a cluster any server that holds the bucket answers a read, also one that does not have the last write yet. What was written
/// through this store is never read older: such a read is made again until the deadline. What others wrote may be read
/// a moment later.
///
/// # Watches
///
/// A watch tells each value of its key that is waited for, and after a loss of the connection the last one. A value that expires, or is
/// purged with the bucket's others, is told as deleted when the watch begins anew, not at once.
///
/// # Logs
///
/// Events of `tracing`: `kv connection lost`, `kv connection restored`, `kv permission denied`, `kv login refused`, to the subscriber of the thread
/// that connects. The client library `async_nats` logs there, too, but nothing of the level `TRACE`, at which it would log values.
#[derive(Clone)]
pub struct NatsStore {
    bucket: Arc<Bucket>,
}

impl NatsStore {
    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket.name
    }

    async fn get_all(&self, keys: &[Key]) -> Result<Vec<Option<Entry>>, crate::StoreError> {
        let whole = self.bucket.wire.task(Operation::Get, None);
        let gets: Vec<_> = keys
            .iter()
            .map(|key| async move {
                let task = wire::Task {
                    key: Some(key),
                    ..whole
                };
                self.bucket.get(&task, key).await
            })
            .collect();
        stream::iter(gets).buffered(AT_ONCE).try_collect().await
    }
}

impl fmt::Debug for NatsStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NatsStore")
            .field("bucket", &self.bucket.name)
            .finish_non_exhaustive()
    }
}

impl KvStore for NatsStore {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::Get, Some(key));
            self.bucket.get(&task, key).await
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>> {
        Box::pin(self.get_all(keys))
    }

    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::Put, Some(key));
            self.bucket.put(&task, key, value).await.map(Some)
        })
    }

    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::Create, Some(key));
            self.bucket.create(&task, key, value).await.map(Some)
        })
    }

    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::Update, Some(key));
            self.bucket.update(&task, key, value, revision).await
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::Delete, Some(key));
            self.bucket.delete(&task, key).await
        })
    }

    fn purge<'a>(&'a self, key: &'a Key) -> Pending<'a, Remains> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::Purge, Some(key));
            self.bucket.purge(&task, key).await
        })
    }

    fn describe_bucket(&self) -> Pending<'_, BucketFacts> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::DescribeBucket, None);
            self.bucket.facts(&task).await
        })
    }

    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::Watch, Some(key));
            watch::begin(&self.bucket, &task, key).await
        })
    }

    fn list_keys(&self) -> Option<&dyn ListKeys> {
        Some(self)
    }

    fn client_identity(&self) -> Option<String> {
        self.bucket.wire.denial().identity
    }
}

impl ListKeys for NatsStore {
    fn keys<'a>(&'a self, prefix: &'a str) -> Pending<'a, Vec<Key>> {
        Box::pin(async move {
            let task = self.bucket.wire.task(Operation::ListKeys, None);
            self.bucket.keys(&task, prefix).await
        })
    }
}
