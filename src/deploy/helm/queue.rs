//! Work that several threads take from one place.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Pieces of work in the order they were added, each with its number from 0.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<(usize, T)>,
    added: usize,
    is_closed: bool,
}

/// Adds work. Once it is dropped, even by a panic, nobody waits for more.
#[derive(Debug)]
pub(super) struct Sender<'q, T>(&'q Queue<T>);

impl<T> Queue<T> {
    /// Without any work, and open.
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                added: 0,
                is_closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// The end that adds work; the only one.
    pub(super) fn sender(&self) -> Sender<'_, T> {
        Sender(self)
    }

    /// The next piece and its number; waits for one until there can be none any more.
    pub(super) fn take(&self) -> Option<(usize, T)> {
        let mut state = self.state();
        loop {
            if let Some(next) = state.waiting.pop_front() {
                return Some(next);
            }
            if state.is_closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// No panic leaves the state half changed.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<'_, T> {
    /// Adds a piece.
    pub(super) fn add(&self, piece: T) {
        let mut state = self.0.state();
        let number = state.added;
        state.added += 1;
        state.waiting.push_back((number, piece));
        drop(state);
        self.0.changed.notify_one();
    }
}

impl<T> Drop for Sender<'_, T> {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.changed.notify_all();
    }
}
