//! Writes templates to keys, and reads them back.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use kvguard::live::Action;
use kvguard_runtime::{Entry, Key, KvStore, Revision, StoreError, Value};
use tokio::time::sleep;

use super::plan::{Job, changes, failed, keep, reason, settle};
use crate::live::failure::Failure;
use crate::live::session::{Session, key};

/// How many keys are written at once.
const AT_ONCE: usize = 16;

/// The pauses before each attempt: a cluster that chooses another leader takes a second or two.
const PAUSES: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// What became of a key.
enum Outcome {
    /// It holds what was written.
    Written(Entry),
    /// It was written, and what it holds was not read back.
    NotReadBack(StoreError),
    /// It was written, and then does not hold what was written.
    Otherwise(Option<Entry>),
    /// Somebody else wrote it meanwhile, and that stays.
    Theirs(Option<Entry>),
    /// The store did not do it.
    Failed(StoreError),
}

/// Writes the keys, several at once. Each is noted as soon as it is known what became of it.
///
/// # Errors
///
/// A store cannot be connected to.
pub async fn all(session: &mut Session, jobs: Vec<Job>) -> Result<(), Failure> {
    if jobs.is_empty() {
        return Ok(());
    }
    session.progress.step("seeding", Some(jobs.len()));
    let mut writes = Vec::with_capacity(jobs.len());
    for job in jobs {
        let service = session.service(&job.expected);
        let store = session.stores.of(service, session.request_timeout).await?;
        let key = key(&job.expected)?;
        writes.push(async move {
            let outcome = write(&*store, &key, &job).await;
            (job, outcome)
        });
    }
    let mut writes = stream::iter(writes).buffer_unordered(AT_ONCE);
    while let Some((job, outcome)) = writes.next().await {
        note(session, &job, outcome);
        session.progress.advance();
    }
    Ok(())
}

async fn write(store: &dyn KvStore, key: &Key, job: &Job) -> Outcome {
    let value = &job.seed.value;
    let written = match &job.over {
        None => create(store, key, value).await,
        Some(over) => update(store, key, value, over.revision).await,
    };
    match written {
        Ok(()) => read_back(store, key, value).await,
        Err(outcome) => outcome,
    }
}

/// Creates a key. An attempt without an answer may have written it, so the next one finds that.
async fn create(store: &dyn KvStore, key: &Key, value: &Value) -> Result<(), Outcome> {
    let mut last = None;
    for pause in PAUSES {
        sleep(pause).await;
        let Err(error) = store.create(key, value.clone()).await else {
            return Ok(());
        };
        if error.is_conflict() {
            match store.get(key).await {
                Ok(Some(entry)) if last.is_some() && entry.value == *value => return Ok(()),
                Ok(Some(entry)) => return Err(Outcome::Theirs(Some(entry))),
                // It was deleted again, or a server that is behind does not have it yet.
                Ok(None) => {}
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(Outcome::Failed(error)),
            }
        } else if !is_passing(&error) {
            return Err(Outcome::Failed(error));
        }
        last = Some(error);
    }
    match last {
        Some(error) if error.is_conflict() => Err(Outcome::Theirs(None)),
        Some(error) => Err(Outcome::Failed(error)),
        None => Ok(()),
    }
}

/// Writes over the value of a revision, and over no other.
async fn update(
    store: &dyn KvStore,
    key: &Key,
    value: &Value,
    revision: Revision,
) -> Result<(), Outcome> {
    let mut last = None;
    for pause in PAUSES {
        sleep(pause).await;
        let Err(error) = store.update(key, value.clone(), revision).await else {
            return Ok(());
        };
        if error.is_conflict() {
            return match store.get(key).await {
                Ok(Some(entry)) if last.is_some() && entry.value == *value => Ok(()),
                Ok(entry) => Err(Outcome::Theirs(entry)),
                Err(error) => Err(Outcome::Failed(error)),
            };
        }
        if !is_passing(&error) {
            return Err(Outcome::Failed(error));
        }
        last = Some(error);
    }
    match last {
        Some(error) => Err(Outcome::Failed(error)),
        None => Ok(()),
    }
}

/// Reads a key that was written. A server that is behind may not have it yet.
async fn read_back(store: &dyn KvStore, key: &Key, value: &Value) -> Outcome {
    let mut last = Outcome::Otherwise(None);
    for pause in PAUSES {
        sleep(pause).await;
        match store.get(key).await {
            Ok(Some(entry)) if entry.value == *value => return Outcome::Written(entry),
            Ok(entry) => last = Outcome::Otherwise(entry),
            Err(error) if is_passing(&error) => last = Outcome::NotReadBack(error),
            Err(error) => return Outcome::NotReadBack(error),
        }
    }
    last
}

/// Whether trying again may help, within moments.
fn is_passing(error: &StoreError) -> bool {
    error.is_outage() && !error.is_no_bucket()
}

fn note(session: &mut Session, job: &Job, outcome: Outcome) {
    let (line, expected) = (job.line, &job.expected);
    match outcome {
        Outcome::Written(entry) => {
            let revision = entry.revision;
            let (what, detail) = match &job.over {
                None => ("seeded", format!("revision {revision}")),
                Some(over) => (
                    "replaced",
                    format!("revision {revision}, {}", changes(&over.paths)),
                ),
            };
            settle(session, line, what, detail);
            session.note(expected, &Ok(Some(entry)));
        }
        Outcome::NotReadBack(error) => {
            failed(session, line, expected, Action::Read, &error);
            let detail = format!("written, and not read back: {}", reason(&error));
            settle(session, line, "not read back", detail);
        }
        Outcome::Otherwise(entry) => {
            settle(
                session,
                line,
                "failed",
                "it does not hold what was written".to_owned(),
            );
            session.failures.push(Failure::Other(format!(
                "`{}` was written, and does not hold what was written: somebody else writes it, too, or the store loses writes; look with `cargo kvguard validate`, and run this again",
                expected.key
            )));
            if let Some(entry) = entry {
                session.note(expected, &Ok(Some(entry)));
            }
        }
        // Another service of the same key was seeded before, or somebody else was quicker.
        Outcome::Theirs(Some(entry)) if entry.value == job.seed.value => {
            let detail = "equal to its template".to_owned();
            keep(session, line, expected, entry, detail);
        }
        Outcome::Theirs(Some(entry)) if job.over.is_none() => {
            let detail = "written by somebody else at the same time".to_owned();
            keep(session, line, expected, entry, detail);
        }
        Outcome::Theirs(entry) => {
            settle(
                session,
                line,
                "failed",
                "somebody else changed it meanwhile".to_owned(),
            );
            session.failures.push(Failure::Other(format!(
                "somebody else changed `{}` while it was to be written, so it was left alone; run this again",
                expected.key
            )));
            if let Some(entry) = entry {
                session.note(expected, &Ok(Some(entry)));
            }
        }
        Outcome::Failed(error) => failed(session, line, expected, Action::Write, &error),
    }
}
