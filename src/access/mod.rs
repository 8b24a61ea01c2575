//! Who is granted what: access tables, identities, and how the one is matched with the other.

mod distinguished_name;
pub mod identity;
pub mod near_miss;
pub mod placeholder;
mod quotes;
mod table;
#[cfg(test)]
mod tests;
mod written;

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

use crate::policy::{AccessPolicy, IdentityForm};
use crate::rules::RuleId;
use identity::Identity;
use near_miss::{Difference, Unclaimed};
pub(crate) use table::names_in;
pub use table::{AccessTable, Grant};
pub use written::{Opening, Written};

/// A text that the store compares for a client.
#[derive(Debug, Clone)]
pub struct Compared<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Whether the order of its parts does not matter.
    pub in_any_order: bool,
}

/// The texts that the store compares for a client, in order.
pub fn compared<'a>(
    presented: impl IntoIterator<Item = &'a Identity> + Clone + 'a,
    policy: &'a AccessPolicy,
) -> impl Iterator<Item = Compared<'a>> + 'a {
    let texts = policy.compare.iter().flat_map(move |form| {
        let identities = presented.clone().into_iter();
        identities.filter_map(move |identity| {
            Some(Compared {
                text: identity.in_form(*form)?,
                in_any_order: *form == IdentityForm::SubjectUnordered,
            })
        })
    });
    texts.take(if policy.try_all { usize::MAX } else { 1 })
}

/// What a client may present of several identities: of SPIFFE IDs one, as it presents the certificate that the Workload API
/// names first, which is not defined; with what is no SPIFFE ID.
pub fn alternatives(presented: &[Identity]) -> Vec<Vec<&Identity>> {
    let is_spiffe = |identity: &&Identity| identity.form == IdentityForm::Spiffe;
    let mut known = HashSet::new();
    let ids = presented.iter().filter(is_spiffe);
    let ids: Vec<&Identity> = ids
        .filter(|identity| known.insert(identity.text.as_str()))
        .collect();
    if ids.len() < 2 {
        return vec![presented.iter().collect()];
    }
    let others = || presented.iter().filter(|identity| !is_spiffe(identity));
    let with_others = |id| std::iter::once(id).chain(others()).collect();
    ids.into_iter().map(with_others).collect()
}

/// What an access table grants to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The role that is needed, or a more powerful one.
    Granted {
        /// The grant's position.
        grant: usize,
    },
    /// A role below the need.
    Insufficient {
        /// The grant's position.
        grant: usize,
    },
    /// A role that the store does not know.
    UnknownRole {
        /// The grant's position.
        grant: usize,
    },
    /// Nothing, but a grant that was never filled in could be meant.
    Placeholder {
        /// The grant's position.
        grant: usize,
    },
    /// Nothing, but a grant that nobody else presents differs little.
    NearMiss {
        /// The grant's position.
        grant: usize,
        /// In what it differs.
        difference: Box<Difference>,
    },
    /// Nothing.
    Missing,
    /// Nothing, as it presents no identity.
    NoIdentity,
    /// Nothing, as there is no table.
    NoTable,
}

impl Access {
    /// The rule that tells of it; none if all is well.
    pub fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Granted { .. } => None,
            Self::Insufficient { .. } => Some(RuleId::InsufficientRole),
            Self::UnknownRole { .. } => Some(RuleId::UnknownRole),
            Self::Placeholder { .. } => Some(RuleId::PlaceholderIdentity),
            Self::NearMiss { .. } => Some(RuleId::NearMissIdentity),
            Self::Missing => Some(RuleId::MissingGrant),
            Self::NoIdentity => Some(RuleId::NoIdentity),
            Self::NoTable => Some(RuleId::AccessTableMissing),
        }
    }

    /// How far it is from all being well.
    fn rank(&self) -> u8 {
        match self {
            Self::Granted { .. } => 0,
            Self::Insufficient { .. } => 1,
            Self::UnknownRole { .. } => 2,
            Self::Placeholder { .. } => 3,
            Self::NearMiss { .. } => 4,
            Self::Missing => 5,
            Self::NoIdentity => 6,
            Self::NoTable => 7,
        }
    }

    /// The position of the grant that it is about.
    pub fn grant(&self) -> Option<usize> {
        match self {
            Self::Granted { grant }
            | Self::Insufficient { grant }
            | Self::UnknownRole { grant }
            | Self::Placeholder { grant }
            | Self::NearMiss { grant, .. } => Some(*grant),
            Self::Missing | Self::NoIdentity | Self::NoTable => None,
        }
    }
}

/// Decides what a table grants; made once for each table, when all who may present an identity are known.
#[derive(Debug)]
pub struct Decider<'a> {
    table: Option<&'a AccessTable>,
    policy: &'a AccessPolicy,
    unclaimed: Unclaimed<'a>,
    placeholders: Vec<(usize, String)>,
}

impl<'a> Decider<'a> {
    /// For a table and all that anybody in its deployment may present.
    pub fn new(table: Option<&'a AccessTable>, policy: &'a AccessPolicy, claimed: &[bool]) -> Self {
        let grants = table
            .map(|table| table.grants.as_slice())
            .unwrap_or_default();
        let placeholders = grants
            .iter()
            .enumerate()
            .filter_map(|(position, grant)| {
                Some((position, placeholder::as_pattern(&grant.identity.value)?))
            })
            .collect();
        let unclaimed = Unclaimed::new(grants.iter().enumerate().filter(|(position, grant)| {
            !claimed.get(*position).copied().unwrap_or(false)
                && placeholder::find(&grant.identity.value).is_none()
        }));
        Self {
            table,
            policy,
            unclaimed,
            placeholders,
        }
    }

    /// The best that is granted in one of several ways to present oneself.
    pub fn decide_any(&self, ways: &[Rc<[Identity]>], need: usize) -> Access {
        ways.iter()
            .flat_map(|presented| alternatives(presented))
            .map(|presented| self.decide(&presented, need))
            .min_by_key(Access::rank)
            .unwrap_or_else(|| self.decide(&[], need))
    }

    /// What is granted to each of the SPIFFE IDs of somebody who may present any of several; nothing where there is but one.
    pub fn decide_each(&self, presented: &[Identity], need: usize) -> Vec<(Identity, Access)> {
        let alternatives = alternatives(presented);
        if alternatives.len() < 2 {
            return Vec::new();
        }
        let each = alternatives.iter();
        let decided = each.filter_map(|presented| {
            Some(((*presented.first()?).clone(), self.decide(presented, need)))
        });
        decided.collect()
    }

    /// What is granted to somebody who presents these identities together and needs this role.
    pub fn decide(&self, presented: &[&Identity], need: usize) -> Access {
        let Some(table) = self.table else {
            return Access::NoTable;
        };
        if let Some(grant) = table.find(presented, self.policy) {
            let role = &table.grants[grant].role.value;
            return match self.policy.roles.iter().position(|known| known == role) {
                None => Access::UnknownRole { grant },
                Some(role) if role < need => Access::Insufficient { grant },
                Some(_) => Access::Granted { grant },
            };
        }
        let texts: Vec<Cow<'_, str>> = compared(presented.iter().copied(), self.policy)
            .map(|compared| compared.text)
            .collect();
        if texts.is_empty() {
            return Access::NoIdentity;
        }
        let placeholder = self.placeholders.iter().find(|(_, pattern)| {
            texts
                .iter()
                .any(|text| crate::inputs::matches(pattern, text))
        });
        if let Some((grant, _)) = placeholder {
            return Access::Placeholder { grant: *grant };
        }
        match texts.iter().find_map(|text| self.unclaimed.nearest(text)) {
            Some((grant, difference)) => Access::NearMiss {
                grant,
                difference: Box::new(difference),
            },
            None => Access::Missing,
        }
    }
}
