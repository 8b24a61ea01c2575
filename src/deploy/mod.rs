//! How the fleet is run: deployments and their workloads, whatever kind they are of.

mod address_filter;
pub mod command;
#[cfg(feature = "compose")]
pub mod compose;
mod dangling;
#[cfg(feature = "compose")]
pub mod dotenv;
mod environment;
mod failure;
mod generated_name;
#[cfg(feature = "helm")]
pub mod helm;
mod kinds;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;
#[cfg(feature = "kustomize")]
pub mod kustomize;
mod network;
mod network_policy;
#[cfg(feature = "kubernetes")]
mod regular_expression;
#[cfg(feature = "systemd")]
pub mod systemd;
mod taken;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::registry::Spanned;
use crate::source::{Node, Problem, Span};

pub use address_filter::{AddressFilter, Prefix};
pub use dangling::{AllDangling, Dangling, ObjectKind, Use};
pub use environment::Environment;
pub use failure::Failure;
pub use generated_name::base_of_generated;
pub use kinds::read;
pub use network::{
    JoinedNetwork, LostService, Network, NetworkMode, PodNetwork, PortTarget, ProjectNetwork,
    Service, ServiceKind,
};
pub use network_policy::{
    Certainty, LabelOwner, LabelSelector, Labels, NetworkPolicies, NetworkPolicy, Peer, PodSubject,
    PolicyPort, PolicyRule, Requirement,
};
pub use taken::Taken;

/// What is known of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The value. It may be a secret.
    Text(String),
    /// It is set to something that is not empty and that the files do not tell: a Secret's key, a
    /// `${VAR:?}` that the host must supply.
    Opaque,
    /// The command of the workload sets it to something that only its run tells, or sets it in some cases only.
    Computed,
}

/// A variable of a workload's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The value.
    pub value: Known,
    /// Where the name is written.
    pub name_span: Span,
    /// Where the value is written; an empty span behind the name if nothing is.
    pub value_span: Span,
}

impl Variable {
    /// The value, if it is known.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Known::Text(text) => Some(text),
            Known::Opaque | Known::Computed => None,
        }
    }

    /// The value's place, or the name's where no value is written.
    pub fn shown_span(&self) -> Span {
        if self.value_span.start == self.value_span.end {
            self.name_span
        } else {
            self.value_span
        }
    }

    /// Whether it is known to be empty or blank.
    pub fn is_blank(&self) -> bool {
        self.text().is_some_and(|text| text.trim().is_empty())
    }
}

/// A file or directory that a workload sees at a path of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The absolute path the workload sees.
    pub target: String,
    /// What is there.
    pub source: MountSource,
    /// Where the mount is written.
    pub span: Span,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A file or directory: a path relative to the root (`..` parts resolved; it may leave the root,
    /// which reading it will refuse).
    Path(String),
    /// An absolute path of the host, which is no file of the project.
    Host(String),
    /// A volume, whose content no file tells.
    Volume(String),
    /// Text written in the deployment itself.
    Inline(Span),
    /// Keys of a ConfigMap, as files.
    ConfigMap(ConfigVolume),
}

/// What of a ConfigMap is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigVolume {
    /// The ConfigMap's position in [`Workloads::config_maps`].
    pub config_map: usize,
    /// The keys and the paths at which they are put; `None`: every key under its own name.
    pub items: Option<Arc<[(String, String)]>>,
    /// The path in the volume that is mounted, if it is not the whole volume.
    pub sub_path: Option<String>,
}

impl ConfigVolume {
    /// The key that is seen at a path relative to the mount; the empty path is the mount itself.
    pub fn key(&self, path: &str) -> Option<String> {
        let path = path.trim_start_matches('/');
        let in_volume = match &self.sub_path {
            Some(sub_path) if path.is_empty() => sub_path.clone(),
            Some(sub_path) => format!("{sub_path}/{path}"),
            None => path.to_owned(),
        };
        match &self.items {
            None => Some(in_volume),
            Some(items) => items
                .iter()
                .find(|(_, at)| *at == in_volume)
                .map(|(key, _)| key.clone()),
        }
    }
}

/// Configuration that a deployment holds under a name, on Kubernetes.
#[derive(Debug, Clone)]
pub struct ConfigMap {
    /// Its name.
    pub name: Spanned<String>,
    /// The namespace it is in.
    pub namespace: String,
    /// Each key with its value, a scalar.
    pub data: BTreeMap<String, ConfigEntry>,
    /// The keys that a patch removed, and where.
    pub removed: BTreeMap<String, Span>,
}

/// One key of a ConfigMap.
#[derive(Debug, Clone)]
pub struct ConfigEntry {
    /// Where the key is written.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// The pod that a workload runs in, on Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// The name of the object that makes it: a Deployment's, a Pod's own.
    pub object: String,
    /// The container's name.
    pub container: String,
    /// Whether it is the container that the pod is for: the first one, or the one that its annotation names.
    pub is_main: bool,
    /// The namespace it is in.
    pub namespace: String,
    /// Where its namespace is set; `None`: no object names one.
    pub namespace_span: Option<Span>,
    /// The account it runs as.
    pub service_account: String,
    /// Where its account is set, or where it would be.
    pub service_account_span: Span,
    /// Where its labels are, or where they would be.
    pub labels_span: Span,
    /// The SPIFFE IDs that objects of the deployment give it.
    pub issued: Vec<Issued>,
    /// The selector that comes nearest to giving it one, if none does, with what keeps it from that.
    pub nearest: Option<(Span, String)>,
    /// Where a patch removed the label that this selector wants, if one did.
    pub removed: Option<(Span, String)>,
    /// What may give it one, if that cannot be decided, and why.
    pub undecided: Option<(Span, String)>,
}

/// A SPIFFE ID that an object of a deployment gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The SPIFFE ID; what cannot be resolved of it stays as it is written.
    pub id: String,
    /// The template that gives it.
    pub origin: Span,
}

/// One runnable unit of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its name, unique in the deployment.
    pub name: String,
    /// Where it is named.
    pub name_span: Span,
    /// Names to map it to a descriptor by, besides its own, in the order they are tried.
    pub other_names: Vec<String>,
    /// Its environment, as the process would see it, as far as files tell.
    pub environment: Environment,
    /// What may fill its environment with variables that no file tells.
    pub untold: Vec<Problem>,
    /// Whether a file that may set variables of it could not be read, of which a failure tells: what it lacks may be in that.
    pub is_unread: bool,
    /// What of it Secrets may have set to something else.
    pub overridden: Vec<Overridden>,
    /// What is taken away from its environment, by a file or by its command.
    pub taken: Taken,
    /// The words of its command, until they are applied to its environment.
    pub command: Vec<command::Argument>,
    /// The image that its container is made from. A unit has none, and a service that is built from a directory may have none.
    pub image: Option<Image>,
    /// What it sees at which path.
    pub mounts: Vec<Mount>,
    /// Where a missing variable would be written.
    pub environment_span: Span,
    /// On Kubernetes: the pod it runs in.
    pub pod: Option<Box<Pod>>,
    /// The network it is in.
    pub network: Network,
    /// With which addresses its unit lets it exchange packets.
    pub address_filter: AddressFilter,
    /// Whether systemd may open its socket and hand it over.
    pub is_socket_activated: bool,
    /// Why it never runs, if the files say so.
    pub idle: Option<Idle>,
    /// What it needs to start and no file has.
    pub dangling: AllDangling,
}

/// The image that a container is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name, with registry and tag; `None`: the files do not tell it whole.
    pub name: Option<String>,
    /// Where it is named.
    pub span: Span,
}

/// Variables that the keys of a Secret override, or may override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// The Secret's namespace and name.
    pub secret: (String, String),
    /// Where it is named.
    pub span: Span,
    /// Whether its keys are known, so that it does override them.
    pub is_certain: bool,
    /// The variables.
    pub names: Vec<String>,
}

/// Why a workload never runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// Where the files say so.
    pub span: Span,
    /// Why: the end of a sentence whose subject is the workload.
    pub why: String,
    /// What to do.
    pub help: String,
}

impl Workload {
    /// Its name; on Kubernetes, where that holds the container's too, the name of the object.
    pub fn base_name(&self) -> &str {
        self.pod.as_ref().map_or(&self.name, |pod| &pod.object)
    }

    /// Whether it runs in a container. The image of a container may set variables that are in no file.
    pub fn has_image(&self) -> bool {
        match self.network {
            Network::Pod(_) | Network::Project(_) => true,
            Network::Host | Network::Isolated(_) => false,
        }
    }

    /// The place of a variable: its value's, or else that at which it is taken away, or at which it would be written.
    pub fn place_of(&self, name: &str) -> Span {
        match self.environment.get(name) {
            Some(variable) => variable.shown_span(),
            None => self.place_of_missing(name),
        }
    }

    /// Where a variable that is not set is taken away, or else where it would be written.
    pub fn place_of_missing(&self, name: &str) -> Span {
        let taken = self.taken.place(name);
        taken.unwrap_or(self.environment_span)
    }
}

/// An object or a service that a later file removes from a deployment: an overlay's patch, an override's `!reset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedObject {
    /// Its kind; of compose, `service`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where it is removed.
    pub span: Span,
}

impl RemovedObject {
    /// Whether it is one that makes workloads.
    pub fn is_workload(&self) -> bool {
        self.kind == "service" || WORKLOAD_KINDS.contains(&self.kind.as_str())
    }
}

/// A document of a deployment that could not be read for what it is: what it holds is not known, which is not
/// the same as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lost {
    /// Its kind, if that much is known.
    pub kind: Option<String>,
    /// Its name, if that much is known.
    pub name: Option<String>,
}

impl Lost {
    /// Whether it may be an object of one of some kinds, and of a name if one is asked for.
    pub fn may_be(&self, kinds: &[&str], name: Option<&str>) -> bool {
        let is_kind = |own: &String| kinds.contains(&own.as_str());
        let is_name = |own: &String| name.is_none_or(|name| own == name);
        self.kind.as_ref().is_none_or(is_kind) && self.name.as_ref().is_none_or(is_name)
    }
}

/// The service account of a pod that names none.
pub const DEFAULT_ACCOUNT: &str = "default";

/// The kinds of Kubernetes' objects that run pods.
pub const WORKLOAD_KINDS: &[&str] = &[
    "Pod",
    "ReplicationController",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
];

/// The kinds of objects that give SPIFFE IDs.
pub const IDENTITY_KINDS: &[&str] = &["ClusterSPIFFEID", "ClusterStaticEntry"];

/// The workloads of one deployment and what could not be read.
#[derive(Debug, Clone, Default)]
pub struct Workloads {
    /// The workloads, in the order they are written.
    pub workloads: Vec<Workload>,
    /// What does not parse: rule `malformed-file`.
    pub malformed: Vec<Problem>,
    /// What parses and is not what its kind requires: rule `invalid-resource`.
    pub invalid: Vec<Problem>,
    /// What kvguard does not implement, so that the result is unknown: rule `unsupported-construct`.
    pub unsupported: Vec<Problem>,
    /// On Kubernetes: the ConfigMaps.
    pub config_maps: Vec<ConfigMap>,
    /// On Kubernetes: the Services.
    pub services: Vec<Service>,
    /// On Kubernetes: who may call whom.
    pub network_policies: NetworkPolicies,
    /// Names that other things than workloads have: a service that no profile turns on, the host of a `ServiceEntry`.
    pub other_hosts: Vec<String>,
    /// On Kubernetes: whether objects of the deployment give SPIFFE IDs to its pods, so that the policy's patterns
    /// do not say who presents what.
    pub issues_identities: bool,
    /// On Kubernetes: the SPIFFE IDs that objects of the deployment give to nobody in it.
    pub spare_identities: Vec<Issued>,
    /// On Kubernetes: what is not known of how SPIRE reads the objects, with what to do about it.
    pub untold_identities: Vec<(Problem, String)>,
    /// On Kubernetes: the Secrets that the policy states and that no workload takes anything from.
    pub unused_secrets: Vec<Spanned<String>>,
    /// On Kubernetes: the documents that the workloads were read from.
    pub documents: Vec<Node>,
    /// On Kubernetes: the documents that could not be read. What is missed elsewhere may be in them.
    pub lost: Vec<Lost>,
    /// Of a compose project: the variables for `${…}` that environment files set, and where.
    pub interpolated: BTreeMap<String, Span>,
    /// What later files remove.
    pub removed: Vec<RemovedObject>,
    /// Whether something that makes objects was not understood, so that there may be more of them.
    pub is_partial: bool,
    /// Which values are put in where: those of a chart by its templates, those of environment files by `${…}` in compose files.
    pub printed: crate::source::Printed,
}
