//! By which names workloads reach each other: data, as the files of each kind of deployment tell it.

use std::sync::Arc;

use super::PodSubject;
use crate::registry::Spanned;
use crate::source::Span;

/// The network that a workload is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Network {
    /// That of its host, of which the files tell nothing.
    #[default]
    Host,
    /// One of its own, from which nothing is reached.
    Isolated(Span),
    /// That of a compose project.
    Project(Box<ProjectNetwork>),
    /// That of a pod, which its containers share.
    Pod(Arc<PodNetwork>),
}

/// How a service of a compose project is in the project's networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectNetwork {
    /// Which networks it is in.
    pub mode: NetworkMode,
    /// The names that it has in each of them.
    pub names: Vec<String>,
    /// Names that mean something else to it: `extra_hosts`, `links`.
    pub other_hosts: Vec<String>,
    /// Whether a name or a network depends on what the files do not tell.
    pub undecided: bool,
}

/// Which networks a service of a compose project is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkMode {
    /// Networks of the project.
    Joined(Vec<JoinedNetwork>),
    /// None.
    None(Span),
    /// That of another service.
    Service(String),
    /// That of the host.
    Host,
    /// That of another container, or what the files do not tell.
    Other,
}

/// A network that a service of a compose project joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedNetwork {
    /// Its name in the project.
    pub name: String,
    /// The name by which the engine knows it, where the project gives one. Two of the same are one network.
    pub engine_name: Option<String>,
    /// Where the service says that it joins it; for the default network, where the service is named.
    pub span: Span,
    /// The names that the service has only in this network.
    pub aliases: Vec<String>,
    /// Whether others than the project's services may be in it.
    pub is_external: bool,
}

/// How a pod is in the cluster's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodNetwork {
    /// Whether it is in its node's network.
    pub is_host: bool,
    /// Whether it asks the cluster for the addresses of names, in the usual way.
    pub uses_cluster_names: bool,
    /// Whether something else runs beside the container: another one of the pod, or one that is injected.
    pub has_company: bool,
    /// Names that mean something else to it: `hostAliases`.
    pub other_hosts: Vec<String>,
    /// Positions of the Services that select it.
    pub services: Vec<usize>,
    /// The Services that would select it, had a patch not removed labels of it.
    pub lost: Vec<LostService>,
    /// What NetworkPolicies go by in it.
    pub subject: PodSubject,
}

/// A Service that would select a pod, had a patch not removed a label of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostService {
    /// Its position.
    pub service: usize,
    /// What it wants: `app=store`.
    pub wanted: String,
    /// The name of the label.
    pub label: String,
    /// Where the label is removed.
    pub removed: Span,
}

/// A Service of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: Spanned<String>,
    /// Its namespace.
    pub namespace: String,
    /// What its name stands for.
    pub kind: ServiceKind,
    /// Its ports; `None` where one of them is no number.
    pub ports: Option<Vec<u16>>,
    /// Where its ports lead to in the pods.
    pub targets: Vec<PortTarget>,
}

/// Where a port of a Service leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortTarget {
    /// The port of the Service.
    pub port: u16,
    /// The port of the pod, or its name there.
    pub target: Spanned<String>,
}

/// What the name of a Service stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// An address of its own, at its own ports.
    Address,
    /// The addresses of its pods.
    Headless,
    /// What no file tells: an `ExternalName`, or a Service without a selector.
    Untold,
}

impl Service {
    /// The port of a pod that one of its ports leads to, if the files tell, and where they do.
    pub fn target(&self, port: u16, pod: &PodNetwork) -> Option<Spanned<u16>> {
        let mut targets = self.targets.iter();
        let target = &targets.find(|target| target.port == port)?.target;
        let number = target.value.parse().ok().or_else(|| {
            let mut named = pod.subject.named_ports.iter();
            let found = named.find(|(name, _)| *name == target.value);
            found.map(|(_, number)| *number)
        });
        Some(Spanned::new(number?, target.span))
    }
}

impl Network {
    /// The pod's, if it is one.
    pub fn pod(&self) -> Option<&PodNetwork> {
        match self {
            Self::Pod(pod) => Some(pod),
            Self::Host | Self::Isolated(_) | Self::Project(_) => None,
        }
    }

    /// The compose project's, if it is one.
    pub fn project(&self) -> Option<&ProjectNetwork> {
        match self {
            Self::Project(project) => Some(project),
            Self::Host | Self::Isolated(_) | Self::Pod(_) => None,
        }
    }
}

impl JoinedNetwork {
    /// Whether another one is the same network.
    pub fn is(&self, other: &Self) -> bool {
        let engine_name = |network: &Self| {
            let own = network.engine_name.clone();
            own.or_else(|| network.is_external.then(|| network.name.clone()))
        };
        self.name == other.name
            || engine_name(self).is_some() && engine_name(self) == engine_name(other)
    }
}

impl ProjectNetwork {
    /// The networks that it joins.
    pub fn joined(&self) -> &[JoinedNetwork] {
        match &self.mode {
            NetworkMode::Joined(joined) => joined,
            NetworkMode::None(_)
            | NetworkMode::Service(_)
            | NetworkMode::Host
            | NetworkMode::Other => &[],
        }
    }

    /// Whether a name is one of its own, in whatever network.
    pub fn is_called(&self, host: &str) -> bool {
        let aliases = self.joined().iter().flat_map(|joined| &joined.aliases);
        let mut names = self.names.iter().chain(aliases);
        names.any(|name| name.eq_ignore_ascii_case(host))
    }
}
