//! Asks before values are written over.

use super::plan::{Job, changes, settle};
use crate::live::failure::Failure;
use crate::live::question;
use crate::live::session::Session;

/// The keys that are to be written after all: without those whose values are not to be written over.
pub async fn agreed(session: &mut Session, jobs: Vec<Job>, is_agreed: bool) -> Vec<Job> {
    let over = jobs.iter().filter(|job| job.over.is_some()).count();
    if over == 0 || is_agreed {
        return jobs;
    }
    let answer = question::ask(&session.progress, &text(session, &jobs)).await;
    if answer == Some(true) {
        return jobs;
    }
    let (over, rest): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.over.is_some());
    for job in &over {
        let paths = job.over.as_ref().map(|over| changes(&over.paths));
        settle(session, job.line, "not replaced", paths.unwrap_or_default());
    }
    if answer.is_none() {
        session.failures.push(Failure::Other(
            "nobody was there to be asked, so no value was written over; look at what would change, and run this again with --yes"
                .to_owned(),
        ));
    }
    rest
}

fn text(session: &Session, jobs: &[Job]) -> String {
    let mut text = String::new();
    for job in jobs {
        if let Some(over) = &job.over {
            let service = session.service(&job.expected);
            let key = &job.expected.key;
            text.push_str(&format!("{service}  {key}: {}\n", changes(&over.paths)));
        }
    }
    text.push_str("Write over them? [y/N] ");
    text
}
