//! The arguments.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{baseline, fix};
#[cfg(feature = "live")]
use crate::commands::{diff, release_check, seed, validate, watchdog};
use crate::formats::{FORMATS, Format, OutputFile};
use crate::output::Colour;

const AFTER_HELP: &str = "\
Exit codes: 0 clean; 1 findings at deny; 2 something could not be checked (findings are printed all the same).

The policy is kvguard.toml, searched for from the current directory upwards; its directory is the root.";

/// Finds configuration and access drift between what services declare, how they are deployed, the
/// identities they present and the grants they have.
#[derive(Debug, Parser)]
#[command(name = "kvguard", version, after_help = AFTER_HELP, propagate_version = true)]
pub struct Arguments {
    /// When to colour the output; `auto` heeds `NO_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the fleet and report every finding
    Check(Check),
    /// Write the findings of today into kvguard-baseline.toml, so that only new ones are reported
    Baseline(baseline::Arguments),
    /// Mend what needs no person's choice: show the changes, ask, and write them
    Fix(fix::Arguments),
    /// Check what a release would ship, before its tag is made: the whole tree, every template in a store, every image's tag
    #[cfg(feature = "live")]
    ReleaseCheck(release_check::Arguments),
    /// Write the templates of keys that hold nothing into the running store, without secrets, and over nothing
    #[cfg(feature = "live")]
    Seed(seed::Arguments),
    /// Look whether the running store holds what it should, and nothing else
    #[cfg(feature = "live")]
    Validate(validate::Arguments),
    /// The nightly job: validate, read the services' logs, compare with the run before, and keep it all
    #[cfg(feature = "live")]
    Watchdog(watchdog::Arguments),
    /// Compare what two runs of the watchdog saw
    #[cfg(feature = "live")]
    Diff(diff::Arguments),
    /// List services, or each deployment's workloads, or who presents which identity
    List(List),
    /// Show what each service may do in each deployment
    Matrix(Matrix),
    /// Follow one service from its declaration to its store: which links hold, the first that is broken, and what is not judged
    Why(Why),
    /// Explain a rule; without one, list all rules
    Explain(Explain),
    /// Print every file that the check reads
    Inputs(Inputs),
    /// Print what the guard sees of a deployment, secrets masked
    Render(Render),
    /// Write a policy to begin with
    Init(Init),
    /// Print a completion script for a shell
    Completions(Completions),
}

/// Which fleet.
#[derive(Debug, Clone, Args)]
pub struct Fleet {
    /// The directory that the policy's paths are relative to
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,

    /// The policy, instead of kvguard.toml at the root
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

/// Which part of it.
#[derive(Debug, Clone, Default, Args)]
pub struct Scope {
    /// Report only on this deployment (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub deployment: Vec<String>,

    /// Report only on this service (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
}

/// Reads a format's name, and lists all where there is none of that name.
pub fn format() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.iter();
    let names = names.map(|format| PossibleValue::new(format.name).help(format.about));
    PossibleValuesParser::new(names).try_map(|name| Format::parse(&name))
}

/// How many findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxFindings(pub Option<usize>);

impl FromStr for MaxFindings {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self(None)),
            number => number
                .parse()
                .map(|number| Self(Some(number)))
                .map_err(|_| "expected a number, or `all`"),
        }
    }
}

/// `check`
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub fleet: Fleet,
    #[command(flatten)]
    pub scope: Scope,
    /// Compare HEAD with the commit where it parted from this branch, tag or commit, and show only the findings that were added or
    /// removed since. What is not committed is not looked at
    #[cfg(feature = "git")]
    #[arg(long, value_name = "REF", conflicts_with_all = ["show_allowed", "timings", "verbose"])]
    pub against: Option<String>,
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = format())]
    pub format: &'static Format,
    /// Write the report to a file, too, in a format of its own: sarif=kvguard.sarif (may be repeated)
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<OutputFile>,
    /// Do not report what this rule finds (may be repeated)
    #[arg(short = 'A', long, value_name = "RULE")]
    pub allow: Vec<String>,
    /// Report what this rule finds without failing (may be repeated)
    #[arg(short = 'W', long, value_name = "RULE")]
    pub warn: Vec<String>,
    /// Fail on what this rule finds (may be repeated)
    #[arg(short = 'D', long, value_name = "RULE")]
    pub deny: Vec<String>,
    /// Show this many findings, errors first, and count the others by rule (`all`: show all); for the format human on standard output, as are -q and -v
    #[arg(long, value_name = "N", default_value = "50")]
    pub max_findings: MaxFindings,
    /// Print errors only: no warnings, and nothing at all if all is well
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print for each deployment what was checked and what was not judged
    #[arg(short, long)]
    pub verbose: bool,
    /// List the findings that an `[[allow]]`, a comment or the baseline allows; SARIF has them as suppressed
    #[arg(long)]
    pub show_allowed: bool,
    /// Print on standard error how long each deployment took to read
    #[arg(long)]
    pub timings: bool,
}

/// `list`
#[derive(Debug, Args)]
pub struct List {
    /// What to list
    #[arg(value_name = "WHAT", default_value = "workloads")]
    pub what: Listed,
    #[command(flatten)]
    pub fleet: Fleet,
    #[command(flatten)]
    pub scope: Scope,
}

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// Each descriptor with its key and format
    Services,
    /// Each deployment's workloads with the service they run and where it loads its configuration from
    Workloads,
    /// Each workload's identities with what is granted to them
    Identities,
}

/// `matrix`
#[derive(Debug, Args)]
pub struct Matrix {
    #[command(flatten)]
    pub fleet: Fleet,
    #[command(flatten)]
    pub scope: Scope,
}

/// `why`
#[derive(Debug, Args)]
pub struct Why {
    /// The service, as the registry declares it
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The deployment; all, if none is named (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub deployment: Vec<String>,
    #[command(flatten)]
    pub fleet: Fleet,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A rule's name or code: missing-grant or KV101
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
}

/// `inputs`
#[derive(Debug, Args)]
pub struct Inputs {
    #[command(flatten)]
    pub fleet: Fleet,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "paths")]
    pub format: InputsFormat,
}

/// How to print the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputsFormat {
    /// One path a line, relative to the root
    Paths,
    /// An object of files, directories and what was looked for in vain
    Json,
}

/// `render`
#[derive(Debug, Args)]
pub struct Render {
    /// The deployment
    #[arg(value_name = "DEPLOYMENT")]
    pub deployment: String,
    /// Show the values in Kubernetes documents, to compare them with another tool's; those of Secrets stay masked
    #[arg(long)]
    pub unmasked: bool,
    #[command(flatten)]
    pub fleet: Fleet,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Where to write kvguard.toml
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}
