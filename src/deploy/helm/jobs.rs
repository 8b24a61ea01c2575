//! What the threads of one rendering do for each other.

use super::documents::Read;
use super::functions::is_function;
use super::provenance::Text;
use super::template::{Parsed, SyntaxError, parse};
use super::work::Work;

/// Something that depends on nothing but its text.
#[derive(Debug)]
pub(crate) enum Job {
    /// To parse a template.
    Parse(Text),
    /// To read what a template printed.
    Read(Text),
}

/// What parsing a template gives.
pub(crate) type Parsing = Result<Parsed, SyntaxError>;

/// What came of a job.
#[derive(Debug)]
pub(crate) enum Done {
    Parsed(Parsing),
    Read(Read),
}

/// The jobs of one rendering.
pub(crate) type Jobs = Work<Job, Done>;

/// Does a job.
pub(super) fn perform(job: Job) -> Done {
    match job {
        Job::Parse(text) => Done::Parsed(parse(&text, is_function)),
        Job::Read(text) => Done::Read(Read::new(&text)),
    }
}
