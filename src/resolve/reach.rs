//! What a workload meets at an address, as far as a deployment's files decide it.

use kvguard_contract::syntax::Address;

use super::{Deployment, ResolvedWorkload, Store, Undecided, is_loopback};
use crate::deploy::{Network, NetworkMode, PodNetwork, ProjectNetwork, Service, ServiceKind};

/// The host names of a container engine for the host that it runs on.
const HOST_NAMES: [&str; 2] = ["host.docker.internal", "gateway.docker.internal"];

/// What is met at an address.
#[derive(Debug, Clone, Copy)]
pub enum Met<'d> {
    /// The store; behind a Service with an address of its own, by that.
    Store(Option<&'d Service>),
    /// The workload itself, beside which there is nothing.
    Itself,
    /// Another workload.
    Other(&'d ResolvedWorkload),
    /// A workload whose names lead nowhere, as it runs in the network of its host or of another workload.
    Nameless(&'d ResolvedWorkload),
    /// A Service that does not select the store.
    OtherService(&'d Service),
    /// Nobody has such a name.
    Nobody,
    /// The files do not decide it.
    NotJudged(Undecided),
}

impl Deployment {
    /// What a client meets at an address where it looks for a store whose workload is known, if the policy does not state the address.
    pub fn met<'d>(
        &'d self,
        store: &Store,
        client: &'d ResolvedWorkload,
        called: &Address,
    ) -> Met<'d> {
        let host = called.host.as_str();
        let Some(first) = store
            .workloads
            .first()
            .and_then(|first| self.workloads.get(*first))
        else {
            return Met::NotJudged(Undecided::StoreUnknown);
        };
        if self.other_hosts.iter().any(|other| other == host) {
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

    /// The service of a compose project at whose names a service answers: itself, unless it runs in the network of another one. None
    /// for one that runs in the network of its host.
    fn answers_for<'d>(&'d self, workload: &'d ResolvedWorkload) -> Option<&'d ResolvedWorkload> {
        match &workload.workload.network.project()?.mode {
            NetworkMode::Host => None,
            NetworkMode::Service(name) => {
                let mut all = self.workloads.iter();
                let other = all.find(|other| other.workload.name == *name);
                other.or(Some(workload))
            }
            _ => Some(workload),
        }
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
                &self.answers_for(first)?.workload.name
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
            let named = workload.and_then(|workload| self.answers_for(workload));
            let network = named.and_then(|named| named.workload.network.project());
            network.is_some_and(|network| network.is_called(host))
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
        let mut called = projects().filter(|(_, network)| network.is_called(host));
        let nameless = called.clone().next();
        let is_itself = |other: &ResolvedWorkload| {
            let named = self.answers_for(other);
            named.is_some_and(|named| std::ptr::eq(named, other))
        };
        match called.find(|(other, _)| is_itself(other)) {
            Some((other, _)) => Met::Other(other),
            None => nameless.map_or(Met::Nobody, |(other, _)| Met::Nameless(other)),
        }
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
pub fn service_name(host: &str) -> Option<(&str, Option<&str>)> {
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
    use super::service_name;

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
