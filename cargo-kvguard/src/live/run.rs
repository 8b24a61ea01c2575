//! From the arguments to the report: what every command about a running fleet does before and after its own work.

use std::collections::BTreeMap;
use std::time::Duration;

use kvguard::check::{Options, Report};
use kvguard::deploy;
use kvguard::emit::human::{self, Style};
use kvguard::emit::printable;
use kvguard::live::{Holds, Seen, SeenKey};
use kvguard::rules::RuleId;
use tokio::time::Instant;

use super::arguments::Live;
use super::failure::Failure;
use super::progress::Progress;
use super::session::Session;
use super::stop::Signals;
use super::stores::Stores;
use super::target::Target;
use crate::commands::Outcome;
use crate::exit_code::{CLEAN, COULD_NOT_CHECK};
use crate::formats::{Checked, Format};
use crate::output::{Colour, print_error};

/// How long it may take to remove what must not stay, after somebody has stopped the command.
const TO_CLEAN_UP: Duration = Duration::from_millis(700);

/// What a command saw, judged by the rules.
pub struct Judged {
    /// What was found.
    pub report: Report,
    /// Whether a signal ended the work.
    pub was_interrupted: bool,
    options: Options,
}

impl Judged {
    /// The report in a format, without colours.
    pub fn text(&self, format: &Format) -> String {
        format.text(&Checked::new(
            &self.report,
            &self.options,
            Style::default(),
            false,
        ))
    }
}

/// A command's own part.
pub struct Work<'w> {
    /// The rules about files that speak in its report, too: what they find makes its own work incomplete or wrong.
    pub also: fn(RuleId) -> bool,
    /// The arguments that all commands share.
    pub arguments: &'w Live,
    /// When to colour.
    pub colour: Colour,
}

impl Work<'_> {
    /// Reads the files, finds the stores, does the work, has what was seen judged, and prints the report.
    ///
    /// # Errors
    ///
    /// Nothing could be looked at: there is no policy, or it is not known which deployment is meant or where its store is.
    pub fn run(self, work: impl AsyncFnOnce(&mut Session) -> Result<(), Failure>) -> Outcome {
        let arguments = self.arguments;
        self.run_with(async |target| target.stores(arguments).await, work)
    }

    /// The same, with stores that the command finds in its own way.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with(
        self,
        stores: impl AsyncFnOnce(&Target) -> Result<Stores, Failure>,
        work: impl AsyncFnOnce(&mut Session) -> Result<(), Failure>,
    ) -> Outcome {
        self.run_all(stores, work, async |(), _| Ok(()))
    }

    /// The same as [`run`](Self::run), and then, if the report is clean, follows what the work hands on. That has no limit of time; a
    /// signal ends it, and the command is a success then.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); and why what is followed cannot be followed any more.
    pub fn run_and_follow<T>(
        self,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, Failure>,
        follow: impl AsyncFnOnce(T, &Progress) -> Result<(), Failure>,
    ) -> Outcome {
        let arguments = self.arguments;
        let stores = async |target: &Target| target.stores(arguments).await;
        self.run_all(stores, work, follow)
    }

    fn run_all<T>(
        self,
        stores: impl AsyncFnOnce(&Target) -> Result<Stores, Failure>,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, Failure>,
        follow: impl AsyncFnOnce(T, &Progress) -> Result<(), Failure>,
    ) -> Outcome {
        let work = async |session: &mut Session, (): &mut ()| work(session).await;
        self.run_whole((), stores, work, |_, ()| (), follow)
    }

    /// The same as [`run_with`](Self::run_with), with something that the work fills, however it ends, and that the command is handed
    /// together with the report before that is printed. What it could not do with them it adds to the report's failures.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_and_keep<K>(
        self,
        kept: K,
        stores: impl AsyncFnOnce(&Target) -> Result<Stores, Failure>,
        work: impl AsyncFnOnce(&mut Session, &mut K) -> Result<(), Failure>,
        keep: impl FnOnce(&mut Judged, K),
    ) -> Outcome {
        self.run_whole(kept, stores, work, keep, async |(), _| Ok(()))
    }

    fn run_whole<K, T>(
        self,
        mut kept: K,
        stores: impl AsyncFnOnce(&Target) -> Result<Stores, Failure>,
        work: impl AsyncFnOnce(&mut Session, &mut K) -> Result<T, Failure>,
        keep: impl FnOnce(&mut Judged, K),
        follow: impl AsyncFnOnce(T, &Progress) -> Result<(), Failure>,
    ) -> Outcome {
        let arguments = self.arguments;
        let mut target = match Target::read(arguments)? {
            Ok(target) => target,
            Err(report) => {
                print_error(&human::failures(&report, false));
                return Ok(COULD_NOT_CHECK);
            }
        };
        if target.expected.is_empty() {
            for excused in &target.excused {
                print_error(&format!(
                    "{}: {}\n",
                    printable(&excused.service),
                    printable(&excused.reason)
                ));
            }
            let deployment = target.deployment().name().to_owned();
            return Err(Failure::NothingExpected(deployment).into());
        }
        // One thread is enough: all that the work does is wait.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::NoRuntime)?;
        let within = runtime.enter();
        let mut signals = Signals::new();
        let (began, timeout) = (Instant::now(), arguments.timeout);
        let found = signals.unless_stopped(began, timeout, stores(&target));
        let mut stores = runtime.block_on(found)??;
        let failures = target.leave_out(stores.take_unreached());
        let seen = Seen {
            deployment: target.deployment().name().to_owned(),
            store: stores.shown(),
            excused: target.excused.clone(),
            not_checked: std::mem::take(&mut stores.not_checked),
            ..Seen::default()
        };
        let mut session = Session {
            target,
            stores,
            seen,
            failures,
            progress: Progress::new(arguments.presentation.quiet),
            request_timeout: arguments.request_timeout,
            leftovers: Vec::new(),
        };
        let work = async {
            // Where no service's store is within reach, the failures say all that there is to say.
            if session.target.expected.is_empty() {
                return Ok(None);
            }
            work(&mut session, &mut kept).await.map(Some)
        };
        let work = signals.unless_stopped(began, timeout, work);
        let done = runtime.block_on(work).and_then(|done| done);
        runtime.block_on(session.remove_leftovers(time_to_clean_up(&done, arguments)));
        let was_interrupted = matches!(done, Err(Failure::Interrupted));
        let done = done.map_err(|failure| session.failures.push(failure));
        session.progress.finish();
        let needed = session.stores.take_needed();
        let mut judged = self.judged(session, was_interrupted);
        keep(&mut judged, kept);
        let Judged {
            report, options, ..
        } = &judged;
        let code = arguments
            .presentation
            .present(report, options, self.colour)?;
        if let (Ok(Some(done)), CLEAN) = (done, code) {
            let progress = Progress::new(arguments.presentation.quiet);
            runtime.block_on(signals.until_stopped(follow(done, &progress)))?;
        }
        drop(needed);
        drop(within);
        // A request that still waits for its answer must not keep the command from ending.
        runtime.shutdown_background();
        Ok(code)
    }

    fn judged(&self, session: Session, was_interrupted: bool) -> Judged {
        let Session {
            target,
            mut seen,
            failures,
            ..
        } = session;
        let Target {
            mut report,
            options,
            expected,
            left_out,
            ..
        } = target;
        if seen.looked_at.is_empty() {
            seen.looked_at = looked_at(&seen, expected.len() + left_out);
        }
        report.failures.extend(
            failures
                .iter()
                .map(|failure| deploy::Failure::new(failure.to_string(), None)),
        );
        report.observe(&options, vec![seen], self.also);
        report.tell_together();
        Judged {
            report,
            was_interrupted,
            options,
        }
    }
}

/// How long it may take to remove what must not stay. Whoever stops a command waits for no more than a second.
fn time_to_clean_up<T>(done: &Result<T, Failure>, arguments: &Live) -> Duration {
    match done {
        Err(Failure::Interrupted) => TO_CLEAN_UP.min(arguments.request_timeout),
        _ => arguments.request_timeout,
    }
}

/// What was looked at, for the last line; or what was done, where the command does something.
fn looked_at(seen: &Seen, expected: usize) -> String {
    let keys = if expected == 1 { "key" } else { "keys" };
    let what = if seen.done.is_empty() {
        let is_read = |key: &&SeenKey| !matches!(key.holds, Holds::NotRead);
        let read = seen.keys.iter().filter(is_read).count();
        format!("{read} of {expected} expected {keys} looked at")
    } else {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for done in &seen.done {
            *counts.entry(done.what).or_default() += 1;
        }
        let counts: Vec<String> = counts
            .into_iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        format!("of {expected} expected {keys} {}", counts.join(", "))
    };
    let excused = match seen.excused.len() {
        1 => "1 service excused".to_owned(),
        count => format!("{count} services excused"),
    };
    format!(
        "deployment `{}`, {}: {what}, {excused}",
        seen.deployment, seen.store
    )
}
