//! What a case needs that not every store has.

use super::{Capabilities, Subject};

/// What a [case](super::Case) needs besides a store that may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Nothing.
    Nothing,
    /// That [an empty value is a value](Capabilities::takes_empty_values).
    EmptyValues,
    /// That [it lists its keys](Capabilities::lists_keys).
    ListedKeys,
    /// That [a put tells its revision](Capabilities::put_tells_revision).
    RevisionsOfPuts,
    /// That [keys of other domains are refused](Capabilities::other_domains).
    OtherDomains,
    /// That they are keys as any other.
    OneDomain,
    /// That [the longest value is known](Capabilities::value_limit).
    ValueLimit,
    /// [One who may only read](Subject::with_reader).
    Reader,
    /// [One to whom nothing is granted](Subject::with_nobody).
    Nobody,
}

impl Part {
    pub(super) fn is_there(self, subject: &Subject, capabilities: &Capabilities) -> bool {
        match self {
            Self::Nothing => true,
            Self::EmptyValues => capabilities.takes_empty_values,
            Self::ListedKeys => capabilities.lists_keys,
            Self::RevisionsOfPuts => capabilities.put_tells_revision,
            Self::OtherDomains => capabilities.other_domains,
            Self::OneDomain => !capabilities.other_domains,
            Self::ValueLimit => capabilities.value_limit.is_some(),
            Self::Reader => subject.reader.is_some(),
            Self::Nobody => subject.nobody.is_some(),
        }
    }
}
