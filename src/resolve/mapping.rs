//! Which descriptor a workload runs.

use std::collections::HashMap;

use kvguard_contract::Role;

use crate::deploy::{Failure, Workload};
use crate::policy::Policy;
use crate::source::Span;

/// What a workload maps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// A descriptor, by its position.
    To(usize),
    /// A descriptor by its own name or by the policy's alias, while its environment names another one.
    Contradicted {
        /// The own descriptor, by its position.
        position: usize,
        /// Whether it is by the policy's alias.
        by_alias: bool,
        /// The name in the environment.
        name: String,
        /// Where it is written.
        span: Span,
    },
    /// A descriptor of which the environment names only an alias: the policy knows it, and no client does.
    NamesAlias {
        /// The descriptor, by its position.
        position: usize,
        /// The alias in the environment.
        name: String,
        /// Where it is written.
        span: Span,
    },
    /// None: its environment names one that the registry does not declare.
    NamesUnknown {
        /// The name.
        name: String,
        /// Where it is written.
        span: Span,
    },
    /// None: nothing names one.
    ToNothing,
}

impl Mapped {
    /// The descriptor's position.
    pub fn service(&self) -> Option<usize> {
        match self {
            Self::To(position)
            | Self::Contradicted { position, .. }
            | Self::NamesAlias { position, .. } => Some(*position),
            Self::NamesUnknown { .. } | Self::ToNothing => None,
        }
    }
}

/// Maps workloads: by the policy's alias, by what the environment names, by name, by name without prefix.
pub(super) struct Mapper<'a> {
    positions: &'a HashMap<String, usize>,
    aliases: HashMap<&'a str, usize>,
    policy: &'a Policy,
}

impl<'a> Mapper<'a> {
    pub(super) fn new(policy: &'a Policy, positions: &'a HashMap<String, usize>) -> Self {
        let aliases = policy
            .services
            .iter()
            .filter_map(|(name, service)| Some((positions.get(name)?, service)))
            .flat_map(|(position, service)| {
                service
                    .aliases
                    .iter()
                    .map(move |alias| (alias.value.as_str(), *position))
            })
            .collect();
        Self {
            positions,
            aliases,
            policy,
        }
    }

    pub(super) fn map(&self, workload: &Workload) -> Mapped {
        let own = std::iter::once(&workload.name).chain(&workload.other_names);
        let names: Vec<&String> = own.filter(|name| self.is_of(workload, name)).collect();
        let names = || names.iter().copied();
        let variable = workload
            .environment
            .get(self.policy.contract.shown_name(Role::Service));
        let named = variable
            .and_then(|variable| Some((variable, variable.text()?.trim())))
            .filter(|(_, name)| !name.is_empty())
            .map(|(variable, name)| (name, variable.shown_span()));
        let alias = names().find_map(|name| self.aliases.get(name.as_str()).copied());
        if let Some((name, span)) = named {
            return self.named(workload, alias, name, span);
        }
        if let Some(position) = alias {
            return Mapped::To(position);
        }
        let without_prefix = names().flat_map(|name| {
            self.policy
                .prefixes
                .iter()
                .filter_map(move |prefix| name.strip_prefix(prefix.as_str()))
        });
        names()
            .map(String::as_str)
            .chain(without_prefix)
            .find_map(|name| self.positions.get(name).or_else(|| self.aliases.get(name)))
            .map_or(Mapped::ToNothing, |position| Mapped::To(*position))
    }

    /// What a workload maps to whose environment names a service.
    fn named(&self, workload: &Workload, alias: Option<usize>, name: &str, span: Span) -> Mapped {
        let asked = self.positions.get(name).copied();
        let (name, meant) = (name.to_owned(), self.aliases.get(name).copied());
        let own = alias.or_else(|| {
            let mut own = self.own_descriptors(workload).peekable();
            let first = own.peek().copied();
            // A workload of several names may go by each of them.
            let is_own = own.any(|own| asked.or(meant).is_none_or(|said| said == own));
            first.filter(|_| !is_own)
        });
        match (own, asked, meant) {
            (Some(own), Some(asked), _) if own == asked => Mapped::To(own),
            (Some(own), None, Some(meant)) if own == meant => Mapped::NamesAlias {
                position: own,
                name,
                span,
            },
            (Some(position), _, _) => Mapped::Contradicted {
                position,
                by_alias: alias.is_some(),
                name,
                span,
            },
            (None, Some(asked), _) => Mapped::To(asked),
            (None, None, Some(position)) => Mapped::NamesAlias {
                position,
                name,
                span,
            },
            (None, None, None) => Mapped::NamesUnknown { name, span },
        }
    }

    /// The descriptors that are called as a workload is, with or without a prefix. The name of an object is that
    /// of the container that its pods are for.
    fn own_descriptors(&self, workload: &Workload) -> impl Iterator<Item = usize> {
        let is_own = |name: &&String| {
            workload
                .pod
                .as_ref()
                .is_none_or(|pod| pod.is_main || **name != pod.object || **name == pod.container)
        };
        let all = std::iter::once(&workload.name).chain(&workload.other_names);
        all.filter(is_own).flat_map(|name| {
            let prefixes = self.policy.prefixes.iter();
            let without = prefixes.filter_map(move |prefix| name.strip_prefix(prefix.as_str()));
            std::iter::once(name.as_str())
                .chain(without)
                .filter_map(|name| self.positions.get(name).copied())
        })
    }

    /// The name of an object is that of the container that its pods are for: one that runs beside it or
    /// before it is of the same service only if it says where its configuration comes from.
    fn is_of(&self, workload: &Workload, name: &str) -> bool {
        workload.pod.as_ref().is_none_or(|pod| {
            pod.is_main
                || name != pod.object
                || name == pod.container
                || workload
                    .environment
                    .contains(self.policy.contract.shown_name(Role::Source))
        })
    }
}

/// An alias that the registry declares as another service: a workload of that name would run either.
pub(super) fn aliases_of_declared(
    policy: &Policy,
    positions: &HashMap<String, usize>,
) -> Vec<Failure> {
    let services = policy.services.iter();
    let aliases = services.flat_map(|(name, service)| {
        let own = service.aliases.iter();
        own.map(move |alias| (name, alias))
    });
    // An alias that is also a `[service.<name>]` of the policy is refused when the policy is read.
    let other = aliases
        .filter(|(name, alias)| alias.value != **name && positions.contains_key(&alias.value));
    other
        .map(|(name, alias)| {
            let message = format!(
                "the policy: the alias `{}` of service `{name}` is the name of another service; take it away",
                alias.value
            );
            Failure::new(message, Some(alias.span))
        })
        .collect()
}
