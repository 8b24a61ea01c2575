//! `cargo kvguard watchdog`: the nightly job.
//!
//! The data flows one way: the [`watch`] looks at the store and at what runs, and keeps what it saw in [`Watched`]; the rules judge it; the
//! [`artifacts`] get it. What is otherwise than in the last whole run is found by [`snapshot::difference`](crate::snapshot::difference).

mod arguments;
mod artifacts;
mod listening;
mod mask;
mod page;
mod project;
mod watch;

pub use arguments::Arguments;

use std::time::SystemTime;

use artifacts::{Artifacts, Run};
use kvguard::deploy;
use project::Project;
use watch::Watch;

use super::Outcome;
use super::validate::decides_what_is_expected;
use crate::formats::Format;
use crate::live::failure::Failure;
use crate::live::run::{Judged, Work};
use crate::output::{Colour, print_error};
use crate::snapshot;
use watch::Watched;

/// Looks at the store, at what runs and at its logs, and keeps what it saw.
pub fn run(arguments: &Arguments, colour: Colour) -> Outcome {
    let began = SystemTime::now();
    let artifacts = Artifacts::open(&arguments.artifacts)?;
    let hasher = artifacts.hasher()?;
    let kept = Kept {
        run: artifacts.begin(began)?,
        watched: Watched::new(began, hasher.name()),
    };
    let mut project = None;
    let work = Work {
        also: decides_what_is_expected,
        arguments: &arguments.live,
        colour,
    };
    let watch = Watch {
        arguments,
        artifacts: &artifacts,
        hasher: &hasher,
        began,
    };
    let outcome = work.run_and_keep(
        kept,
        async |target| {
            if arguments.up {
                // It is kept before it is started, so that it is taken down also where the start is interrupted.
                let own = project.insert(Project::of(arguments, target)?);
                own.start().await?;
            }
            target.stores(&arguments.live).await
        },
        async |session, kept| watch.look(session, &kept.run, &mut kept.watched).await,
        |judged, kept| keep(judged, kept, &artifacts, arguments),
    );
    // Also where the work was stopped, or never began.
    let down = project.map_or(Ok(()), Project::end);
    let code = outcome?;
    down?;
    Ok(code)
}

/// What a run fills until it is kept.
struct Kept<'a> {
    run: Run<'a>,
    watched: Watched,
}

/// Keeps what was seen, and the report. A run that was interrupted is not kept, as it would hold less than it seems to.
fn keep(judged: &mut Judged, kept: Kept<'_>, artifacts: &Artifacts, arguments: &Arguments) {
    let Kept { run, mut watched } = kept;
    if judged.was_interrupted {
        print_error(
            "the run was interrupted, so that nothing of it is kept; earlier runs are as they were\n",
        );
        return;
    }
    watched.snapshot.is_whole &= judged.report.failures.is_empty();
    if let Err(failure) = written(judged, &watched, artifacts, run, arguments) {
        let failure = deploy::Failure::new(failure.to_string(), None);
        judged.report.failures.push(failure);
    }
}

fn written(
    judged: &Judged,
    watched: &Watched,
    artifacts: &Artifacts,
    run: Run<'_>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    run.write(snapshot::FILE, &snapshot::write(&watched.snapshot)?)?;
    if let Some(difference) = &watched.difference {
        let text = serde_json::to_string_pretty(difference);
        let text = text.map_err(|error| Failure::Other(format!("the changes: {error}")))?;
        run.write("changes.json", &(text + "\n"))?;
    }
    for (format, file) in [("json", "report.json"), ("junit", "report.xml")] {
        let format = Format::parse(format).map_err(Failure::Other)?;
        run.write(file, &judged.text(format))?;
    }
    run.write("report.html", &page::page(judged, watched))?;
    let directory = run.finish()?;
    artifacts.keep(arguments.keep.get())?;
    if !arguments.live.presentation.quiet {
        print_error(&format!("kept in {}\n", directory.display()));
    }
    Ok(())
}
