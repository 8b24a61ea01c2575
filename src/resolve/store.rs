//! The stores of a deployment: who runs them, where they listen, and who they are.

use kvguard_contract::syntax::Address;

use super::config_maps::{Mounts, Seen, seen};
use super::{ResolvedWorkload, pointers, tables};
use crate::deploy::Failure;
use crate::policy::{AccessTableFile, DeploymentPolicy, StorePolicy};
use crate::registry::{Descriptor, Spanned};
use crate::source::{Documents, Names, Node, Span};
use crate::suggest::did_you_mean;

/// A store that services of a deployment call.
#[derive(Debug, Clone)]
pub struct Store {
    /// What the policy says of it, if it does.
    pub policy: Option<StorePolicy>,
    /// Positions of the workloads that run it, the one that the policy means first; none if it is not known.
    pub workloads: Vec<usize>,
    /// Where it listens, if its configuration says so.
    pub listen: Option<Listen>,
    /// The SPIFFE IDs that it presents; `None` where the files do not tell.
    pub presents: Option<Vec<String>>,
}

/// Where a store listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The port.
    pub port: u16,
    /// Whether only its own host, container or pod reaches it.
    pub is_loopback: bool,
    /// Where its configuration says so.
    pub span: Span,
}

impl Store {
    /// Whether an address is one of those that the policy adds.
    pub fn is_stated(&self, host: &str, port: u16) -> bool {
        self.stated_at(host, port).is_some()
    }

    /// Where the policy adds an address, if it does.
    pub fn stated_at(&self, host: &str, port: u16) -> Option<Span> {
        let address = format!("{host}:{port}");
        let mut stated = self.policy.iter().flat_map(|policy| &policy.addresses);
        let found = stated.find(|stated| {
            let is = |text: &str| crate::inputs::matches(&stated.value, text);
            is(host) || is(&address)
        });
        found.map(|stated| stated.span)
    }

    /// Whether a service calls it because the policy names it.
    fn names(&self, service: &str) -> bool {
        let services = self.services().into_iter().flatten();
        services.into_iter().any(|named| named.value == service)
    }

    fn services(&self) -> Option<&Vec<Spanned<String>>> {
        self.policy.as_ref()?.services.as_ref()
    }
}

/// The store that a service calls.
pub(super) fn of_service<'s>(stores: &'s [Store], service: Option<&str>) -> Option<&'s Store> {
    let named = service.and_then(|service| stores.iter().find(|store| store.names(service)));
    named.or_else(|| stores.iter().find(|store| store.services().is_none()))
}

/// The stores of a deployment.
pub(super) fn find(
    deployment: &DeploymentPolicy,
    services: &[Descriptor],
    workloads: &[ResolvedWorkload],
    config_map: Option<usize>,
    (configuration, names): (Option<&Documents>, Names),
    failures: &mut Vec<Failure>,
) -> Vec<Store> {
    let finder = Finder {
        deployment,
        workloads,
        config_map,
        root: configuration.and_then(Documents::single),
        names,
    };
    for service in deployment
        .stores
        .iter()
        .flat_map(|store| store.services.iter().flatten())
    {
        if !services
            .iter()
            .any(|known| known.name.value == service.value)
        {
            let names = services.iter().map(|known| known.name.value.as_str());
            let meant = did_you_mean(&service.value, names);
            let message = format!("there is no service `{}`{meant}", service.value);
            failures.push(finder.fail(&message, service.span));
        }
    }
    if deployment.stores.is_empty() {
        let workloads = finder.of_table();
        let listen = finder.listen(StorePolicy::LISTEN);
        return vec![Store {
            policy: None,
            workloads,
            listen,
            presents: None,
        }];
    }
    let stores = deployment.stores.iter();
    stores
        .map(|policy| finder.stated(policy, failures))
        .collect()
}

struct Finder<'a> {
    deployment: &'a DeploymentPolicy,
    workloads: &'a [ResolvedWorkload],
    /// The position of the ConfigMap that holds the access table.
    config_map: Option<usize>,
    /// The configuration that holds the access table.
    root: Option<&'a Node>,
    /// How the store tells the names in it apart.
    names: Names,
}

impl Finder<'_> {
    fn stated(&self, policy: &StorePolicy, failures: &mut Vec<Failure>) -> Store {
        let of_table = self.of_table();
        let workloads = match &policy.workload {
            None if self.deployment.stores.len() > 1 => Vec::new(),
            None => of_table.clone(),
            Some(name) => {
                let found = self.named(&name.value);
                if found.is_none() {
                    failures.push(self.fail(
                        &format!(
                            "there is no workload `{}`, which is to be the store",
                            name.value
                        ),
                        name.span,
                    ));
                }
                match found {
                    Some(found) if of_table.contains(&found) => of_table.clone(),
                    found => found.into_iter().collect(),
                }
            }
        };
        // The configuration is that of the store whose access table it holds.
        let has_table =
            workloads.iter().any(|one| of_table.contains(one)) || self.deployment.stores.len() == 1;
        let listen = has_table
            .then(|| self.listen(policy.listen.iter().map(String::as_str)))
            .flatten();
        if let (Some(pointer), None, true) = (&policy.stated_listen, &listen, has_table) {
            failures.extend(self.root.map(|root| {
                let message = format!(
                    "the store's configuration has no address with a port at `{}`{}",
                    pointer.value,
                    pointers::did_you_mean(root, &pointer.value, self.names)
                );
                self.fail(&message, pointer.span)
            }));
        }
        Store {
            policy: Some(policy.clone()),
            workloads,
            listen,
            presents: None,
        }
    }

    fn fail(&self, message: &str, span: Span) -> Failure {
        let message = format!("deployment `{}`: {message}", self.deployment.name.value);
        Failure::new(message, Some(span))
    }

    /// The workload of a name; of a pod, the container that it is for.
    fn named(&self, name: &str) -> Option<usize> {
        let is_named = |candidate: &&ResolvedWorkload| tables::is_named(&candidate.workload, name);
        let found = self.workloads.iter().find(is_named)?;
        self.main_of(found)
    }

    fn main_of(&self, found: &ResolvedWorkload) -> Option<usize> {
        let is_main =
            |candidate: &ResolvedWorkload| match (&candidate.workload.pod, &found.workload.pod) {
                (Some(pod), Some(meant)) => {
                    pod.object == meant.object && pod.namespace == meant.namespace && pod.is_main
                }
                _ => candidate.workload.name == found.workload.name,
            };
        self.workloads.iter().position(is_main)
    }

    /// The workloads that run the store of the access table: the one that the policy names and whoever has the same table and is
    /// no client, or else the only one that has it.
    fn of_table(&self) -> Vec<usize> {
        match &self.deployment.access_table.file {
            AccessTableFile::MountedAt { workload, path } => {
                let Some(store) = self.named(&workload.value) else {
                    return Vec::new();
                };
                let seen_by = |position: usize| {
                    let workload = &self.workloads.get(position)?.workload;
                    seen(workload, &path.value).map(|(seen, _)| seen)
                };
                let table = seen_by(store);
                let others = (0..self.workloads.len()).filter(|position| {
                    *position != store
                        && !self.workloads[*position].is_kv_sourced()
                        && matches!(&table, Some(Seen::File(_) | Seen::Key { .. }))
                        && seen_by(*position) == table
                });
                std::iter::once(store).chain(others).collect()
            }
            AccessTableFile::File(file) => self.only(&file.value, |source| match source {
                Seen::File(path) => *path == file.value,
                _ => false,
            }),
            AccessTableFile::ConfigMap { key, .. } => {
                self.only(&key.value, |source| match source {
                    Seen::Key {
                        config_map,
                        key: own,
                    } => Some(*config_map) == self.config_map && *own == key.value,
                    _ => false,
                })
            }
        }
    }

    /// The only workload that sees a file, itself or by its name in a directory.
    fn only(&self, file: &str, is_meant: impl Fn(&Seen) -> bool) -> Vec<usize> {
        let name = file.rsplit('/').next().unwrap_or(file);
        let mut found: Vec<usize> = Vec::new();
        for workload in self.workloads {
            let mounts = Mounts::of(&workload.workload.mounts);
            let mut paths = mounts
                .targets()
                .flat_map(|target| [target.to_owned(), format!("{target}/{name}")]);
            let sees =
                paths.any(|path| mounts.seen(&path).is_some_and(|(seen, _)| is_meant(&seen)));
            if sees
                && let Some(main) = self.main_of(workload)
                && !found.contains(&main)
            {
                found.push(main);
            }
        }
        if found.len() > 1 {
            found.clear();
        }
        found
    }

    fn listen<'p>(&self, pointers: impl IntoIterator<Item = &'p str>) -> Option<Listen> {
        let root = self.root?;
        let mut pointers = pointers.into_iter();
        let node = pointers.find_map(|pointer| self.names.pointer(root, pointer))?;
        let text = node.as_scalar()?.text.trim();
        let span = node.span;
        // A port alone, or without its host: on every address.
        if let Ok(port) = text.trim_start_matches(':').parse::<u16>() {
            let is_loopback = false;
            return (port != 0).then_some(Listen {
                port,
                is_loopback,
                span,
            });
        }
        let address = Address::parse(text)?;
        Some(Listen {
            port: address.port,
            is_loopback: is_loopback(&address.host),
            span,
        })
    }
}

/// Whether a host is the one that asks.
pub fn is_loopback(host: &str) -> bool {
    let is_own = |address: std::net::IpAddr| address.is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_own)
}
