//! `[[deployment]]`: one way the fleet is run, and where its parts are.

use std::collections::BTreeMap;

use super::{Connection, ExpectedSource, IdentityForm};
use crate::deploy::ObjectKind;
use crate::finding::Level;
use crate::registry::Spanned;
use crate::rules::RuleId;
use crate::source::{Names, Span};

/// The kinds of deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeploymentKind {
    /// A compose project.
    Compose,
    /// A Helm chart with one set of values.
    Helm,
    /// Kubernetes manifests.
    Kubernetes,
    /// A kustomize overlay.
    Kustomize,
    /// Systemd units.
    Systemd,
}

impl DeploymentKind {
    /// The kind that a policy names.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "compose" => Some(Self::Compose),
            "helm" => Some(Self::Helm),
            "kubernetes" => Some(Self::Kubernetes),
            "kustomize" => Some(Self::Kustomize),
            "systemd" => Some(Self::Systemd),
            _ => None,
        }
    }

    /// Whether its workloads run in pods.
    pub fn is_kubernetes(self) -> bool {
        matches!(self, Self::Helm | Self::Kubernetes | Self::Kustomize)
    }
}

/// One way the fleet is run.
#[derive(Debug, Clone)]
pub struct DeploymentPolicy {
    /// Its name.
    pub name: Spanned<String>,
    /// What only its kind has.
    pub of_kind: KindPolicy,
    /// Where the policy says of which kind it is.
    pub kind_span: Span,
    /// Its files.
    pub files: Vec<Spanned<String>>,
    /// What `{trust_domain}` stands for.
    pub trust_domain: Option<Spanned<String>>,
    /// What `{namespace}` stands for; on Kubernetes, the namespace of what names none.
    pub namespace: Option<Spanned<String>>,
    /// Where the access table is.
    pub access_table: AccessTablePlace,
    /// The stores that its services call; none: the one that the access table belongs to.
    pub stores: Vec<StorePolicy>,
    /// What its workloads refer to and comes from elsewhere.
    pub outside_objects: Vec<OutsideObject>,
    /// The identities that workloads present.
    pub identities: Vec<IdentityRule>,
    /// Where templates are.
    pub templates: Vec<TemplateSource>,
    /// Where its services are meant to load their configuration from.
    pub expected_source: Option<Spanned<ExpectedSource>>,
    /// Levels in this deployment.
    pub levels: BTreeMap<RuleId, Level>,
}

/// What may be stated of deployments of one kind only.
#[derive(Debug, Clone)]
pub enum KindPolicy {
    /// A compose project.
    Compose(ComposePolicy),
    /// A Helm chart, and the cluster that it is installed in.
    Helm(HelmPolicy, ClusterPolicy),
    /// Kubernetes manifests.
    Kubernetes(ClusterPolicy),
    /// A kustomize overlay.
    Kustomize(ClusterPolicy),
    /// Systemd units.
    Systemd,
}

/// What is stated of a compose project.
#[derive(Debug, Clone, Default)]
pub struct ComposePolicy {
    /// The active profiles; `None`: all.
    pub profiles: Option<Vec<String>>,
    /// Files with variables for `${…}`.
    pub interpolation_files: Vec<Spanned<String>>,
    /// Variables for `${…}`.
    pub environment: BTreeMap<String, String>,
}

/// What is stated of a chart.
#[derive(Debug, Clone, Default)]
pub struct HelmPolicy {
    /// The values files; later files override earlier ones.
    pub values_files: Vec<Spanned<String>>,
    /// Single values, by their paths.
    pub set: BTreeMap<String, String>,
    /// The name of the release; `None`: the deployment's name.
    pub release: Option<String>,
    /// The version of Kubernetes that the chart is told; `None`: the one that Helm assumes.
    pub kube_version: Option<String>,
    /// Versions of APIs that the chart is told besides those that Helm assumes.
    pub api_versions: Vec<String>,
}

impl DeploymentPolicy {
    /// The kind of deployment that it is.
    pub fn kind(&self) -> DeploymentKind {
        match self.of_kind {
            KindPolicy::Compose(_) => DeploymentKind::Compose,
            KindPolicy::Helm(..) => DeploymentKind::Helm,
            KindPolicy::Kubernetes(_) => DeploymentKind::Kubernetes,
            KindPolicy::Kustomize(_) => DeploymentKind::Kustomize,
            KindPolicy::Systemd => DeploymentKind::Systemd,
        }
    }

    /// Of a chart, the values file that overrides all others; `None`: only the chart's own is read.
    pub fn last_values_file(&self) -> Option<&Spanned<String>> {
        match &self.of_kind {
            KindPolicy::Helm(own, _) => own.values_files.last(),
            _ => None,
        }
    }

    /// The namespace that is stated.
    pub fn namespace(&self) -> Option<&str> {
        let stated = self.namespace.as_ref();
        stated.map(|stated| stated.value.as_str())
    }

    /// What is stated of its Kubernetes cluster, if it runs in one.
    pub fn cluster(&self) -> Option<&ClusterPolicy> {
        match &self.of_kind {
            KindPolicy::Helm(_, cluster)
            | KindPolicy::Kubernetes(cluster)
            | KindPolicy::Kustomize(cluster) => Some(cluster),
            KindPolicy::Compose(_) | KindPolicy::Systemd => None,
        }
    }

    /// Where a store's configuration may say at which address it listens.
    pub fn listen_pointers(&self) -> impl Iterator<Item = &str> {
        let unless_stated = StorePolicy::LISTEN.into_iter();
        let stated = self.stores.iter().flat_map(|store| &store.listen);
        unless_stated
            .filter(|_| self.stores.is_empty())
            .chain(stated.map(String::as_str))
    }
}

/// What is stated of the Kubernetes cluster that a deployment runs in.
#[derive(Debug, Clone, Default)]
pub struct ClusterPolicy {
    /// The name that SPIRE knows it by.
    pub name: Option<String>,
    /// The Secrets that come from elsewhere.
    pub secrets: Vec<SecretPolicy>,
    /// Its SPIRE.
    pub spire: SpirePolicy,
}

/// What is stated of the controller manager of a cluster's SPIRE.
#[derive(Debug, Clone, Default)]
pub struct SpirePolicy {
    /// Its class; empty: none.
    pub class: Option<String>,
    /// Whether it looks at objects without a class, too.
    pub watch_classless: Option<bool>,
    /// Expressions of the namespaces that it ignores, which fit anywhere in a name.
    pub ignore_namespaces: Option<Vec<Spanned<String>>>,
}

/// A Secret that comes from elsewhere.
#[derive(Debug, Clone)]
pub struct SecretPolicy {
    /// Its name.
    pub name: Spanned<String>,
    /// Its namespace; `None`: a reference in any namespace means it.
    pub namespace: Option<String>,
    /// All of its keys.
    pub keys: Vec<String>,
}

/// Where an access table is.
#[derive(Debug, Clone)]
pub struct AccessTablePlace {
    /// The file, or how to find it.
    pub file: AccessTableFile,
    /// JSON pointer to the list of grants.
    pub pointer: Spanned<String>,
    /// The names of the fields of a grant.
    pub fields: GrantFields,
    /// JSON pointer to the bucket's time to live.
    pub bucket_ttl: Option<Spanned<String>>,
    /// JSON pointer to the store's own security mode.
    pub mode: Option<Spanned<String>>,
    /// How the store tells names in JSON apart.
    pub names: Names,
    /// The whole entry.
    pub span: Span,
}

/// The names that the store has for the fields of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantFields {
    /// Who is granted the role.
    pub identity: String,
    /// The role.
    pub role: String,
}

impl Default for GrantFields {
    fn default() -> Self {
        Self {
            identity: "identity".to_owned(),
            role: "role".to_owned(),
        }
    }
}

/// How the file with an access table is found.
#[derive(Debug, Clone)]
pub enum AccessTableFile {
    /// By its path.
    File(Spanned<String>),
    /// As what a workload sees at a path.
    MountedAt {
        /// The workload.
        workload: Spanned<String>,
        /// The path it sees.
        path: Spanned<String>,
    },
    /// As a key of a ConfigMap.
    ConfigMap {
        /// The ConfigMap.
        name: Spanned<String>,
        /// The key.
        key: Spanned<String>,
    },
}

/// A store that services of a deployment call.
#[derive(Debug, Clone)]
pub struct StorePolicy {
    /// The whole entry.
    pub span: Span,
    /// The workload that runs it; `None`: the one that has the access table.
    pub workload: Option<Spanned<String>>,
    /// The services that call it; `None`: all that no other store names.
    pub services: Option<Vec<Spanned<String>>>,
    /// JSON pointers to the address on which it listens; the first that exists counts.
    pub listen: Vec<String>,
    /// The pointer that the policy states, which must not miss.
    pub stated_listen: Option<Spanned<String>>,
    /// Further addresses at which it may be called; `*` stands for any characters.
    pub addresses: Vec<Spanned<String>>,
    /// The SPIFFE IDs that it presents; none: those of its workload.
    pub identities: Vec<Spanned<String>>,
    /// Further trust domains that its clients may name.
    pub trust_domains: Vec<Spanned<String>>,
    /// Its bucket.
    pub bucket: Option<Spanned<String>>,
    /// Its domain of `JetStream`.
    pub domain: Option<String>,
    /// Whether it runs on the host of its clients.
    pub one_host: bool,
    /// How commands that look into the running store reach it.
    pub connect: Option<Connection>,
}

impl StorePolicy {
    /// Where a store's configuration says at which address it listens, unless the policy says it.
    pub const LISTEN: [&str; 2] = ["/listen_addr", "/listen_address"];
}

/// What workloads of a deployment refer to by name, and whoever runs it brings from elsewhere.
#[derive(Debug, Clone)]
pub struct OutsideObject {
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// Its name; `*` stands for any characters.
    pub name: Spanned<String>,
    /// The namespace that it is in; `None`: any.
    pub namespace: Option<String>,
}

/// An identity that workloads present.
#[derive(Debug, Clone)]
pub struct IdentityRule {
    /// Its form: a SPIFFE ID or a subject.
    pub form: IdentityForm,
    /// The identity with placeholders.
    pub pattern: Spanned<String>,
    /// The modes in which it is presented; `None`: all.
    pub modes: Option<Vec<String>>,
    /// A file that lists who has one, and what a line of it looks like.
    pub listed_in: Option<(Spanned<String>, Spanned<String>)>,
}

/// Where a template is.
#[derive(Debug, Clone)]
pub enum TemplateSource {
    /// A file, by a pattern over `{service}`, `{workload}`, `{format}`, `{deployment}`.
    File(Spanned<String>),
    /// What the workload sees at a path, by a pattern over the same and `{env.NAME}`.
    MountedAt(Spanned<String>),
    /// A key of a ConfigMap, both by patterns over the same.
    ConfigMap {
        /// The ConfigMap.
        name: Spanned<String>,
        /// The key.
        key: Spanned<String>,
    },
}

impl TemplateSource {
    /// The pattern; of a ConfigMap, that of the key.
    pub fn pattern(&self) -> &Spanned<String> {
        match self {
            Self::File(pattern)
            | Self::MountedAt(pattern)
            | Self::ConfigMap { key: pattern, .. } => pattern,
        }
    }
}
