//! A deployment's access table.

use std::collections::HashMap;

use super::distinguished_name::in_one_order;
use super::identity::Identity;
use super::quotes::quoted;
use super::written::{Opening, Written};
use super::{Compared, compared};
use crate::policy::{AccessPolicy, GrantFields};
use crate::registry::Spanned;
use crate::source::{Names, Node, Problem, Sources, Span, Syntax};

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
    fields: GrantFields,
    /// For each grant, how its file writes it.
    written: Vec<Written>,
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
        let written = grants
            .iter()
            .map(|grant| Written::new(grant, syntax, sources))
            .collect();
        Ok(Self {
            grants,
            span: node.span,
            fields: fields.clone(),
            written,
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

    /// Where one more grant can be written: before the grant at a position. `None` where the file's text is not what the table holds,
    /// as in what a template prints.
    pub fn opening(&self, position: usize) -> Option<&Opening> {
        self.written.get(position)?.opening.as_ref()
    }

    /// How the file writes the grant at a position.
    pub fn writing(&self, position: usize) -> Option<&Written> {
        self.written.get(position)
    }

    /// The text of one more grant, to be put at an opening. `identity` is as the file writes it, with its quotes.
    pub fn new_grant(&self, opening: &Opening, identity: &str, role: &str) -> String {
        opening.grant(&self.fields, identity, role)
    }

    /// An identity as the file writes that of the grant at a position.
    pub fn identity_like(&self, position: usize, identity: &str) -> String {
        let written = self.written.get(position);
        written.map_or_else(
            || quoted(identity),
            |written| written.identity_like(identity),
        )
    }

    /// A role as the file writes that of the grant at a position.
    pub fn role_like(&self, position: usize, role: &str) -> String {
        let written = self.written.get(position);
        written.map_or_else(|| quoted(role), |written| written.role_like(role))
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
