//! A fleet while it runs: which keys its store should hold, and what a command saw there.
//!
//! The engine looks at nothing that runs. A command finds out with [`Expectation::of`] what there should be, looks, and hands what it
//! saw to [`Report::observe`](crate::check::Report::observe), where the rules of the family `KV7` judge it.

mod expected;
mod owned;
mod value;

use std::time::Duration;

pub use expected::{Excused, Expectation, Expected};
pub use owned::Owned;
pub use value::{Misread, Value};

use crate::resolve::Model;
use crate::rules::RuleId;
use crate::source::Span;

/// What was seen of one deployment.
#[derive(Debug, Default)]
pub struct Seen {
    /// The deployment's name.
    pub deployment: String,
    /// The store, as messages name it. It holds no secret.
    pub store: String,
    /// The bucket, if it is known. A data service does not tell it.
    pub bucket: Option<String>,
    /// The rules whose subject was looked at whole. Another one may find something, and never passes.
    pub looked_for: Vec<RuleId>,
    /// What was looked at, in a few words for the last line of the report.
    pub looked_at: String,
    /// The expected keys that were looked at.
    pub keys: Vec<SeenKey>,
    /// How long a value lives in the bucket, if it does not live forever.
    pub lives_for: Option<Duration>,
    /// The keys that no descriptor owns, below the prefixes that descriptors use.
    pub unowned: Vec<String>,
    /// What identities tried to do.
    pub attempts: Vec<Attempt>,
    /// The keys for which the fleet's own seeder wrote something else than its template.
    pub seeded_otherwise: Vec<SeededOtherwise>,
    /// The logs of services.
    pub logs: Vec<SeenLog>,
    /// The services that were started again.
    pub restarts: Vec<SeenRestarts>,
    /// The images and packages that a release ships.
    pub images: Vec<SeenImage>,
    /// What the command did with each key, for the report.
    pub done: Vec<Done>,
    /// What was tried in the store, and how it ended: a sentence each.
    pub probed: Vec<String>,
    /// What is otherwise than it was in an earlier run: a sentence without its end each.
    pub changes: Vec<String>,
    /// What was not looked at, and why: a sentence each.
    pub not_checked: Vec<String>,
    /// The services of which no key was expected, and why.
    pub excused: Vec<Excused>,
}

impl Seen {
    /// What is seen of a deployment or a service that a model does not have: no rule could judge it, so it must not pass.
    pub(crate) fn unknown(&self, model: &Model) -> Option<String> {
        let mut deployments = model.deployments.iter();
        if !deployments.any(|own| own.name() == self.deployment) {
            return Some(format!(
                "what was seen of deployment `{}` is not judged: the policy has no such deployment",
                self.deployment
            ));
        }
        let keys = self.keys.iter().map(|own| &own.service);
        let tried = self.attempts.iter().filter_map(|own| match &own.by {
            Who::Service { service, .. } => Some(service),
            Who::Unlisted { .. } | Who::Reader { .. } => None,
        });
        let seeded = self.seeded_otherwise.iter().map(|own| &own.service);
        let logs = self.logs.iter().map(|own| &own.service);
        let restarts = self.restarts.iter().map(|own| &own.service);
        let images = self.images.iter().map(|own| &own.service);
        let mut all = keys
            .chain(tried)
            .chain(seeded)
            .chain(logs)
            .chain(restarts)
            .chain(images);
        let unknown = all.find(|service| model.service_position(service).is_none())?;
        Some(format!(
            "what was seen of service `{unknown}` is not judged: the registry declares no such service"
        ))
    }
}

/// An expected key, and what it holds.
#[derive(Debug)]
pub struct SeenKey {
    /// The service that owns it.
    pub service: String,
    /// The key.
    pub key: String,
    /// What it holds.
    pub holds: Holds,
}

/// What a key holds.
#[derive(Debug)]
pub enum Holds {
    /// Nothing: it was never written, or its last entry is a delete marker.
    Nothing,
    /// A value.
    Value(Value),
    /// It was not read; a failure of the report or an attempt tells why.
    NotRead,
}

/// What somebody tried to do in the store, and whether the store let it.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Who tried.
    pub by: Who,
    /// What was tried.
    pub action: Action,
    /// The key.
    pub key: String,
    /// Whether it must work: the access table promises it, or the service needs it to load its configuration.
    pub is_promised: bool,
    /// Whether the store let it.
    pub is_permitted: bool,
    /// What the store says is missing, where it says so: a role, a subject of NATS.
    pub missing: Option<String>,
}

/// Who tried something in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A service, by its own identity.
    Service {
        /// The service.
        service: String,
        /// Its identity, as far as it is known.
        identity: Option<String>,
    },
    /// An identity that the access table does not list.
    Unlisted {
        /// The identity.
        identity: String,
    },
    /// An identity that the access table lists as a reader.
    Reader {
        /// The identity.
        identity: String,
    },
}

/// What may be tried in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// To read a key.
    Read,
    /// To write a key.
    Write,
}

impl Action {
    /// The verb.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A key that the fleet's own seeder wrote otherwise than `kvguard seed` would have.
#[derive(Debug, Clone)]
pub struct SeededOtherwise {
    /// The service.
    pub service: String,
    /// The key.
    pub key: String,
    /// The dotted paths of fields that differ, without their values.
    pub paths: Vec<String>,
}

/// The log of a service since a moment.
#[derive(Debug, Clone)]
pub struct SeenLog {
    /// The service.
    pub service: String,
    /// Where it was read: a container, a unit, a file.
    pub place: String,
    /// How many lines were read.
    pub lines: usize,
    /// The required texts that no line has.
    pub lacks: Vec<String>,
    /// The forbidden texts that lines have, and how many lines have each.
    pub has: Vec<(String, usize)>,
    /// Whether its log of an earlier run had all required texts.
    pub used_to_speak: bool,
}

/// A service that was started again while it was watched.
#[derive(Debug, Clone)]
pub struct SeenRestarts {
    /// The service.
    pub service: String,
    /// Its container or unit.
    pub place: String,
    /// How often it was started again.
    pub count: u64,
    /// How often that was to be expected.
    pub expected: u64,
}

/// An image or a package that a deployment ships for a service.
#[derive(Debug, Clone)]
pub struct SeenImage {
    /// The service.
    pub service: String,
    /// The workload.
    pub workload: String,
    /// The image as the deployment names it, with the release's variables applied.
    pub image: String,
    /// Where the deployment names it.
    pub span: Span,
    /// The tag that it should have.
    pub tag: String,
}

/// What a command did with a key.
#[derive(Debug, Clone)]
pub struct Done {
    /// The service.
    pub service: String,
    /// The key.
    pub key: String,
    /// What was done, in a word or two: `seeded`, `already there`, `refused`.
    pub what: &'static str,
    /// More about it: a reason, a revision. It holds no value.
    pub detail: String,
}
