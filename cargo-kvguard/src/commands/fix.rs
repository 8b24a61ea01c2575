//! `cargo kvguard fix`

mod chosen;
mod diff;
mod pieces;
mod rounds;
mod told;

use std::io::{BufRead, IsTerminal};

use clap::Args;
use kvguard::check::{Options, Report, unknown_names};
use kvguard::emit::edited::edited;
use kvguard::emit::human;
use kvguard::finding::Finding;
use kvguard::rules::RuleId;

use self::rounds::{Mended, Refused};
use super::Outcome;
use crate::answer::is_yes;
use crate::cli::{Fleet, Scope};
use crate::exit_code::{COULD_NOT_CHECK, FINDINGS};
use crate::files::{Replacement, replace_all};
use crate::fleet::{self, Error};
use crate::output::{Colour, print, print_error, print_text};

const AFTER_HELP: &str = "\
A mend is certain where a rule knows the one right text and its place. Findings that an [[allow]], a comment or the baseline allows \
are left alone. All mends are made or none: the fleet is checked with them before anything is written, and if that finds something \
new, nothing is.

On a terminal it asks before it writes. Elsewhere it writes only with --yes; without it, it shows the changes, and exits with 1 if \
there are any.

Exit codes: 0 nothing that was asked for is left at deny; 1 findings at deny are left, or changes were shown and not written; 2 \
something could not be checked or written, and nothing is changed.";

/// `fix`
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(flatten)]
    pub fleet: Fleet,
    /// Mend only what is found of this deployment (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub deployment: Vec<String>,
    /// Mend only what is found of this service (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
    /// Mend only what this rule finds (may be repeated)
    #[arg(long, value_name = "RULE")]
    pub rule: Vec<String>,
    /// Write the changes without asking
    #[arg(short, long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Show the changes and write nothing, on a terminal, too
    #[arg(long)]
    pub dry_run: bool,
}

/// Mends what can be mended without a person's choice, shows the changes, and writes them if it may.
pub fn run(arguments: &Arguments, colour: Colour) -> Outcome {
    let asked = Asked::new(arguments)?;
    let mut before = rounds::check_apart(&asked.all)?;
    fleet::show_paths_from_here(&mut before);
    let failures = asked.failures(&before);
    if !failures.is_empty() {
        print_error(&failures);
        print_error("error: nothing is mended while something cannot be checked\n");
        return Ok(COULD_NOT_CHECK);
    }
    let outcome = rounds::mend(&asked.all, &before, &|finding| asked.is_asked(finding))?;
    match outcome {
        rounds::Outcome::Nothing => {
            print_text("kvguard: nothing that is found has a mend that is certain\n");
            Ok(told::left(before, &asked))
        }
        rounds::Outcome::Refused(refused) => {
            print_error(&told::refused(&refused));
            Ok(FINDINGS)
        }
        rounds::Outcome::Mended(mended) => {
            print(&shown(&before, &mended, colour.on_standard_output()));
            print_text(&told::mends(&mended));
            if !may_write(arguments) {
                print_text("kvguard: nothing is written\n");
                return Ok(FINDINGS);
            }
            write(&mended)?;
            print_text(&told::fixed(&mended));
            Ok(told::left(mended.after, &asked))
        }
    }
}

/// Which findings are to be mended.
struct Asked {
    /// The whole fleet: what a mend does to the rest of it is seen only there.
    all: Options,
    scope: Options,
    rules: Vec<RuleId>,
}

impl Asked {
    fn new(arguments: &Arguments) -> Result<Self, Error> {
        let scope = Scope {
            deployment: arguments.deployment.clone(),
            service: arguments.service.clone(),
        };
        let rules = arguments.rule.iter();
        let rules: Result<Vec<RuleId>, String> = rules.map(|rule| RuleId::parse(rule)).collect();
        Ok(Self {
            all: fleet::options(&arguments.fleet, &Scope::default(), Vec::new())?,
            scope: fleet::options(&arguments.fleet, &scope, Vec::new())?,
            rules: rules.map_err(Error::UnknownRule)?,
        })
    }

    fn is_asked(&self, finding: &Finding) -> bool {
        let is_of_rules = self.rules.is_empty() || self.rules.contains(&finding.rule);
        is_of_rules && self.scope.asks_for(finding)
    }

    /// What cannot be checked, and which names that are asked for there are not.
    fn failures(&self, report: &Report) -> String {
        let mut failures = human::failures(report, false);
        let unknown = report.model.iter();
        for failure in unknown.flat_map(|model| unknown_names(&self.scope, model)) {
            failures.push_str(&format!("error: {}\n", failure.message));
        }
        failures
    }
}

/// The changes of every file.
fn shown(before: &Report, mended: &Mended, colour: bool) -> String {
    let sources = before.sources();
    let files = mended.files.iter().map(|file| {
        let edited = edited(sources.get(file.source), &file.pieces.changes());
        diff::unified(&sources.shown_path(file.source), &edited, colour)
    });
    files.collect()
}

fn may_write(arguments: &Arguments) -> bool {
    if arguments.yes || arguments.dry_run {
        return arguments.yes;
    }
    let asks = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !asks {
        print_text("kvguard: write this with `cargo kvguard fix --yes`\n");
        return false;
    }
    print("Apply? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && is_yes(&answer)
}

fn write(mended: &Mended) -> Result<(), Error> {
    let files = mended.files.iter().map(|file| Replacement {
        path: &file.path,
        old: file.pieces.old(),
        new: file.pieces.text(),
    });
    replace_all(&files.collect::<Vec<_>>())
}
