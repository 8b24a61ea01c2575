//! What a key-value store can do, whichever it is.
//!
//! [`KvStore`] is what configuration is read through. Nothing in it is made up: what one of the stores cannot tell is an
//! [`Option`], and what one cannot do is a trait of its own ([`ListKeys`]).

mod bucket;
#[cfg(feature = "datasvc")]
pub(crate) mod datasvc;
mod entry;
mod error;
#[cfg(feature = "testing")]
pub(crate) mod memory;
#[cfg(feature = "nats")]
pub(crate) mod nats;
#[cfg(any(feature = "datasvc", feature = "nats"))]
pub(crate) mod tls_files;
mod watch;

use std::pin::Pin;
use std::sync::Arc;

pub use bucket::{BucketFacts, Limit, Remains};
pub use entry::{Entry, Revision, Value};
pub use error::{Denial, Operation, StoreError, StoreErrorKind};
pub use watch::{Change, Watch};

use crate::Key;

/// An operation under way. Dropping it cancels the waiting, not what the store may have begun to do.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store of values by key.
///
/// Each operation ends within the deadline that its store was made with; a store has one unless it says otherwise.
///
/// # Cancellation
///
/// A future that is dropped waits no longer. A read leaves nothing behind. A write may or may not have happened: read the key
/// before writing again, or write with [`create`](Self::create) or [`update`](Self::update), which say so.
///
/// # Errors
///
/// Each operation gives [`StoreErrorKind::PermissionDenied`], [`Unavailable`](StoreErrorKind::Unavailable),
/// [`TimedOut`](StoreErrorKind::TimedOut), [`InvalidKey`](StoreErrorKind::InvalidKey) where the store takes fewer keys
/// than [`Key`], and [`Malformed`](StoreErrorKind::Malformed) where its answer is none; what else it gives is told at each.
pub trait KvStore: Send + Sync {
    /// The value of a key, or nothing where there is none or it was deleted.
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>>;

    /// The values of many keys, in the order of the keys, in fewer round trips than one for each. They are not of one moment.
    ///
    /// The deadline is that of all of them. One that cannot be read fails them all.
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>>;

    /// Sets a key, whatever it held; the new revision where the store tells it.
    ///
    /// # Errors
    ///
    /// [`TooLarge`](StoreErrorKind::TooLarge) and [`Full`](StoreErrorKind::Full) besides.
    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>>;

    /// Sets a key that holds nothing; the first revision where the store tells it.
    ///
    /// # Errors
    ///
    /// [`Conflict`](StoreErrorKind::Conflict) if it holds something, which is left as it is;
    /// [`TooLarge`](StoreErrorKind::TooLarge) and [`Full`](StoreErrorKind::Full) besides.
    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>>;

    /// Sets a key that still is at a revision; the new revision.
    ///
    /// # Errors
    ///
    /// [`Conflict`](StoreErrorKind::Conflict) if it is at another, and is left as it is;
    /// [`TooLarge`](StoreErrorKind::TooLarge) and [`Full`](StoreErrorKind::Full) besides.
    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision>;

    /// Removes what a key holds; a key that holds nothing stays so.
    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()>;

    /// Removes what a key holds and what it held before, with as little left as the store and the user's rights allow: for keys
    /// that are written to probe a store. Unless a store says otherwise, it is a [`delete`](Self::delete).
    ///
    /// A watch of the key may not tell of it.
    fn purge<'a>(&'a self, key: &'a Key) -> Pending<'a, Remains> {
        Box::pin(async move { self.delete(key).await.map(|()| Remains::Marker) })
    }

    /// What is known of the bucket that the keys are in, as it is now.
    ///
    /// # Errors
    ///
    /// [`NoBucket`](StoreErrorKind::NoBucket) besides, where the store can tell that.
    fn describe_bucket(&self) -> Pending<'_, BucketFacts>;

    /// The changes of a key, beginning with what it holds.
    ///
    /// Where the key holds nothing the first change is its first value. The deadline is that of the beginning; the watch itself has none.
    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch>;

    /// The store's list of keys, if it can give one.
    fn list_keys(&self) -> Option<&dyn ListKeys> {
        None
    }

    /// As whom the store knows this client, as far as the client can tell: the SPIFFE ID of its certificate or else its subject, a user,
    /// the public key of an nkey.
    fn client_identity(&self) -> Option<String> {
        None
    }
}

/// A store that can tell which keys it holds.
pub trait ListKeys: Send + Sync {
    /// The keys that hold a value and begin with a text, sorted. The deadline is that of the whole list.
    fn keys<'a>(&'a self, prefix: &'a str) -> Pending<'a, Vec<Key>>;
}

impl<S: KvStore + ?Sized> KvStore for Arc<S> {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>> {
        (**self).get(key)
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>> {
        (**self).get_many(keys)
    }

    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        (**self).put(key, value)
    }

    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        (**self).create(key, value)
    }

    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision> {
        (**self).update(key, value, revision)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        (**self).delete(key)
    }

    fn purge<'a>(&'a self, key: &'a Key) -> Pending<'a, Remains> {
        (**self).purge(key)
    }

    fn describe_bucket(&self) -> Pending<'_, BucketFacts> {
        (**self).describe_bucket()
    }

    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch> {
        (**self).watch(key)
    }

    fn list_keys(&self) -> Option<&dyn ListKeys> {
        (**self).list_keys()
    }

    fn client_identity(&self) -> Option<String> {
        (**self).client_identity()
    }
}
