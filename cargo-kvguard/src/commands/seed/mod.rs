//! `cargo kvguard seed`
//!
//! The data flows one way: [`plan`] says what each expected key needs, from what it holds and from its [`template`]; [`consent`] asks before
//! values are written over; [`write`] writes them, or [`own_seeder`] has the fleet's own program do it; [`output`] writes what the keys hold
//! then into files, and follows it.

mod consent;
mod output;
mod own_seeder;
mod plan;
pub mod template;
mod write;

use std::path::PathBuf;

use clap::Args;
use kvguard::live::Expected;
use kvguard_runtime::NewBucket;

use super::Outcome;
use crate::live::arguments::Live;
use crate::live::failure::Failure;
use crate::live::run::Work;
use crate::live::session::{Read, Session};
use crate::output::Colour;

/// `seed`
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub live: Live,
    /// Make the bucket, if there is none: with one value for each key, in a file, on one server
    #[arg(long)]
    pub create_bucket: bool,
    /// Write nothing, and say what would be written
    #[arg(long, conflicts_with_all = ["output", "watch"])]
    pub dry_run: bool,
    /// Write what each key holds then into this directory, or, where there is one key, into this file, with all values masked
    #[arg(long, value_name = "DIR|FILE")]
    pub output: Option<PathBuf>,
    /// Go on writing it whenever a key changes, until the command is stopped
    #[arg(long, requires = "output")]
    pub watch: bool,
    /// Mask only secret fields in what --output writes
    #[arg(long, requires = "output")]
    pub with_values: bool,
    /// Write the template over what a key holds, too: shows which fields change, and asks
    #[arg(long)]
    pub force: bool,
    /// Do not ask before a value is written over
    #[arg(long, requires = "force")]
    pub yes: bool,
}

/// Writes the templates of keys that hold nothing.
pub fn run(arguments: &Arguments, colour: Colour) -> Outcome {
    let work = Work {
        also: template::is_checked_by,
        arguments: &arguments.live,
        colour,
    };
    work.run_and_follow(
        async |session| seed(session, arguments).await,
        output::follow,
    )
}

/// Seeds the keys; the files that are to be followed.
async fn seed(
    session: &mut Session,
    arguments: &Arguments,
) -> Result<Vec<output::Followed>, Failure> {
    let makes_bucket = arguments.create_bucket && !arguments.dry_run;
    session.stores.new_bucket = makes_bucket.then(NewBucket::new);
    // What cannot be written is told before anything is.
    let files = match &arguments.output {
        Some(path) => output::files(session, path)?,
        None => Vec::new(),
    };
    plan::begin(session);
    let reads = read(session, arguments).await?;
    let jobs = plan::jobs(session, reads, arguments.force);
    if arguments.dry_run {
        plan::tell(session, &jobs);
        return Ok(Vec::new());
    }
    let jobs = consent::agreed(session, jobs, arguments.yes).await;
    match session.target.model().policy.seed_command.clone() {
        Some(command) => own_seeder::run(session, &command, jobs).await?,
        None => write::all(session, jobs).await?,
    }
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let shown = output::shown(arguments.with_values);
    let written = output::write(session, files, shown).await?;
    Ok(if arguments.watch { written } else { Vec::new() })
}

/// What the expected keys hold. In a dry run that would make the bucket they hold nothing.
async fn read(
    session: &mut Session,
    arguments: &Arguments,
) -> Result<Vec<(Expected, Read)>, Failure> {
    let mut reads = session.read_expected().await?;
    if arguments.create_bucket && arguments.dry_run {
        let is_of_no_bucket = |failure: &Failure| match failure {
            Failure::Unread { error, .. } => error.is_no_bucket(),
            _ => false,
        };
        let failures = std::mem::take(&mut session.failures);
        let (without_bucket, others) = failures.into_iter().partition(is_of_no_bucket);
        session.failures = others;
        let failures: Vec<Failure> = without_bucket;
        for failure in failures {
            if let Failure::Unread { keys, .. } = failure {
                session.seen.keys.retain(|seen| !keys.contains(&seen.key));
                let expected = session.target.expected.iter();
                let expected = expected.filter(|expected| keys.contains(&expected.key));
                reads.extend(expected.map(|expected| (expected.clone(), Ok(None))));
            }
        }
    }
    Ok(reads)
}
