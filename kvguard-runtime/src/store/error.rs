//! Why a store did not do what it was asked.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Key, KeyFault};

/// What a store is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// To be connected to.
    Connect,
    /// [`KvStore::get`](crate::KvStore::get).
    Get,
    /// [`KvStore::put`](crate::KvStore::put).
    Put,
    /// [`KvStore::create`](crate::KvStore::create).
    Create,
    /// [`KvStore::update`](crate::KvStore::update).
    Update,
    /// [`KvStore::delete`](crate::KvStore::delete).
    Delete,
    /// [`KvStore::purge`](crate::KvStore::purge).
    Purge,
    /// [`KvStore::describe_bucket`](crate::KvStore::describe_bucket).
    DescribeBucket,
    /// [`KvStore::watch`](crate::KvStore::watch).
    Watch,
    /// [`ListKeys::keys`](crate::ListKeys::keys).
    ListKeys,
}

impl Operation {
    /// Its name in messages and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Get => "get",
            Self::Put => "put",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Purge => "purge",
            Self::DescribeBucket => "describe bucket",
            Self::Watch => "watch",
            Self::ListKeys => "list keys",
        }
    }

    /// Whether it changes what the store holds.
    pub const fn is_write(self) -> bool {
        matches!(
            self,
            Self::Put | Self::Create | Self::Update | Self::Delete | Self::Purge
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What is known of a denial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// Who was denied, as the store knows it: a SPIFFE ID, a subject, a user.
    pub identity: Option<String>,
    /// What was missing: a role, or the subject that may not be published to.
    pub missing: Option<String>,
    /// Whether the store does not take the client's certificate at all, as it expired or is of another authority. Whom it is for does not
    /// matter then.
    pub is_of_certificate: bool,
}

impl Denial {
    /// A denial of which nothing more is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// With who was denied.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Because of the client's certificate, whomever it is for.
    #[must_use]
    pub fn of_certificate(mut self) -> Self {
        self.is_of_certificate = true;
        self
    }

    /// With what was missing.
    #[must_use]
    pub fn with_missing(mut self, missing: impl Into<String>) -> Self {
        self.missing = Some(missing.into());
        self
    }
}

/// The kinds of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The identity may not do this. Trying again does not help; a grant does.
    PermissionDenied(Denial),
    /// The key holds something else than was expected, and still does.
    Conflict,
    /// The store cannot be reached, or is not ready. Trying again may help.
    Unavailable,
    /// The server is there, and has no bucket of this name. Trying again helps once somebody has created it.
    NoBucket {
        /// The bucket's name.
        bucket: String,
    },
    /// There was no answer within this time. A write may have happened.
    TimedOut(Duration),
    /// The store does not take this key.
    InvalidKey(KeyFault),
    /// The value has more bytes than the store takes, or gives, with the limit where it is known.
    TooLarge {
        /// The most bytes that a value of this key may have.
        limit: Option<usize>,
    },
    /// The store holds as much as it may.
    Full,
    /// The store's answer, or what it was set up with, makes no sense.
    Malformed,
}

/// Why a store did not do what it was asked.
///
/// Its message holds the operation, the key and what is known of the reason, never a value.
#[derive(Debug, Clone)]
pub struct StoreError {
    operation: Operation,
    key: Option<Key>,
    kind: StoreErrorKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error of an operation.
    pub fn new(operation: Operation, kind: StoreErrorKind) -> Self {
        Self {
            operation,
            key: None,
            kind,
            source: None,
        }
    }

    /// With the key that the operation was about.
    #[must_use]
    pub fn with_key(mut self, key: &Key) -> Self {
        self.key = Some(key.clone());
        self
    }

    /// With the error that led to it. Its message must hold no value.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// The error with what led to it, in one line. It holds no value either.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        // One line, whatever an underlying library says.
        text.replace(['\r', '\n'], " ")
    }

    /// With another limit, where a limit that was exceeded is known.
    #[cfg(feature = "datasvc")]
    pub(crate) fn map_limit(mut self, map: impl FnOnce(usize) -> usize) -> Self {
        if let StoreErrorKind::TooLarge { limit: Some(limit) } = &mut self.kind {
            *limit = map(*limit);
        }
        self
    }

    /// What the store was asked to do.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The key that it was about, unless it was about none.
    pub fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// What kind of error it is.
    pub fn kind(&self) -> &StoreErrorKind {
        &self.kind
    }

    /// Whether the store was not there or did not answer, so that trying again may help. A bucket that does not exist counts as a
    /// store that is not there.
    pub fn is_outage(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Unavailable
                | StoreErrorKind::NoBucket { .. }
                | StoreErrorKind::TimedOut(_)
        )
    }

    /// Whether the server is there, and the bucket does not exist.
    pub fn is_no_bucket(&self) -> bool {
        matches!(self.kind, StoreErrorKind::NoBucket { .. })
    }

    /// Whether the identity may not do this.
    pub fn is_permission_denied(&self) -> bool {
        matches!(self.kind, StoreErrorKind::PermissionDenied(_))
    }

    /// Whether the key holds something else than was expected.
    pub fn is_conflict(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Conflict)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(formatter, "{} of `{key}`: ", self.operation)?,
            None => write!(formatter, "{}: ", self.operation)?,
        }
        self.kind.fmt(formatter)
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PermissionDenied(Denial {
                identity, missing, ..
            }) => {
                formatter.write_str("permission denied")?;
                if let Some(identity) = identity {
                    write!(formatter, " for `{identity}`")?;
                }
                match missing {
                    Some(missing) => write!(formatter, ": `{missing}` is missing"),
                    None => Ok(()),
                }
            }
            Self::Conflict => formatter.write_str("the key holds something else than expected"),
            Self::Unavailable => formatter.write_str("the store cannot be reached"),
            Self::NoBucket { bucket } => {
                write!(formatter, "there is no key-value bucket `{bucket}`")
            }
            Self::TimedOut(time) => write!(formatter, "no answer within {time:?}"),
            Self::InvalidKey(fault) => {
                write!(formatter, "the store does not take this key: {fault}")
            }
            Self::TooLarge { limit: Some(limit) } => {
                write!(
                    formatter,
                    "the value is longer than {limit} bytes, which is the store's limit"
                )
            }
            Self::TooLarge { limit: None } => {
                formatter.write_str("the value is longer than the store's limit")
            }
            Self::Full => formatter.write_str("the store holds as much as it may"),
            Self::Malformed => formatter
                .write_str("the store's answer, or what it was set up with, makes no sense"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
