//! Has the fleet's own program seed the keys, and compares what it wrote with what `seed` would have written.
//!
//! The program may print what it reads, so nothing that it prints is shown.

mod environment;
mod program;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kvguard::live::{Action, SeededOtherwise};
use kvguard::registry::Spanned;
use kvguard::resolve::TemplateState;
use kvguard_runtime::{Entry, Key, KvStore, StoreError};
use tempfile::TempDir;
use tokio::time::sleep;

use self::program::Program;
use super::plan::{Job, failed, nothing, settle, whole};
use super::template;
use crate::files;
use crate::live::failure::Failure;
use crate::live::session::{Session, key};

/// How long the program may take for a key.
const LIMIT: Duration = Duration::from_secs(60);

/// The pauses before each look at a key that the program has written: a server that is behind may not have it yet.
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

/// Runs the program for one key after another.
///
/// # Errors
///
/// A store cannot be connected to, or there is no room for temporary files.
pub async fn run(
    session: &mut Session,
    command: &[Spanned<String>],
    jobs: Vec<Job>,
) -> Result<(), Failure> {
    if jobs.is_empty() {
        return Ok(());
    }
    session
        .progress
        .step("running the command of `[seed]`", Some(jobs.len()));
    for job in jobs {
        seed(session, command, &job).await?;
        session.progress.advance();
    }
    Ok(())
}

async fn seed(
    session: &mut Session,
    command: &[Spanned<String>],
    job: &Job,
) -> Result<(), Failure> {
    let service = session.service(&job.expected).to_owned();
    let store = session.stores.of(&service, session.request_timeout).await?;
    let key = key(&job.expected)?;
    // Only its owner may look into it, and it is removed when it is dropped, also where the command is stopped.
    let directory = tempfile::tempdir().map_err(|error| no_room(&error))?;
    let program = program(session, command, job, &directory)?;
    let ended = program.run(LIMIT).await;
    if let Err(fault) = &ended {
        session.failures.push(Failure::Other(format!(
            "the command of `[seed]` in the policy, run for `{service}`, {fault}; what it prints is not shown, as it may hold secrets: run it by hand in the root to see it"
        )));
    }
    // Also a program that fails may have written something.
    match read(&*store, &key).await {
        Ok(Some(entry)) => compare(session, job, entry, ended.is_ok()),
        Ok(None) if ended.is_ok() => {
            let detail = "the command of `[seed]` ended well, and the key holds nothing";
            settle(session, job.line, "not seeded", detail.to_owned());
            nothing(session, &job.expected);
        }
        Ok(None) => settle(
            session,
            job.line,
            "failed",
            "by the command of `[seed]`".to_owned(),
        ),
        Err(error) => failed(session, job.line, &job.expected, Action::Read, &error),
    }
    Ok(())
}

/// What the key holds, once there is something.
async fn read(store: &dyn KvStore, key: &Key) -> Result<Option<Entry>, StoreError> {
    let mut last = Ok(None);
    for pause in PAUSES {
        sleep(pause).await;
        last = store.get(key).await;
        match &last {
            Ok(None) => {}
            Err(error) if error.is_outage() => {}
            Ok(Some(_)) | Err(_) => break,
        }
    }
    last
}

/// Notes what the program wrote, and at which paths it is something else than the template has.
fn compare(session: &mut Session, job: &Job, entry: Entry, is_well: bool) {
    let seed = &job.seed;
    let differences =
        seed.secrets
            .differences(seed.format, entry.value.as_bytes(), seed.value.as_bytes());
    let paths = differences.unwrap_or_else(|fault| vec![whole(&fault)]);
    let what = match (is_well, paths.is_empty()) {
        (false, _) => "failed",
        (true, true) => "seeded",
        (true, false) => "seeded otherwise",
    };
    let detail = format!("by the command of `[seed]`, revision {}", entry.revision);
    settle(session, job.line, what, detail);
    if !paths.is_empty() {
        session.seen.seeded_otherwise.push(SeededOtherwise {
            service: session.service(&job.expected).to_owned(),
            key: job.expected.key.clone(),
            paths,
        });
    }
    session.note(&job.expected, &Ok(Some(entry)));
}

/// The program with its words and its environment.
fn program(
    session: &mut Session,
    command: &[Spanned<String>],
    job: &Job,
    directory: &TempDir,
) -> Result<Program, Failure> {
    let service = session.service(&job.expected).to_owned();
    let template = template_file(session, job, directory.path())?;
    let output = directory
        .path()
        .join(format!("output.{}", job.seed.format.name()));
    let deployment = session.target.deployment().name().to_owned();
    let words = command.iter().map(|word| {
        word.value
            .replace("{service}", &service)
            .replace("{deployment}", &deployment)
            .replace("{key}", &job.expected.key)
            .replace("{template}", &template.display().to_string())
            .replace("{output}", &output.display().to_string())
    });
    let place = session.stores.place(&service)?;
    let environment = environment::of(&session.target, place, &job.expected);
    if !environment.untold.is_empty() {
        session.seen.not_checked.push(format!(
            "the command of `[seed]` ran for `{service}` without {}: the files do not tell the value",
            environment.untold.join(", ")
        ));
    }
    Ok(Program {
        words: words.collect(),
        variables: environment.variables,
        directory: absolute(session.target.root()),
    })
}

/// The file of the template: its own, or where its text is a part of another file, one with that text.
fn template_file(session: &Session, job: &Job, directory: &Path) -> Result<PathBuf, Failure> {
    let target = &session.target;
    let state = &target.deployment().services[job.expected.service].template;
    if let TemplateState::Read(template) = state
        && template.inline.is_none()
    {
        let path = target.report.sources().get(template.span.source).path();
        return Ok(absolute(target.root()).join(path));
    }
    let path = directory.join(format!("template.{}", job.seed.format.name()));
    let text = template::text(target, &job.expected).unwrap_or_default();
    files::replace_private(&path, text.as_bytes())
        .map_err(|error| Failure::Other(error.to_string()))?;
    Ok(path)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn no_room(error: &std::io::Error) -> Failure {
    Failure::Other(format!(
        "no temporary directory can be made for the command of `[seed]`: {error}"
    ))
}
