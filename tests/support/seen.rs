//! Reads a fixture's `seen.json`, which states what a command saw of its fleet: the engine's [`Seen`] in JSON.
//!
//! Values of keys are raw: a text, or a list of bytes where they are no text. A field that this does not know fails the test.

use std::path::Path;
use std::time::Duration;

use kvguard::check::{Options, Report};
use kvguard::live::{
    Action, Attempt, Done, Excused, Holds, SeededOtherwise, Seen, SeenImage, SeenKey, SeenLog,
    SeenRestarts, Value, Who,
};
use kvguard::rules::RuleId;
use kvguard::source::Span;
use serde::Deserialize;

/// The file that says what was seen, beside the fleet's policy.
pub const SEEN_FILE: &str = "seen.json";

/// Judges what the fleet's `seen.json` says, if it is there: by the rules about a running fleet, and by those that `also` names.
pub fn observe(report: &mut Report, options: &Options, also: fn(RuleId) -> bool) {
    observe_apart(report, options, also);
    report.tell_together();
}

/// The same, with findings of one cause apart.
pub fn observe_apart(report: &mut Report, options: &Options, also: fn(RuleId) -> bool) {
    let path = options.root.join(SEEN_FILE);
    // What cannot be read has no model, and its failures say so.
    if report.model.is_none() || !path.is_file() {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "a test reads its own fixture")]
    let text = std::fs::read_to_string(&path).expect("a text");
    let file: File =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let seen = file.seen(report, &path);
    report.observe(options, vec![seen], also);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deployment: String,
    store: String,
    looked_at: String,
    bucket: Option<String>,
    /// Names of rules.
    #[serde(default)]
    looked_for: Vec<String>,
    #[serde(default)]
    keys: Vec<Held>,
    lives_for_seconds: Option<u64>,
    #[serde(default)]
    unowned: Vec<String>,
    #[serde(default)]
    attempts: Vec<Tried>,
    #[serde(default)]
    seeded_otherwise: Vec<Otherwise>,
    #[serde(default)]
    logs: Vec<Log>,
    #[serde(default)]
    restarts: Vec<Restarts>,
    #[serde(default)]
    images: Vec<Shipped>,
    #[serde(default)]
    done: Vec<DoneWith>,
    #[serde(default)]
    probed: Vec<String>,
    #[serde(default)]
    changes: Vec<String>,
    #[serde(default)]
    not_checked: Vec<String>,
    #[serde(default)]
    excused: Vec<ExcusedService>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    service: String,
    key: String,
    holds: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    Nothing,
    NotRead,
    Text(String),
    Bytes(Vec<u8>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    by: By,
    action: Verb,
    key: String,
    is_promised: bool,
    is_permitted: bool,
    missing: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum By {
    Service {
        service: String,
        identity: Option<String>,
    },
    Unlisted {
        identity: String,
    },
    Reader {
        identity: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verb {
    Read,
    Write,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Otherwise {
    service: String,
    key: String,
    paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    service: String,
    place: String,
    lines: usize,
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    has: Vec<(String, usize)>,
    #[serde(default)]
    used_to_speak: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restarts {
    service: String,
    place: String,
    count: u64,
    expected: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    service: String,
    workload: String,
    image: String,
    tag: String,
    /// The file that names it.
    file: String,
    /// The text of that file that names it: its first occurrence.
    written: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoneWith {
    service: String,
    key: String,
    what: What,
    #[serde(default)]
    detail: String,
}

#[derive(Deserialize)]
enum What {
    #[serde(rename = "seeded")]
    Seeded,
    #[serde(rename = "already there")]
    AlreadyThere,
    #[serde(rename = "refused")]
    Refused,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExcusedService {
    service: String,
    reason: String,
}

impl File {
    fn seen(self, report: &Report, path: &Path) -> Seen {
        let rules = self.looked_for.iter().map(|name| {
            RuleId::parse(name).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
        });
        let keys = self.keys.into_iter();
        let keys = keys.map(|key| key.seen(report, path)).collect();
        let images = self.images.into_iter();
        let images = images.map(|image| image.seen(report, path)).collect();
        let logs = self.logs.into_iter().map(|log| SeenLog {
            service: log.service,
            place: log.place,
            lines: log.lines,
            lacks: log.lacks,
            has: log.has,
            used_to_speak: log.used_to_speak,
        });
        let restarts = self.restarts.into_iter().map(|own| SeenRestarts {
            service: own.service,
            place: own.place,
            count: own.count,
            expected: own.expected,
        });
        let otherwise = self.seeded_otherwise.into_iter();
        let otherwise = otherwise.map(|own| SeededOtherwise {
            service: own.service,
            key: own.key,
            paths: own.paths,
        });
        let done = self.done.into_iter().map(|own| Done {
            service: own.service,
            key: own.key,
            what: own.what.words(),
            detail: own.detail,
        });
        let excused = self.excused.into_iter().map(|own| Excused {
            service: own.service,
            reason: own.reason,
        });
        Seen {
            deployment: self.deployment,
            store: self.store,
            looked_at: self.looked_at,
            bucket: self.bucket,
            looked_for: rules.collect(),
            keys,
            lives_for: self.lives_for_seconds.map(Duration::from_secs),
            unowned: self.unowned,
            attempts: self.attempts.into_iter().map(Tried::seen).collect(),
            seeded_otherwise: otherwise.collect(),
            logs: logs.collect(),
            restarts: restarts.collect(),
            images,
            done: done.collect(),
            probed: self.probed,
            changes: self.changes,
            not_checked: self.not_checked,
            excused: excused.collect(),
        }
    }
}

impl Held {
    fn seen(self, report: &Report, path: &Path) -> SeenKey {
        let model = report.model.as_ref().expect("a model");
        let position = model.service_position(&self.service);
        let position =
            position.unwrap_or_else(|| panic!("{}: no service `{}`", path.display(), self.service));
        let format = model.services[position].format.value;
        let holds = match self.holds {
            Content::Nothing => Holds::Nothing,
            Content::NotRead => Holds::NotRead,
            Content::Text(text) => Holds::Value(Value::read(text.as_bytes(), format)),
            Content::Bytes(bytes) => Holds::Value(Value::read(&bytes, format)),
        };
        SeenKey {
            service: self.service,
            key: self.key,
            holds,
        }
    }
}

impl Tried {
    fn seen(self) -> Attempt {
        Attempt {
            by: match self.by {
                By::Service { service, identity } => Who::Service { service, identity },
                By::Unlisted { identity } => Who::Unlisted { identity },
                By::Reader { identity } => Who::Reader { identity },
            },
            action: match self.action {
                Verb::Read => Action::Read,
                Verb::Write => Action::Write,
            },
            key: self.key,
            is_promised: self.is_promised,
            is_permitted: self.is_permitted,
            missing: self.missing,
        }
    }
}

impl Shipped {
    fn seen(self, report: &Report, path: &Path) -> SeenImage {
        let mut sources = report.sources().iter();
        let found = sources.find(|(_, source)| source.path() == self.file);
        let (id, source) =
            found.unwrap_or_else(|| panic!("{}: `{}` was not read", path.display(), self.file));
        let start = source.text().find(&self.written);
        let start = start.unwrap_or_else(|| {
            panic!("{}: no `{}` in {}", path.display(), self.written, self.file)
        });
        let offset = |at: usize| u32::try_from(at).expect("a small file");
        SeenImage {
            service: self.service,
            workload: self.workload,
            image: self.image,
            span: Span {
                source: id,
                start: offset(start),
                end: offset(start + self.written.len()),
            },
            tag: self.tag,
        }
    }
}

impl What {
    fn words(&self) -> &'static str {
        match self {
            Self::Seeded => "seeded",
            Self::AlreadyThere => "already there",
            Self::Refused => "refused",
        }
    }
}
