//! Who is granted what: access tables, identities, and how the one is matched with the other.

mod distinguished_name;
pub mod identity;
pub mod near_miss;
pub mod placeholder;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::policy::{AccessPolicy, GrantFields, IdentityForm};
use crate::registry::Spanned;
use crate::rules::RuleId;
use crate::source::{Names, Node, Problem, Sources, Span, Syntax};
use distinguished_name::in_one_order;
use identity::Identity;
use near_miss::{Difference, Unclaimed};

/// One entry of an access table.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Who is granted the role.
    pub identity: Spanned<String>,
    /// The role.
    pub role: Spanned<String>,
    /// The whole entry.
    pub span: Span,
}

/// A deployment's access table: of several grants for one identity the first holds.
#[derive(Debug, Clone)]
pub struct AccessTable {
    /// The grants, in the order they are tried.
    pub grants: Vec<Grant>,
    /// The whole list.
    pub span: Span,
    syntax: Syntax,
    fields: GrantFields,
    /// The column at which its entries begin, from 0.
    indent: usize,
    first_by_identity: HashMap<String, usize>,
    /// Of the identities that are subjects: the first of each, whatever the order of its parts.
    first_by_parts: HashMap<String, usize>,
}

impl AccessTable {
    /// Reads a list of grants. What is none becomes a problem and is left out.
    ///
    /// # Errors
    ///
    /// If the node is no list.
    pub fn read(
        node: &Node,
        syntax: Syntax,
        names: Names,
        fields: &GrantFields,
        sources: &Sources,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, Problem> {
        let Some(items) = node.as_sequence() else {
            let message = format!(
                "the access table must be a list of `{{{}, {}}}`, and is {}",
                fields.identity,
                fields.role,
                node.kind_name()
            );
            return Err(Problem::new(node.span, message));
        };
        let mut grants = Vec::new();
        for item in items {
            let field = |name: &str| {
                names
                    .get(item, name)
                    .and_then(|node| Some((node.as_str()?, node.span)))
            };
            match (field(&fields.identity), field(&fields.role)) {
                (Some((identity, identity_span)), Some((role, role_span))) => grants.push(Grant {
                    identity: Spanned::new(identity.to_owned(), identity_span),
                    role: Spanned::new(role.to_owned(), role_span),
                    span: item.span,
                }),
                (None, _) => problems.push(lacks(item, &fields.identity)),
                (_, None) => problems.push(lacks(item, &fields.role)),
            }
        }
        let mut first_by_identity = HashMap::with_capacity(grants.len());
        for (position, grant) in grants.iter().enumerate() {
            first_by_identity
                .entry(grant.identity.value.clone())
                .or_insert(position);
        }
        let mut first_by_parts = HashMap::new();
        for (position, grant) in grants.iter().enumerate() {
            if let Some(parts) = in_one_order(&grant.identity.value) {
                first_by_parts.entry(parts).or_insert(position);
            }
        }
        let indent = grants
            .first()
            .map_or(0, |grant| sources.location(grant.span).column as usize - 1);
        Ok(Self {
            grants,
            span: node.span,
            syntax,
            fields: fields.clone(),
            indent,
            first_by_identity,
            first_by_parts,
        })
    }

    /// The place where the list begins.
    pub fn start(&self) -> Span {
        Span {
            end: (self.span.start + 1).min(self.span.end),
            ..self.span
        }
    }

    /// The place behind the last grant.
    pub fn end(&self) -> Span {
        let end = self
            .grants
            .last()
            .map_or(self.span.end, |grant| grant.span.end);
        Span {
            start: end,
            end,
            ..self.span
        }
    }

    /// The text of one more grant, to be put at [`AccessTable::end`].
    pub fn new_grant(&self, identity: &str, role: &str) -> String {
        let (identity_field, role_field) = (&self.fields.identity, &self.fields.role);
        match self.syntax {
            Syntax::Json => {
                let indent = " ".repeat(self.indent);
                format!(
                    ",\n{indent}{{{}: {}, {}: {}}}",
                    quoted(identity_field),
                    quoted(identity),
                    quoted(role_field),
                    quoted(role)
                )
            }
            Syntax::Yaml => {
                // The entry's column is that of its first key, two behind the dash.
                let indent = " ".repeat(self.indent.saturating_sub(2));
                format!(
                    "\n{indent}- {}: {}\n{indent}  {}: {role}",
                    bare_or_quoted(identity_field),
                    quoted(identity),
                    bare_or_quoted(role_field)
                )
            }
            Syntax::Toml => format!(
                ",\n{}{{ {} = {}, {} = {} }}",
                " ".repeat(self.indent),
                bare_or_quoted(identity_field),
                quoted(identity),
                bare_or_quoted(role_field),
                quoted(role)
            ),
        }
    }

    /// A text as the file writes it in place of a string.
    pub fn written(&self, text: &str) -> String {
        quoted(text)
    }

    /// The position of the grant that holds for exactly this identity.
    pub fn position(&self, identity: &str) -> Option<usize> {
        self.first_by_identity.get(identity).copied()
    }

    /// The position of the grant that holds for what a store compares: where the order does not matter, one in the same order
    /// comes first.
    pub fn position_of(&self, compared: &Compared<'_>) -> Option<usize> {
        let by_parts = || {
            let parts = in_one_order(&compared.text).filter(|_| compared.in_any_order)?;
            self.first_by_parts.get(&parts).copied()
        };
        self.position(&compared.text).or_else(by_parts)
    }

    /// The grant that the store finds for a client, by position.
    pub fn find(&self, presented: &[&Identity], policy: &AccessPolicy) -> Option<usize> {
        compared(presented.iter().copied(), policy).find_map(|compared| self.position_of(&compared))
    }
}

/// A string as JSON, YAML and TOML write it alike.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A key as YAML and TOML write it alike.
fn bare_or_quoted(key: &str) -> String {
    let is_bare = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if key.starts_with(|first: char| first.is_ascii_alphabetic()) && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// The message about an entry of the list that is not a grant: one of its two fields is missing or holds no text.
fn lacks(entry: &Node, field: &str) -> Problem {
    let message = match names_in(entry) {
        Some(names) => format!(
            "a grant without the field `{field}`, or whose `{field}` is no text; it has {names}"
        ),
        None => format!(
            "{} in place of a grant, a mapping with the field `{field}`",
            entry.kind_name()
        ),
    };
    Problem::new(entry.span, message)
}

/// The names that an entry has, quoted; nothing if it is no mapping or has none.
pub(crate) fn names_in(entry: &Node) -> Option<String> {
    const SHOWN: usize = 5;
    let entries = entry.as_mapping()?.entries();
    let names = entries.iter().map(|entry| format!("`{}`", entry.key.text));
    let shown: Vec<String> = names.take(SHOWN).collect();
    let more = if entries.len() > SHOWN { ", …" } else { "" };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}

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
