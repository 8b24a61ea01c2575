//! What is wrong with a variable.

use std::fmt;

use crate::Role;

/// A variable that is not what it has to be. It tells names and words of the contract, never what a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault<'c> {
    /// The variable's name.
    pub name: &'c str,
    /// What it is for; `None` for one that the policy's own lists need.
    pub role: Option<Role>,
    /// What is wrong.
    pub kind: FaultKind<'c>,
}

/// What is wrong with a variable. Shown, it is the end of a sentence whose subject is the variable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind<'c> {
    /// It is not set, and others say that it has to be.
    Missing,
    /// It is empty, or only blanks.
    Empty,
    /// It is not Unicode.
    NotUnicode,
    /// It is what it has to be, but for blanks around it.
    Blanks,
    /// It is none of these words.
    NoneOf(Vec<&'c str>),
    /// It is a mode that the policy leaves to other clients; this one knows these.
    OthersMode(Vec<&'c str>),
    /// It names another service than the one that runs.
    AnotherService,
    /// It is not a key that the store accepts.
    NoKey,
    /// It is neither the address of a data service nor that of a NATS server.
    NoAddress,
    /// It is not a name of a bucket.
    NoBucket,
    /// It is neither a host's name nor an IP address.
    NoServerName,
    /// It is not a name of a trust domain.
    NoTrustDomain,
    /// It is not a SPIFFE ID.
    NoSpiffeId,
    /// It is not a path of a Unix socket.
    NoSocket,
    /// It is not a prefix of subjects.
    NoInboxPrefix,
}

impl FaultKind<'_> {
    /// Whether the variable is not set, or set to nothing but blanks.
    pub fn is_lacking(&self) -> bool {
        matches!(self, Self::Missing | Self::Empty)
    }
}

impl fmt::Display for FaultKind<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "is missing",
            Self::Empty => "is empty",
            Self::NotUnicode => "is not Unicode",
            Self::Blanks => "has blanks around its value",
            Self::NoneOf(words) => {
                return write!(formatter, "is none of `{}`", words.join("`, `"));
            }
            Self::OthersMode(words) => {
                return write!(
                    formatter,
                    "is a mode that only other clients know, this one knows `{}` (if it is one of these by another word, the policy says so with `means` under `[contract.mode.<word>]`)",
                    words.join("`, `")
                );
            }
            Self::AnotherService => "names another service",
            Self::NoKey => "is not a key that the store accepts",
            Self::NoAddress => {
                "is not an address: write `HOST:PORT` for a data service, `nats://HOST:PORT` or `tls://HOST:PORT` for NATS"
            }
            Self::NoBucket => {
                "is not a name of a bucket: write ASCII letters, digits, `-` and `_`"
            }
            Self::NoServerName => "is neither a host's name nor an IP address",
            Self::NoTrustDomain => {
                "is not a trust domain: write lower-case letters, digits, `.`, `-` and `_`"
            }
            Self::NoSpiffeId => {
                "is not a SPIFFE ID: write `spiffe://`, a trust domain in lower case and a path without empty parts"
            }
            Self::NoSocket => "is not a Unix socket: write `unix:` and its path",
            Self::NoInboxPrefix => {
                "is not a prefix of subjects: write parts of ASCII letters and digits with `.` between them"
            }
        })
    }
}
