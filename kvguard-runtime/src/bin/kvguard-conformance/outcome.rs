//! What became of the checks.

use std::fmt;
use std::process::ExitCode;

use kvguard_runtime::testing::conformance::{Failure, Part};

/// The exit code where not everything could be checked.
pub const NOT_CHECKED: u8 = 2;

/// What became of one check.
pub enum Outcome {
    Holds,
    Fails(Failure),
    /// It needs something that was not given.
    NotRun(&'static str),
    /// It is about something that no data service has.
    LeftOut(&'static str),
}

impl Outcome {
    /// That of a check of a part that no data service has.
    pub fn of_others(part: Part) -> Option<Self> {
        let why = match part {
            Part::EmptyValues => "a data service's watch tells an empty value and a deletion alike",
            Part::ListedKeys => "a data service lists no keys",
            Part::RevisionsOfPuts => "a data service's put tells no revision",
            Part::OtherDomains => "the client refuses such keys before it asks a data service",
            Part::OneDomain => "a data service has keys of other domains",
            _ => return None,
        };
        Some(Self::LeftOut(why))
    }

    /// That of a check whose part was not given.
    pub fn without(part: Part) -> Self {
        match part {
            Part::Reader => Self::NotRun("--reader-cert and --reader-key"),
            Part::Nobody => Self::NotRun("--nobody-cert and --nobody-key"),
            Part::ValueLimit => Self::NotRun("--value-limit"),
            // A check that is not run for no known reason must not look like one that holds.
            _ => Self::Fails("it was not run, though it needs nothing".to_owned()),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => formatter.write_str("holds"),
            Self::Fails(why) => write!(formatter, "FAILS: {why}"),
            Self::NotRun(missing) => write!(formatter, "not run: give {missing}"),
            Self::LeftOut(why) => write!(formatter, "left out: {why}"),
        }
    }
}

/// What became of all of them.
#[derive(Debug, Default)]
pub struct Summary {
    hold: usize,
    left_out: usize,
    failing: Vec<&'static str>,
    not_run: usize,
    /// What would have to be given to run those that were not run.
    missing: Vec<&'static str>,
    /// Checks that were not come to, as the run was interrupted.
    not_reached: usize,
    /// Keys that could not be removed, and why.
    left: Vec<String>,
}

impl Summary {
    pub fn add(&mut self, name: &'static str, outcome: &Outcome) {
        match outcome {
            Outcome::Holds => self.hold += 1,
            Outcome::LeftOut(_) => self.left_out += 1,
            Outcome::Fails(_) => self.failing.push(name),
            Outcome::NotRun(missing) => {
                self.not_run += 1;
                if !self.missing.contains(missing) {
                    self.missing.push(missing);
                }
            }
        }
    }

    pub fn add_left(&mut self, keys: Vec<String>) {
        self.left.extend(keys);
    }

    pub fn interrupted(&mut self, not_reached: usize) {
        self.not_reached = not_reached;
    }

    pub fn exit_code(&self) -> ExitCode {
        if !self.failing.is_empty() || !self.left.is_empty() {
            ExitCode::FAILURE
        } else if self.not_run > 0 || self.not_reached > 0 || self.hold == 0 {
            ExitCode::from(NOT_CHECKED)
        } else {
            ExitCode::SUCCESS
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} checks hold, {} fail, {} were not run, {} are left out",
            self.hold,
            self.failing.len(),
            self.not_run + self.not_reached,
            self.left_out
        )?;
        if !self.failing.is_empty() {
            write!(formatter, "\nfailing: {}", self.failing.join(", "))?;
        }
        if !self.missing.is_empty() {
            write!(
                formatter,
                "\nto run the others, give {}",
                self.missing.join("; ")
            )?;
        }
        if self.not_reached > 0 {
            write!(formatter, "\ninterrupted before the last check")?;
        }
        for key in &self.left {
            write!(formatter, "\nnot removed: {key}")?;
        }
        Ok(())
    }
}
