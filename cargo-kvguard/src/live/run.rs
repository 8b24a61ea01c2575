//! From the arguments to the report: what every command about a running fleet does before and after its own work.

use std::fmt::Write as _;
use std::time::Instant;

use kvguard::check::{Options, Report};
use kvguard::deploy;
use kvguard::emit::human::{self, Style};
use kvguard::emit::printable;
use kvguard::live::Seen;
use kvguard::rules::RuleId;

use super::arguments::Live;
use super::failure::Failure;
use super::progress::Progress;
use super::session::Session;
use super::stop::unless_stopped;
use super::stores::Stores;
use super::target::Target;
use crate::commands::{Outcome, write};
use crate::exit_code::COULD_NOT_CHECK;
use crate::fleet::Error;
use crate::formats::{Checked, Format, OutputFile};
use crate::output::{Colour, print, print_error, print_text};

/// What a command saw, judged by the rules.
pub struct Judged {
    /// What was found.
    pub report: Report,
    /// What was checked.
    pub options: Options,
    /// What people are told before the findings.
    listing: String,
}

impl Judged {
    /// The report in a format, without colours.
    pub fn text(&self, format: &Format) -> String {
        let checked = Checked::new(&self.report, &self.options, Style::default(), false);
        format.text(&checked)
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
        match self.judge(stores, work)? {
            Ok(judged) => self.tell(&judged),
            Err(code) => Ok(code),
        }
    }

    /// Reads the files, finds the stores, does the work, and has what was seen judged, for a command that keeps the report before it is
    /// printed. `Err`: nothing could be looked at, which was printed; the exit code.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn judge(
        &self,
        stores: impl FnOnce(&Target) -> Result<Stores, Failure>,
        work: impl AsyncFnOnce(&mut Session) -> Result<(), Failure>,
    ) -> Result<Result<Judged, u8>, Error> {
        let began = Instant::now();
        let arguments = self.arguments;
        let target = match Target::read(arguments)? {
            Ok(target) => target,
            Err(report) => {
                print_error(&human::failures(&report, false));
                return Ok(Err(COULD_NOT_CHECK));
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
        };
        // One thread is enough: all that the work does is wait.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::NoRuntime)?;
        // To find the stores may have taken a part of the time.
        let done = runtime.block_on(unless_stopped(
            arguments.timeout,
            began,
            work(&mut session),
        ));
        if let Err(failure) = done.and_then(|done| done) {
            session.failures.push(failure);
        }
        // A request that still waits for its answer must not keep the command from ending.
        runtime.shutdown_background();
        session.progress.finish();
        Ok(Ok(self.judged(session)))
    }

    fn judged(&self, session: Session) -> Judged {
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
        report.observe(&options, seen, self.also);
        report.tell_together();
        Judged {
            report,
            options,
            listing,
        }
    }

    /// Prints the report, and writes it to the files that the arguments name; the exit code.
    ///
    /// # Errors
    ///
    /// A report would take the place of a file that was checked.
    pub fn tell(&self, judged: &Judged) -> Outcome {
        let Judged {
            report,
            options,
            listing,
        } = judged;
        let arguments = self.arguments;
        OutputFile::refuse(&arguments.reports, report)?;
        let style = Style {
            colour: self.colour.on_standard_output(),
            quiet: arguments.quiet,
            ..Style::default()
        };
        if arguments.format.is_for_people() && !arguments.quiet {
            print_text(listing);
        }
        print(
            &arguments
                .format
                .text(&Checked::new(report, options, style, false)),
        );
        self.write(report, options)
    }

    /// Writes the reports that go to files; the exit code.
    fn write(&self, report: &Report, options: &Options) -> Outcome {
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

/// What was looked at, for the last line.
fn looked_at(seen: &Seen, expected: usize) -> String {
    let keys = if expected == 1 { "key" } else { "keys" };
    format!(
        "deployment `{}`, {}: {} of {expected} expected {keys} looked at, {} services excused",
        seen.deployment,
        seen.store,
        seen.keys.len(),
        seen.excused.len()
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
    for change in &seen.changes {
        let _ = writeln!(text, "changed: {change}");
    }
    for sentence in &seen.not_checked {
        let _ = writeln!(text, "not checked: {sentence}");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
