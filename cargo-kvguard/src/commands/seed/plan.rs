//! What each expected key needs.

use std::collections::BTreeMap;

use kvguard::live::{Action, Done, Expected, Holds, SeenKey};
use kvguard_runtime::bootstrap::FormatFault;
use kvguard_runtime::{Entry, Revision, StoreError, StoreErrorKind};

use super::template::{self, NoSeed, Seed};
use crate::live::failure::Failure;
use crate::live::session::{Read, Session};

/// How many paths a line names.
const MAX_PATHS: usize = 10;

/// A key that is to be written.
pub struct Job {
    /// The position of its line in what was done.
    pub line: usize,
    /// The key.
    pub expected: Expected,
    /// What is written.
    pub seed: Seed,
    /// What it is written over.
    pub over: Option<Over>,
}

/// A value that is to be written over.
pub struct Over {
    /// Its revision.
    pub revision: Revision,
    /// The paths at which it differs from what is written over it.
    pub paths: Vec<String>,
}

/// Gives each expected key its line in what was done, in the order of the registry, so that the report tells of each also where the
/// command is stopped.
pub fn begin(session: &mut Session) {
    for expected in &session.target.expected {
        session.seen.done.push(Done {
            service: session
                .target
                .model()
                .service_name(expected.service)
                .to_owned(),
            key: expected.key.clone(),
            what: "not finished",
            detail: "stopped before it was known whether it was written".to_owned(),
        });
    }
}

/// The keys that are to be written. What is known of the others is noted.
pub fn jobs(session: &mut Session, reads: Vec<(Expected, Read)>, force: bool) -> Vec<Job> {
    unread(session);
    // Services may have a key together, so that the key alone names no line.
    let expected = session.target.expected.iter().enumerate();
    let lines: BTreeMap<(usize, String), usize> = expected
        .map(|(line, expected)| ((expected.service, expected.key.clone()), line))
        .collect();
    let mut jobs = Vec::new();
    for (expected, read) in reads {
        let name = (expected.service, expected.key.clone());
        let Some(line) = lines.get(&name).copied() else {
            continue;
        };
        match read {
            Ok(None) => jobs.extend(create(session, line, expected)),
            Ok(Some(entry)) if force => jobs.extend(replace(session, line, expected, entry)),
            Ok(Some(entry)) => keep(session, line, &expected, entry, String::new()),
            // Only what a service is denied by its own identity.
            Err(error) => {
                settle(session, line, "denied", reason(&error));
                session.note(&expected, &Err(error));
            }
        }
    }
    jobs
}

/// Says of the keys that were not read that nothing is done with them.
fn unread(session: &mut Session) {
    let mut why: BTreeMap<&str, (&'static str, String)> = BTreeMap::new();
    for failure in &session.failures {
        if let Failure::Unread { error, keys, .. } = failure {
            why.extend(
                keys.iter()
                    .map(|key| (key.as_str(), (what_of(error), reason(error)))),
            );
        }
    }
    for done in &mut session.seen.done {
        if let Some((what, detail)) = why.get(done.key.as_str()) {
            done.what = what;
            done.detail.clone_from(detail);
        }
    }
}

/// What is said of a key for which the store does not do what it is asked.
fn what_of(error: &StoreError) -> &'static str {
    if error.is_permission_denied() {
        "denied"
    } else {
        "failed"
    }
}

/// Says what became of a key.
pub fn settle(session: &mut Session, line: usize, what: &'static str, detail: String) {
    if let Some(done) = session.seen.done.get_mut(line) {
        done.what = what;
        done.detail = detail;
    }
}

/// Notes a key that stays as it is.
pub fn keep(session: &mut Session, line: usize, expected: &Expected, entry: Entry, detail: String) {
    settle(session, line, "already there", detail);
    session.note(expected, &Ok(Some(entry)));
}

/// Says what would be done in a dry run.
pub fn tell(session: &mut Session, jobs: &[Job]) {
    for job in jobs {
        let (what, detail) = match (&job.over, &session.target.model().policy.seed_command) {
            (_, Some(_)) => ("would seed", "with the command of `[seed]`".to_owned()),
            (None, None) => ("would seed", String::new()),
            (Some(over), None) => ("would replace", changes(&over.paths)),
        };
        settle(session, job.line, what, detail);
    }
}

/// The fields that change, without their values.
pub fn changes(paths: &[String]) -> String {
    let mut shown: Vec<String> = paths
        .iter()
        .take(MAX_PATHS)
        .map(|path| format!("`{path}`"))
        .collect();
    let more = paths.len() - shown.len();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    format!("changes {}", shown.join(", "))
}

/// Notes a key that holds nothing, which is a finding.
pub fn nothing(session: &mut Session, expected: &Expected) {
    let key = SeenKey {
        service: session.service(expected).to_owned(),
        key: expected.key.clone(),
        holds: Holds::Nothing,
    };
    session.seen.keys.push(key);
}

fn create(session: &mut Session, line: usize, expected: Expected) -> Option<Job> {
    if let Some(role) = role_without_writing(session, &expected) {
        let detail = format!(
            "its role is `{role}`, which may not write: seed it with a login that may, without --from-compose and --from-kubectl"
        );
        settle(session, line, "not seeded", detail);
        nothing(session, &expected);
        return None;
    }
    let seed = usable(session, line, &expected)?;
    Some(Job {
        line,
        expected,
        seed,
        over: None,
    })
}

fn replace(session: &mut Session, line: usize, expected: Expected, entry: Entry) -> Option<Job> {
    if role_without_writing(session, &expected).is_some() {
        keep(session, line, &expected, entry, String::new());
        return None;
    }
    let seed = usable(session, line, &expected)?;
    let Seed {
        value,
        format,
        secrets,
    } = &seed;
    let differences = secrets.differences(*format, entry.value.as_bytes(), value.as_bytes());
    let paths = match differences {
        Ok(paths) if paths.is_empty() => {
            keep(
                session,
                line,
                &expected,
                entry,
                "equal to its template".to_owned(),
            );
            return None;
        }
        Ok(paths) => paths,
        Err(fault) => vec![whole(&fault)],
    };
    Some(Job {
        line,
        over: Some(Over {
            revision: entry.revision,
            paths,
        }),
        expected,
        seed,
    })
}

/// What stands for the paths of a value that cannot be read.
pub fn whole(fault: &FormatFault) -> String {
    format!("the whole value, of which {fault}")
}

/// What a key is seeded with; where there is nothing, that is noted.
fn usable(session: &mut Session, line: usize, expected: &Expected) -> Option<Seed> {
    match template::seed(&session.target, expected) {
        Ok(seed) => return Some(seed),
        Err(NoSeed::Refused(codes)) => {
            settle(session, line, "refused", format!("by {codes}, see below"));
        }
        Err(NoSeed::NoTemplate) => {
            settle(
                session,
                line,
                "not seeded",
                "there is no template".to_owned(),
            );
            nothing(session, expected);
        }
        Err(NoSeed::NotSanitised(why)) => {
            settle(
                session,
                line,
                "refused",
                "its template cannot be read".to_owned(),
            );
            session.failures.push(Failure::Other(why));
        }
    }
    None
}

/// The role of a service that acts as itself and needs less than one that seeds its own key.
fn role_without_writing(session: &Session, expected: &Expected) -> Option<String> {
    let target = &session.target;
    let access = &target.model().policy.access;
    let deployment = target.deployment().name();
    let (need, _) = target.model().need(Some(expected.service), deployment);
    let is_less = session.stores.as_themselves && need < access.need;
    is_less.then(|| access.roles.get(need).cloned().unwrap_or_default())
}

/// Why the store did not do what it was asked, without times that are others in each run.
pub fn reason(error: &StoreError) -> String {
    match error.kind() {
        StoreErrorKind::TimedOut(_) => "no answer in time".to_owned(),
        kind => kind.to_string(),
    }
}

/// Notes that the store did not do what it was asked.
pub fn failed(
    session: &mut Session,
    line: usize,
    expected: &Expected,
    action: Action,
    error: &StoreError,
) {
    settle(session, line, what_of(error), reason(error));
    let service = session.service(expected).to_owned();
    session.note_refusal(&service, &expected.key, action, error);
}

#[cfg(test)]
mod tests;
