//! Which descriptor a workload runs.

use std::collections::HashMap;

use kvguard_contract::Role;

use crate::deploy::Workload;
use crate::policy::Policy;
use crate::source::Span;

/// What a workload maps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// A descriptor, by its position.
    To(usize),
    /// A descriptor by the policy's alias, while its environment names another one.
    Contradicted {
        /// The alias' descriptor, by its position.
        position: usize,
        /// The name in the environment.
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
            Self::To(position) | Self::Contradicted { position, .. } => Some(*position),
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
        let declared = |name: &str| {
            let position = self.positions.get(name).or_else(|| self.aliases.get(name));
            position.copied()
        };
        let alias = names().find_map(|name| self.aliases.get(name.as_str()).copied());
        match (alias, named) {
            (Some(position), Some((name, span))) if declared(name) != Some(position) => {
                return Mapped::Contradicted {
                    position,
                    name: name.to_owned(),
                    span,
                };
            }
            (Some(position), _) => return Mapped::To(position),
            (None, Some((name, span))) => {
                return declared(name).map_or_else(
                    || Mapped::NamesUnknown {
                        name: name.to_owned(),
                        span,
                    },
                    Mapped::To,
                );
            }
            (None, None) => {}
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
