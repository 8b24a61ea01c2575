//! What a workload meets at an address, as far as a deployment's files decide it.

use kvguard_contract::syntax::Address;

use super::{Deployment, ResolvedWorkload, Store, Undecided, is_loopback};
use crate::deploy::{Network, NetworkMode, PodNetwork, ProjectNetwork, Service, ServiceKind};

/// The port of a NATS server whose address names none.
const NATS_PORT: u16 = 4222;

/// The host names of a container engine for the host that it runs on.
const HOST_NAMES: [&str; 2] = ["host.docker.internal", "gateway.docker.internal"];

/// An address that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl std::fmt::Display for Called {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(out, "[{}]:{}", self.host, self.port)
        } else {
            write!(out, "{}:{}", self.host, self.port)
        }
    }
}

/// What is met at an address.
#[derive(Debug, Clone, Copy)]
pub enum Met<'d> {
    /// The store; behind a Service with an address of its own, by that.
    Store(Option<&'d Service>),
    /// The workload itself, beside which there is nothing.
    Itself,
    /// Another workload.
    Other(&'d ResolvedWorkload),
    /// A Service that does not select the store.
    OtherService(&'d Service),
    /// Nobody has such a name.
    Nobody,
    /// The files do not decide it.
    NotJudged(Undecided),
}

/// The addresses in a variable's value: one, or a list of NATS servers. What is of another scheme is left out.
pub fn addresses(text: &str) -> Vec<Called> {
    let entries = text.split(',').map(str::trim);
    entries.filter_map(address).collect()
}

fn address(text: &str) -> Option<Called> {
    let (rest, is_nats) = match text.split_once("://") {
        None => (text, false),
        Some(("nats" | "tls", rest)) => (rest, true),
        Some(_) => return None,
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let parsed = Address::parse(place).or_else(|| {
        let with_port = format!("{place}:{NATS_PORT}");
        Address::parse(&with_port).filter(|_| is_nats)
    })?;
    Some(Called {
        host: parsed.host.trim_end_matches('.').to_owned(),
        port: parsed.port,
    })
}

impl Deployment {
    /// What a client meets at an address where it looks for a store whose workload is known.
    pub fn met<'d>(
        &'d self,
        store: &Store,
        client: &'d ResolvedWorkload,
        called: &Called,
    ) -> Met<'d> {
        let host = called.host.as_str();
        let Some(first) = store
            .workloads
            .first()
            .and_then(|first| self.workloads.get(*first))
        else {
            return Met::NotJudged(Undecided::StoreUnknown);
        };
        if store.is_stated(host, called.port) || self.other_hosts.iter().any(|other| other == host)
        {
            return Met::NotJudged(Undecided::HostRedefined);
        }
        let is_one_host = store.policy.as_ref().is_some_and(|policy| policy.one_host);
        match (&client.workload.network, &first.workload.network) {
            (Network::Host, _) if is_loopback(host) && is_one_host => Met::Store(None),
            (Network::Project(own), Network::Project(_)) => {
                self.met_in_project(store, client, own, host)
            }
            (Network::Pod(own), Network::Pod(_)) => self.met_in_cluster(store, client, own, host),
            (Network::Host, _) if is_loopback(host) => Met::NotJudged(Undecided::HostsUntold),
            _ => Met::NotJudged(Undecided::HostOutside),
        }
    }

    /// Whether something else than the store may answer at its names: what shares its container's or pod's network.
    pub fn has_company(&self, store: &Store) -> bool {
        store.workloads.iter().any(|position| {
            let Some(workload) = self.workloads.get(*position) else {
                return false;
            };
            match &workload.workload.network {
                Network::Host | Network::Isolated(_) => false,
                Network::Pod(pod) => pod.has_company || pod.is_host,
                Network::Project(own) => {
                    own.joined().is_empty() || self.shares_network_of(workload).is_some()
                }
            }
        })
    }

    /// A service of a compose project that runs in the network of another one.
    fn shares_network_of(&self, with: &ResolvedWorkload) -> Option<&ResolvedWorkload> {
        self.workloads.iter().find(|other| {
            let mode = other
                .workload
                .network
                .project()
                .map(|network| &network.mode);
            matches!(mode, Some(NetworkMode::Service(name)) if *name == with.workload.name)
        })
    }

    /// The address by which a client calls the store, if the files tell one.
    pub fn address_for(
        &self,
        store: &Store,
        client: &ResolvedWorkload,
        called: u16,
    ) -> Option<String> {
        let first = self.workloads.get(*store.workloads.first()?)?;
        let listen = store.listen.as_ref().map(|listen| listen.port);
        let Some(pod) = first.workload.network.pod() else {
            let port = listen.unwrap_or(called);
            let is_in_project = first.workload.network.project().is_some();
            let host = if is_in_project {
                &first.workload.name
            } else {
                "localhost"
            };
            return Some(format!("{host}:{port}"));
        };
        let own = client
            .workload
            .pod
            .as_ref()
            .map(|pod| pod.namespace.as_str());
        let selecting = pod.services.iter();
        let selecting = selecting.filter_map(|position| self.network_services.get(*position));
        // One with an address of its own before a headless one.
        let service = selecting.min_by_key(|service| service.kind != ServiceKind::Address)?;
        let name = &service.name.value;
        let port = match (service.kind, &service.ports) {
            (ServiceKind::Address, Some(ports)) => {
                let known = [Some(called), listen].into_iter().flatten();
                let mut fitting = known.filter(|port| ports.contains(port));
                fitting.next().or(ports.first().copied())?
            }
            _ => listen.unwrap_or(called),
        };
        Some(if own == Some(&service.namespace) {
            format!("{name}:{port}")
        } else {
            format!("{name}.{}:{port}", service.namespace)
        })
    }

    fn met_in_project<'d>(
        &'d self,
        store: &Store,
        client: &'d ResolvedWorkload,
        own: &ProjectNetwork,
        host: &str,
    ) -> Met<'d> {
        if own.joined().is_empty() {
            return Met::NotJudged(Undecided::NetworkUntold);
        }
        let mut redefined = own.other_hosts.iter();
        if redefined.any(|other| other.eq_ignore_ascii_case(host)) {
            return Met::NotJudged(Undecided::HostRedefined);
        }
        if HOST_NAMES.contains(&host) {
            return Met::NotJudged(Undecided::HostOutside);
        }
        if is_loopback(host) {
            let is_store = store
                .workloads
                .iter()
                .any(|position| self.workloads[*position].workload.name == client.workload.name);
            return match self.shares_network_of(client) {
                None if !is_store => Met::Itself,
                _ => Met::NotJudged(Undecided::LoopbackShared),
            };
        }
        let projects = || {
            self.workloads
                .iter()
                .filter_map(|workload| Some((workload, workload.workload.network.project()?)))
        };
        let is_called = |position: &usize| {
            let workload = self.workloads.get(*position);
            let network = workload.and_then(|workload| workload.workload.network.project());
            network.is_some_and(|network| {
                let shared = match &network.mode {
                    NetworkMode::Service(name) => Some(name),
                    _ => None,
                };
                let mut with = projects().filter(|(other, _)| shared == Some(&other.workload.name));
                network.is_called(host) || with.any(|(_, network)| network.is_called(host))
            })
        };
        if store.workloads.iter().any(is_called) {
            return Met::Store(None);
        }
        let is_open = own.joined().iter().any(|joined| joined.is_external)
            || projects().any(|(_, network)| network.undecided);
        if host.contains(['.', ':']) {
            return Met::NotJudged(Undecided::HostOutside);
        }
        if is_open {
            return Met::NotJudged(Undecided::NetworkUntold);
        }
        let other = projects().find(|(_, network)| network.is_called(host));
        other.map_or(Met::Nobody, |(other, _)| Met::Other(other))
    }

    fn met_in_cluster<'d>(
        &'d self,
        store: &Store,
        client: &'d ResolvedWorkload,
        own: &PodNetwork,
        host: &str,
    ) -> Met<'d> {
        let Some(pod) = &client.workload.pod else {
            return Met::NotJudged(Undecided::NetworkUntold);
        };
        if is_loopback(host) {
            return if own.is_host || own.has_company {
                Met::NotJudged(Undecided::LoopbackShared)
            } else {
                Met::Itself
            };
        }
        if !own.uses_cluster_names {
            return Met::NotJudged(Undecided::NameServerUntold);
        }
        if own.other_hosts.iter().any(|other| other == host) {
            return Met::NotJudged(Undecided::HostRedefined);
        }
        let Some((name, namespace)) = service_name(host) else {
            return Met::NotJudged(Undecided::HostOutside);
        };
        let in_namespace =
            |service: &&Service| service.namespace == namespace.unwrap_or(&pod.namespace);
        let mut services = self.network_services.iter().filter(in_namespace);
        // Of a namespace without any Service in the files, those are elsewhere.
        if namespace.is_some() && services.clone().next().is_none() {
            return Met::NotJudged(Undecided::HostOutside);
        }
        let lost = self.lost.iter();
        let mut lost = lost.filter(|lost| lost.may_be(&["Service"], Some(name)));
        let Some(service) = services.find(|service| service.name.value == name) else {
            return match lost.next() {
                Some(_) => Met::NotJudged(Undecided::DocumentLost),
                None => Met::Nobody,
            };
        };
        let selects = |position: &usize| {
            let workload = self.workloads.get(*position);
            let pod = workload.and_then(|workload| workload.workload.network.pod());
            pod.is_some_and(|pod| {
                let mut selecting = pod.services.iter();
                selecting.any(|position| self.network_services.get(*position) == Some(service))
            })
        };
        match service.kind {
            ServiceKind::Untold => Met::NotJudged(Undecided::ServiceUntold),
            _ if !store.workloads.iter().any(selects) => Met::OtherService(service),
            ServiceKind::Headless => Met::Store(None),
            ServiceKind::Address => Met::Store(Some(service)),
        }
    }
}

/// The Service that a name is for, with its namespace if the name tells it: `NAME`, `NAME.NAMESPACE`,
/// `NAME.NAMESPACE.svc` and that with the cluster's domain.
fn service_name(host: &str) -> Option<(&str, Option<&str>)> {
    let mut labels = host.split('.');
    let name = labels.next().filter(|name| !name.contains(':'))?;
    let namespace = labels.next();
    match labels.next() {
        None | Some("svc") => Some((name, namespace)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Called, addresses, service_name};

    fn called(host: &str, port: u16) -> Called {
        Called {
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn each_server_of_a_list_is_called_and_no_login_is_kept() {
        assert_eq!(addresses("store:50057"), [called("store", 50057)]);
        assert_eq!(
            addresses("nats://who:what@one:4223, tls://two"),
            [called("one", 4223), called("two", 4222)]
        );
        assert_eq!(addresses("[fd00::1]:50057"), [called("fd00::1", 50057)]);
        for other in ["unix:/run/store.sock", "dns:///store:50057", "store", ""] {
            assert_eq!(addresses(other), [], "{other}");
        }
    }

    #[test]
    fn the_name_of_a_service_may_tell_its_namespace() {
        assert_eq!(service_name("store"), Some(("store", None)));
        for host in [
            "store.brook",
            "store.brook.svc",
            "store.brook.svc.cluster.local",
        ] {
            assert_eq!(service_name(host), Some(("store", Some("brook"))), "{host}");
        }
        for host in ["store-0.store.brook.svc", "store.brook.example", "fd00::1"] {
            assert_eq!(service_name(host), None, "{host}");
        }
    }
}
