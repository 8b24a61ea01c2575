//! Why there is no configuration, or no new one.

use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use std::path::PathBuf;

use super::files::MAX_BYTES;
use crate::environment::EnvironmentError;
use crate::format::FormatFault;
use crate::{Format, InvalidKey, Key, StoreError};

/// Why a service has no configuration, or no new one.
///
/// Its message names the service, and the key, file, field or variable that it is about, and tells what to do. It never holds a
/// value.
#[derive(Debug, Clone)]
pub struct BootstrapError {
    service: String,
    kind: Box<BootstrapErrorKind>,
}

impl BootstrapError {
    pub(crate) fn new(service: &str, kind: BootstrapErrorKind) -> Self {
        Self {
            service: service.to_owned(),
            kind: Box::new(kind),
        }
    }

    /// The service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What kind of error it is.
    pub fn kind(&self) -> &BootstrapErrorKind {
        &self.kind
    }

    /// The key that it is about, if it is about one.
    pub fn key(&self) -> Option<&Key> {
        match &*self.kind {
            BootstrapErrorKind::Store(error) => error.key(),
            BootstrapErrorKind::KeyMissing { key }
            | BootstrapErrorKind::NoTemplate { key }
            | BootstrapErrorKind::KeyDeleted { key }
            | BootstrapErrorKind::ValueTooLarge { key }
            | BootstrapErrorKind::WatchEnded { key }
            | BootstrapErrorKind::Malformed {
                origin: Origin::Key(key),
                ..
            } => Some(key),
            BootstrapErrorKind::CriticalFields { key, .. }
            | BootstrapErrorKind::Field { key, .. } => key.as_ref(),
            _ => None,
        }
    }

    /// The store's error, if it is one.
    pub fn store_error(&self) -> Option<&StoreError> {
        match &*self.kind {
            BootstrapErrorKind::Store(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the store was not there or did not answer, so that trying again may help.
    pub fn is_outage(&self) -> bool {
        self.store_error().is_some_and(StoreError::is_outage)
    }

    /// Whether the store denied the service what it asked for.
    pub fn is_permission_denied(&self) -> bool {
        self.store_error()
            .is_some_and(StoreError::is_permission_denied)
    }
}

/// The kinds of errors.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BootstrapErrorKind {
    /// The bootstrap was not told where the store is.
    NoStore,
    /// The environment is half set, or makes no sense.
    Environment(EnvironmentError),
    /// The environment asks for a store that this build has no client of.
    NotBuilt {
        /// The feature of `kvguard-runtime` that has it.
        feature: &'static str,
    },
    /// The key template cannot be filled, or there is no key.
    InvalidKey(InvalidKey),
    /// The store's error.
    Store(StoreError),
    /// The key holds nothing, and is not to be seeded.
    KeyMissing {
        /// The key.
        key: Key,
    },
    /// The key holds nothing, and there is neither a template nor a file to seed it from.
    NoTemplate {
        /// The key.
        key: Key,
    },
    /// The key was deleted while it was watched.
    KeyDeleted {
        /// The key.
        key: Key,
    },
    /// The value has more bytes than [`MAX_BYTES`].
    ValueTooLarge {
        /// The key.
        key: Key,
    },
    /// The watch ended, and could not be begun again.
    WatchEnded {
        /// The key.
        key: Key,
    },
    /// A file cannot be read.
    File {
        /// Which.
        origin: Origin,
        /// Why.
        fault: FileFault,
    },
    /// A text is no configuration in its format.
    Malformed {
        /// Which.
        origin: Origin,
        /// Its format.
        format: Format,
        /// Why.
        fault: FormatFault,
    },
    /// Critical fields are absent or empty after all was merged.
    CriticalFields {
        /// The key, unless the files alone were loaded.
        key: Option<Key>,
        /// The fields.
        fields: Vec<FieldError>,
    },
    /// A field is not what the configuration type takes.
    Field {
        /// The key, unless the files alone were loaded.
        key: Option<Key>,
        /// The field.
        field: FieldError,
    },
}

/// Where a text or a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The file of defaults.
    File(PathBuf),
    /// The pinned file.
    PinnedFile(PathBuf),
    /// The template's file.
    TemplateFile(PathBuf),
    /// The template that is in the program.
    Template,
    /// What the program supplies by [`with_supplied`](super::Bootstrap::with_supplied).
    Program,
    /// The key's value.
    Key(Key),
}

impl Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "the file `{}`", path.display()),
            Self::PinnedFile(path) => write!(formatter, "the pinned file `{}`", path.display()),
            Self::TemplateFile(path) => write!(formatter, "the template `{}`", path.display()),
            Self::Template => formatter.write_str("the program's template"),
            Self::Program => formatter.write_str("what the program supplies"),
            Self::Key(key) => write!(formatter, "the value of key `{key}`"),
        }
    }
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileFault {
    /// The operating system does not let it be read.
    Io(io::ErrorKind),
    /// It is a directory, a pipe or a device.
    NotAFile,
    /// It has more bytes than [`MAX_BYTES`].
    TooLarge,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldFault {
    /// It is absent.
    Missing,
    /// It is null, a text of blanks, or a list or mapping with nothing in it.
    Empty,
    /// The configuration type has no such field.
    Unknown,
    /// It is given under two of its names.
    Duplicate,
    /// It is something else than the configuration type takes.
    Unexpected {
        /// What it takes, where it tells.
        expected: Option<String>,
    },
}

/// A field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    field: String,
    fault: FieldFault,
    origin: Option<Origin>,
}

impl FieldError {
    pub(super) fn new(field: String, fault: FieldFault, origin: Option<Origin>) -> Self {
        Self {
            field,
            fault,
            origin,
        }
    }

    /// The dotted path of the field; empty for the whole configuration. It ends at a secret field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong.
    pub fn fault(&self) -> &FieldFault {
        &self.fault
    }

    /// What sets the field, if anything does.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }
}

impl Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            formatter.write_str("the configuration")?;
        } else {
            write!(formatter, "`{}`", self.field)?;
        }
        if let Some(origin) = &self.origin {
            write!(formatter, " in {origin}")?;
        }
        match &self.fault {
            FieldFault::Missing => formatter.write_str(" is missing"),
            FieldFault::Empty => formatter.write_str(" is empty"),
            FieldFault::Unknown => formatter.write_str(" is no field of the configuration"),
            FieldFault::Duplicate => formatter.write_str(" is given under two names"),
            FieldFault::Unexpected {
                expected: Some(expected),
            } => write!(
                formatter,
                " is not what the configuration takes there: expected {expected}"
            ),
            FieldFault::Unexpected { expected: None } => {
                formatter.write_str(" is not what the configuration takes there")
            }
        }
    }
}

impl Display for BootstrapError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "service `{}`: {}", self.service, self.kind)
    }
}

impl Display for BootstrapErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStore => formatter.write_str(
                "the bootstrap was told no store: give it one by `with_store` or `with_environment`, or say `from_files_only`",
            ),
            Self::Environment(error) => error.fmt(formatter),
            Self::NotBuilt { feature } => write!(
                formatter,
                "this build has no client of the store that the environment asks for: enable the feature `{feature}` of `kvguard-runtime`"
            ),
            Self::InvalidKey(error) => write!(
                formatter,
                "{error}: give each variable of the key template a value by `with_variable`"
            ),
            Self::Store(error) => write!(formatter, "{}{}", error.with_causes(), advice(error)),
            Self::KeyMissing { key } => write!(
                formatter,
                "the key `{key}` holds nothing and is not to be seeded: set it, or allow it by `on_missing`"
            ),
            Self::NoTemplate { key } => write!(
                formatter,
                "the key `{key}` holds nothing and there is nothing to seed it from: give a template or a file, or set the key"
            ),
            Self::KeyDeleted { key } => write!(
                formatter,
                "the key `{key}` was deleted: the configuration stays as it was until the key is set, and the next start seeds it anew"
            ),
            Self::ValueTooLarge { key } => write!(
                formatter,
                "the value of key `{key}` has more than {MAX_BYTES} bytes: set a shorter one"
            ),
            Self::WatchEnded { key } => write!(
                formatter,
                "the watch of `{key}` ended at once twice in a row: changes are not noticed any more, begin another watch"
            ),
            Self::File { origin, fault } => match fault {
                FileFault::Io(io::ErrorKind::NotFound) => write!(
                    formatter,
                    "{origin} is not there: put it there, or do not name it"
                ),
                FileFault::Io(kind) => write!(
                    formatter,
                    "{origin} cannot be read: {kind}: let the service read it"
                ),
                FileFault::NotAFile => {
                    write!(formatter, "{origin} is no regular file: name one that is")
                }
                FileFault::TooLarge => write!(
                    formatter,
                    "{origin} has more than {MAX_BYTES} bytes: make it shorter"
                ),
            },
            Self::Malformed {
                origin,
                format,
                fault,
            } => malformed(formatter, origin, *format, fault),
            Self::CriticalFields { key, fields } => {
                let shown: Vec<String> = fields.iter().map(ToString::to_string).collect();
                let (noun, pronoun) = if fields.len() == 1 {
                    ("field", "it")
                } else {
                    ("fields", "them")
                };
                write!(
                    formatter,
                    "critical {noun} after merging: {}: set {pronoun} {}",
                    shown.join(", "),
                    place(key.as_ref())
                )
            }
            Self::Field { key, field } => write!(
                formatter,
                "{field}: mend it {}",
                match (key, &field.origin) {
                    (_, Some(_)) => "there".to_owned(),
                    (key, None) => place(key.as_ref()),
                }
            ),
        }
    }
}

/// Where a field may be set.
fn place(key: Option<&Key>) -> String {
    match key {
        Some(key) => format!("in the value of key `{key}`, the file or the pinned file"),
        None => "in the file or the pinned file".to_owned(),
    }
}

fn advice(error: &StoreError) -> &'static str {
    use crate::StoreErrorKind as Kind;
    match error.kind() {
        Kind::PermissionDenied(_) if error.operation().is_write() => {
            ": grant it in the store's access table, or do not seed (`on_missing`)"
        }
        Kind::PermissionDenied(_) => ": grant it in the store's access table",
        Kind::Unavailable | Kind::TimedOut(_) => {
            ": see that the store runs and can be reached; a service that may start without it says so by `on_outage`"
        }
        Kind::NoBucket { .. } => {
            ": create it before the service starts; a service that may start without it says so by `on_outage`"
        }
        Kind::TooLarge { .. } => ": make the template shorter, or raise the store's limit",
        Kind::Full => ": make room in the store, or raise its limit",
        Kind::Malformed => ": see that the store is set up as it says, and so is its client",
        Kind::Conflict => ": another keeps writing the key; try again",
        Kind::InvalidKey(_) => ": mend the descriptor's key",
    }
}

fn malformed(
    formatter: &mut fmt::Formatter<'_>,
    origin: &Origin,
    format: Format,
    fault: &FormatFault,
) -> fmt::Result {
    let at = |position: &Option<crate::format::Position>| match position {
        Some(position) => format!(" at {position}"),
        None => String::new(),
    };
    match fault {
        FormatFault::Syntax(position) => write!(
            formatter,
            "{origin} is no valid {}{}: mend it",
            format.title(),
            at(position)
        ),
        FormatFault::DuplicateKey(position) => write!(
            formatter,
            "{origin} has a key twice{}: remove one of the two",
            at(position)
        ),
        FormatFault::NotAMapping => write!(
            formatter,
            "{origin} is no mapping of names to values: write one"
        ),
        FormatFault::Unsupported => write!(
            formatter,
            "{origin} holds a tag, an odd key, or a number without a value, which no configuration holds: remove it"
        ),
        FormatFault::Unwritable => write!(
            formatter,
            "{origin} cannot be written as {}: it holds a number or a null that this format has not",
            format.title()
        ),
        FormatFault::NotBuilt => write!(
            formatter,
            "{origin} is {}, which this build does not read: enable the feature `{format}` of `kvguard-runtime`",
            format.title()
        ),
    }
}

/// A path that is short enough for a message.
pub(super) fn shortened(path: &str) -> String {
    const MOST: usize = 200;
    if path.chars().count() <= MOST {
        return path.to_owned();
    }
    path.chars().take(MOST).chain(['…']).collect()
}

/// It has no source: its message tells all that led to it.
impl Error for BootstrapError {}
