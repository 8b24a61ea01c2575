//! From the arguments to the report: what every command about a running fleet does before and after its own work.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use kvguard::check::Report;
use kvguard::deploy;
use kvguard::emit::human::{self, Style};
use kvguard::emit::printable;
use kvguard::live::{Holds, Seen, SeenKey};
use kvguard::rules::RuleId;

use super::arguments::Live;
use super::failure::Failure;
use super::progress::Progress;
use super::session::Session;
use super::stop::Signals;
use super::stores::Stores;
use super::target::Target;
use crate::commands::{Outcome, write};
use crate::exit_code::{CLEAN, COULD_NOT_CHECK};
use crate::formats::{Checked, OutputFile};
use crate::output::{Colour, print, print_error, print_text};

/// How long it may take to remove what must not stay, after somebody has stopped the command.
const TO_CLEAN_UP: Duration = Duration::from_millis(700);

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
        let stores = |target: &Target| target.stores(self.arguments);
        self.run_with(stores, work)
    }

    /// The same, with stores that the command finds in its own way.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with(
        self,
        stores: impl FnOnce(&Target) -> Result<Stores, Failure>,
        work: impl AsyncFnOnce(&mut Session) -> Result<(), Failure>,
    ) -> Outcome {
        self.run_and_follow(stores, work, async |(), _| Ok(()))
    }

    /// The same, and then, if the report is clean, follows what the work hands on. That has no limit of time; a signal ends it, and the
    /// command is a success then.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); and why what is followed cannot be followed any more.
    pub fn run_and_follow<T>(
        self,
        stores: impl FnOnce(&Target) -> Result<Stores, Failure>,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, Failure>,
        follow: impl AsyncFnOnce(T, &Progress) -> Result<(), Failure>,
    ) -> Outcome {
        let arguments = self.arguments;
        let target = match Target::read(arguments)? {
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
        let stores = stores(&target)?;
        let seen = Seen {
            deployment: target.deployment().name().to_owned(),
            store: stores.shown(),
            excused: target.excused.clone(),
            ..Seen::default()
        };
        let mut session = Session {
            target,
            stores,
            seen,
            failures: Vec::new(),
            progress: Progress::new(arguments.quiet),
            request_timeout: arguments.request_timeout,
            leftovers: Vec::new(),
        };
        // One thread is enough: all that the work does is wait.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::NoRuntime)?;
        let within = runtime.enter();
        let mut signals = Signals::new();
        let work = signals.unless_stopped(arguments.timeout, work(&mut session));
        let done = runtime.block_on(work).and_then(|done| done);
        runtime.block_on(session.remove_leftovers(time_to_clean_up(&done, arguments)));
        let done = done.map_err(|failure| session.failures.push(failure));
        session.progress.finish();
        let code = self.report(session)?;
        if let (Ok(done), CLEAN) = (done, code) {
            let progress = Progress::new(arguments.quiet);
            runtime.block_on(signals.until_stopped(follow(done, &progress)))?;
        }
        drop(within);
        // A request that still waits for its answer must not keep the command from ending.
        runtime.shutdown_background();
        Ok(code)
    }

    fn report(&self, session: Session) -> Outcome {
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
            ..
        } = target;
        if seen.looked_at.is_empty() {
            seen.looked_at = looked_at(&seen, expected.len());
        }
        let listing = listing(&seen);
        report.failures.extend(
            failures
                .iter()
                .map(|failure| deploy::Failure::new(failure.to_string(), None)),
        );
        report.observe(&options, vec![seen], self.also);
        report.tell_together();
        let arguments = self.arguments;
        OutputFile::refuse(&arguments.reports, &report)?;
        let style = Style {
            colour: self.colour.on_standard_output(),
            quiet: arguments.quiet,
            ..Style::default()
        };
        if arguments.format.is_for_people() && !arguments.quiet {
            print_text(&listing);
        }
        print(
            &arguments
                .format
                .text(&Checked::new(&report, &options, style, false)),
        );
        self.write(&report, &options)
    }

    /// Writes the reports that go to files; the exit code.
    fn write(&self, report: &Report, options: &kvguard::check::Options) -> Outcome {
        let checked = Checked::new(report, options, Style::default(), false);
        let files = self.arguments.reports.iter();
        let texts: Vec<String> = files
            .clone()
            .map(|file| file.format.text(&checked))
            .collect();
        Ok(if write(files.zip(&texts)) {
            report.exit_code()
        } else {
            COULD_NOT_CHECK
        })
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

/// What was done with each key, which services are excused, and what was not looked at.
fn listing(seen: &Seen) -> String {
    let mut text = String::new();
    let width = seen
        .done
        .iter()
        .map(|done| done.what.len())
        .max()
        .unwrap_or(0);
    for done in &seen.done {
        let detail = if done.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", done.detail)
        };
        let _ = writeln!(
            text,
            "{:width$}  {}  {}{detail}",
            done.what, done.service, done.key
        );
    }
    for excused in &seen.excused {
        let _ = writeln!(text, "excused: {}: {}", excused.service, excused.reason);
    }
    for sentence in &seen.probed {
        let _ = writeln!(text, "probed: {sentence}");
    }
    for sentence in &seen.not_checked {
        let _ = writeln!(text, "not checked: {sentence}");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
