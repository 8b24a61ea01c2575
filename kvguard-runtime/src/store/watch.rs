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

    /// A watch whose changes a function tells one after another, each from a state that it hands on; it ends with the first that is
    /// none.
    ///
    /// The future of a change is kept while nobody waits for it, so that dropping [`next`](Self::next) loses none.
    pub fn unfold<State, Step, Told>(state: State, step: Step) -> Self
    where
        State: Send + Unpin + 'static,
        Step: FnMut(State) -> Told + Send + Unpin + 'static,
        Told: Future<Output = Option<(Result<Change, StoreError>, State)>> + Send + 'static,
    {
        Self::new(Unfold {
            step,
            state: Some(state),
            told: None,
        })
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

/// The changes that a function tells.
struct Unfold<State, Step, Told> {
    step: Step,
    state: Option<State>,
    told: Option<Pin<Box<Told>>>,
}

impl<State, Step, Told> Stream for Unfold<State, Step, Told>
where
    State: Unpin,
    Step: FnMut(State) -> Told + Unpin,
    Told: Future<Output = Option<(Result<Change, StoreError>, State)>>,
{
    type Item = Result<Change, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(state) = this.state.take() {
            this.told = Some(Box::pin((this.step)(state)));
        }
        let Some(told) = this.told.as_mut() else {
            return Poll::Ready(None);
        };
        match told.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(outcome) => {
                this.told = None;
                Poll::Ready(outcome.map(|(change, state)| {
                    this.state = Some(state);
                    change
                }))
            }
        }
    }
}
