//! The changes of a key.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{Revision, StoreError, Value};

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It holds this value.
    Set {
        /// The value.
        value: Value,
        /// Its revision, where the store tells it.
        revision: Option<Revision>,
    },
    /// It holds nothing any more.
    Deleted {
        /// The revision of the deletion, where the store tells it.
        revision: Option<Revision>,
    },
}

/// The changes of a key, from what it holds at the beginning on.
///
/// Changes that follow each other faster than they are taken may come as the last of them. While the store cannot be reached, one
/// error that [is an outage](StoreError::is_outage) comes, and the watch goes on by itself: then the key's last value comes, unless it came
/// before. Any other error is the last item. Dropping the watch ends it.
pub struct Watch(Pin<Box<dyn Stream<Item = Result<Change, StoreError>> + Send>>);

impl Watch {
    /// A watch of a stream that keeps to what [`Watch`] says.
    pub fn new(changes: impl Stream<Item = Result<Change, StoreError>> + Send + 'static) -> Self {
        Self(Box::pin(changes))
    }

    /// Waits for the next change; nothing after the last. Dropping the future loses no change.
    ///
    /// # Errors
    ///
    /// Those of [`KvStore::watch`](crate::KvStore::watch).
    pub async fn next(&mut self) -> Option<Result<Change, StoreError>> {
        poll_fn(|context| self.0.as_mut().poll_next(context)).await
    }
}

impl Stream for Watch {
    type Item = Result<Change, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Watch")
    }
}
