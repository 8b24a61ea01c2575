//! Work that the threads of one rendering share.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Jobs, done by whoever has nothing else to do, and what came of them.
#[derive(Debug)]
pub(crate) struct Work<J, D> {
    perform: fn(J) -> D,
    state: Mutex<State<J, D>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<J, D> {
    waiting: VecDeque<(Ticket, J)>,
    /// By ticket.
    outcomes: Vec<Outcome<D>>,
    is_closed: bool,
    /// Whether a job has panicked, so that what came of it will never be there.
    is_broken: bool,
    /// How many threads wait for a change.
    waiting_threads: usize,
}

#[derive(Debug)]
enum Outcome<D> {
    Awaited,
    Done(D),
    Taken,
}

/// Which job something came of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(usize);

/// Says, however a thread ends, that it gives no more work.
#[derive(Debug)]
pub(crate) struct Open<'w, J, D>(&'w Work<J, D>);

impl<J, D> Drop for Open<'_, J, D> {
    fn drop(&mut self) {
        self.0.change(|state| state.is_closed = true);
    }
}

/// Says, if a job panics, that nobody shall wait for it.
struct Unfinished<'w, J, D>(&'w Work<J, D>);

impl<J, D> Drop for Unfinished<'_, J, D> {
    fn drop(&mut self) {
        self.0.change(|state| state.is_broken = true);
    }
}

impl<J, D> Work<J, D> {
    /// None yet. `perform` does a job.
    pub(super) fn new(perform: fn(J) -> D) -> Self {
        Self {
            perform,
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                outcomes: Vec::new(),
                is_closed: false,
                is_broken: false,
                waiting_threads: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Who holds this may add jobs; once it is dropped, nobody waits for more.
    pub(super) fn open(&self) -> Open<'_, J, D> {
        Open(self)
    }

    /// Adds a job.
    pub(crate) fn add(&self, job: J) -> Ticket {
        self.change(|state| {
            let ticket = Ticket(state.outcomes.len());
            state.outcomes.push(Outcome::Awaited);
            state.waiting.push_back((ticket, job));
            ticket
        })
    }

    /// Does jobs until there can be no more.
    pub(super) fn help(&self) {
        let mut state = self.state();
        loop {
            state = match state.waiting.pop_front() {
                Some(next) => self.perform(state, next),
                None if state.is_closed => return,
                None => self.wait(state),
            };
        }
    }

    /// What came of a job; does others while it is not done. `None` if a job panicked, or if it was asked for
    /// before.
    pub(super) fn result(&self, ticket: Ticket) -> Option<D> {
        let mut state = self.state();
        loop {
            let outcome = state.outcomes.get_mut(ticket.0)?;
            match std::mem::replace(outcome, Outcome::Taken) {
                Outcome::Done(done) => return Some(done),
                Outcome::Taken => return None,
                Outcome::Awaited => *outcome = Outcome::Awaited,
            }
            if state.is_broken {
                return None;
            }
            state = match state.waiting.pop_front() {
                Some(next) => self.perform(state, next),
                None => self.wait(state),
            };
        }
    }

    fn perform<'w>(
        &'w self,
        state: MutexGuard<'w, State<J, D>>,
        (ticket, job): (Ticket, J),
    ) -> MutexGuard<'w, State<J, D>> {
        drop(state);
        let unfinished = Unfinished(self);
        let done = (self.perform)(job);
        std::mem::forget(unfinished);
        self.change(|state| {
            if let Some(outcome) = state.outcomes.get_mut(ticket.0) {
                *outcome = Outcome::Done(done);
            }
        });
        self.state()
    }

    fn change<R>(&self, change: impl FnOnce(&mut State<J, D>) -> R) -> R {
        let mut state = self.state();
        let given = change(&mut state);
        let is_awaited = state.waiting_threads > 0;
        // Who is woken while the state is still held would have to wait once more.
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
        given
    }

    /// Gives the state once it has changed. To look again and again instead would keep the thread on the
    /// processor that the others' work needs.
    fn wait<'w>(&'w self, mut state: MutexGuard<'w, State<J, D>>) -> MutexGuard<'w, State<J, D>> {
        state.waiting_threads += 1;
        let mut state = self
            .changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting_threads -= 1;
        state
    }

    /// Nothing that changes the state panics halfway.
    fn state(&self) -> MutexGuard<'_, State<J, D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::Work;

    fn half(number: u32) -> u32 {
        assert!(number != 13, "a job that panics");
        number / 2
    }

    #[test]
    fn what_came_of_a_job_is_given_once() {
        let work = Work::new(half);
        let ticket = work.add(8);
        assert_eq!(work.result(ticket), Some(4));
        assert_eq!(work.result(ticket), None);
    }

    #[test]
    fn two_threads_do_all_jobs_and_each_gets_what_it_asks_for() {
        for _ in 0..200 {
            let work = Work::new(half);
            let sum: u32 = std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    let open = work.open();
                    let tickets: Vec<_> =
                        (0..100).map(|number| work.add(number * 2 + 100)).collect();
                    drop(open);
                    tickets
                        .into_iter()
                        .filter_map(|ticket| work.result(ticket))
                        .sum()
                });
                work.help();
                thread.join().unwrap()
            });
            assert_eq!(sum, 50 * 100 + 99 * 100 / 2);
        }
    }

    #[test]
    fn nobody_waits_for_a_job_that_panicked() {
        let work = Work::new(half);
        let ticket = std::thread::scope(|scope| {
            let open = work.open();
            let ticket = work.add(13);
            let thread = scope.spawn(|| catch_unwind(AssertUnwindSafe(|| work.help())).is_err());
            assert!(thread.join().unwrap());
            drop(open);
            ticket
        });
        assert_eq!(work.result(ticket), None);
        work.help();
    }

    #[test]
    fn who_helps_goes_once_there_can_be_no_more_work() {
        let work = Work::new(half);
        drop(work.open());
        work.help();
        assert_eq!(work.add(2), super::Ticket(0));
    }
}
