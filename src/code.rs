//! What the source code of services says of the registry: names, keys and bootstrap tests.
//!
//! The policy tells each service's directories (`sources`). A language is a file beside this one.

#[cfg(feature = "rust-sources")]
mod reader;
#[cfg(feature = "rust-sources")]
mod rust;

use std::collections::BTreeSet;

use crate::registry::Spanned;
use crate::source::Problem;

#[cfg(feature = "rust-sources")]
pub(crate) use reader::read;

/// What code says, of all services whose directories the policy tells.
#[derive(Debug, Clone, Default)]
pub struct Code {
    /// For each service whose directories hold code, in the order of names.
    pub services: Vec<ServiceCode>,
    /// The services that bootstrap tests are for, wherever these stand.
    pub tested: BTreeSet<String>,
    /// What could not be read as code.
    pub problems: Vec<Problem>,
}

/// What a service's code says.
#[derive(Debug, Clone)]
pub struct ServiceCode {
    /// The service.
    pub service: String,
    /// Where the policy tells the first of its directories.
    pub directory: Spanned<String>,
    /// What its code names, tests left out.
    pub mentions: Vec<Mention>,
}

/// A text in code that may be a name or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The text, with where it stands.
    pub text: Spanned<String>,
    /// Whether it is the service of one of this crate's macros.
    pub is_service: bool,
}
