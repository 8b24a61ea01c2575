//! What an environment means, and what is wrong with it.

use std::borrow::Cow;

use crate::contract::{Backend, ModeWord};
use crate::{Fault, Role};

/// What is known of a variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'v> {
    /// Its value.
    Text(Cow<'v, str>),
    /// That its value is not Unicode.
    NotUnicode,
    /// That it is set, to what only the machine knows. It counts as right.
    Untold,
}

/// Where an environment says that the configuration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It says nothing: from a file.
    Unset,
    /// From a file.
    File,
    /// From the store.
    Kv,
    /// From something that the contract does not know.
    Unknown,
    /// Only the machine knows.
    Untold,
}

/// Something that an environment tells by a word of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<T> {
    /// It does not tell it, or it does not matter.
    Unset,
    /// This. Where the word is not written as it has to be there is a fault besides.
    Known(T),
    /// Something that the contract does not know.
    Unknown,
    /// Only the machine knows.
    Untold,
}

/// What an environment means. It is valid if there is no fault.
///
/// With a source other than the store nothing else is judged, but for an environment that sets up the store and does not
/// say that it is to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'c, 'v> {
    /// Where the configuration comes from.
    pub source: Source,
    /// What is at the store's address, if it is known.
    pub backend: Option<Backend>,
    /// The security mode.
    pub mode: Found<&'c ModeWord>,
    /// Everything that is wrong, in the order in which it is best mended. Each variable has one fault at most.
    pub faults: Vec<Fault<'c>>,
    /// What the mode needs and the policy names no variable for.
    pub unnamed: Vec<Role>,
    pub(crate) values: [Option<Cow<'v, str>>; Role::ALL.len()],
}

impl Reading<'_, '_> {
    /// What a role's variable says, if it was judged and is right.
    pub fn value(&self, role: Role) -> Option<&str> {
        self.values[role as usize].as_deref()
    }

    /// What is wrong with a role's variable.
    pub fn fault(&self, role: Role) -> Option<&Fault<'_>> {
        self.faults.iter().find(|fault| fault.role == Some(role))
    }
}
