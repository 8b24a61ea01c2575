//! `kvguard.toml`: where everything is, and what is intended.

pub mod date;
mod read;
pub mod schema;
mod validate;

use std::collections::BTreeMap;

use kvguard_contract::Contract;

use crate::access::identity::expand;
use crate::deploy::ObjectKind;
use crate::finding::Level;
use crate::registry::{Descriptor, Spanned};
use crate::rules::RuleId;
use crate::source::{Names, Node, ScalarKind, Span};
use date::Date;

pub use read::read;

/// The policy, with its defaults filled in.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Where the descriptors are declared.
    pub registry: RegistryPlace,
    /// For each scope, the variables its key templates may use.
    pub scopes: BTreeMap<String, Vec<String>>,
    /// How the store decides.
    pub access: AccessPolicy,
    /// The variables that make a client use the store.
    pub contract: Contract,
    /// The key that a service may write its template to, with `{service}` and `{format}`.
    pub template_key: String,
    /// Prefixes that a workload's name may carry before the descriptor's.
    pub prefixes: Vec<String>,
    /// Where paths of the target machine are found in the project.
    pub path_map: Vec<PathMapping>,
    /// The fields that no template may carry.
    pub secrets: Secrets,
    /// What is intended of each service.
    pub services: BTreeMap<String, ServicePolicy>,
    /// Services that own one key together on purpose.
    pub shared_keys: Vec<SharedKey>,
    /// Identities granted to people or tools.
    pub external_identities: Vec<ExternalIdentity>,
    /// The ways the fleet is run.
    pub deployments: Vec<DeploymentPolicy>,
    /// Levels that differ from the rules' own.
    pub levels: BTreeMap<RuleId, Level>,
    /// The most bytes that the store takes as a value.
    pub max_value: u64,
    /// Findings that are accepted.
    pub allows: Vec<Allow>,
    /// The highest level of a finding in a build.
    pub build: BuildLevels,
}

/// What a NATS server takes in a message unless it is told otherwise.
const MAX_VALUE: u64 = 1024 * 1024;

/// A whole number above zero.
fn count(node: &Node) -> Option<u64> {
    let scalar = node.as_scalar()?;
    let digits = scalar.text.replace('_', "");
    let number = digits.parse().ok()?;
    (scalar.kind == ScalarKind::Integer && number > 0).then_some(number)
}

/// Where the descriptors are declared.
#[derive(Debug, Clone)]
pub struct RegistryPlace {
    /// The file or directory.
    pub path: Spanned<String>,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// JSON pointer to the descriptors; empty if the policy names none.
    pub pointer: String,
    /// The variable of a Go file.
    pub variable: Option<String>,
}

/// A form in which a store sees a client's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityForm {
    /// A SPIFFE ID.
    Spiffe,
    /// The whole subject as Go prints it.
    Subject,
    /// The whole subject, whose parts may stand in any order.
    SubjectUnordered,
    /// `CN=…,O=…` of the subject.
    SubjectCnO,
    /// `CN=…` of the subject.
    SubjectCn,
}

impl IdentityForm {
    /// The form that the policy names.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "spiffe" => Some(Self::Spiffe),
            "subject" => Some(Self::Subject),
            "subject-unordered" => Some(Self::SubjectUnordered),
            "subject-cn-o" => Some(Self::SubjectCnO),
            "subject-cn" => Some(Self::SubjectCn),
            _ => None,
        }
    }

    /// What it is called in the policy.
    pub fn word(self) -> &'static str {
        match self {
            Self::Spiffe => "spiffe",
            Self::Subject => "subject",
            Self::SubjectUnordered => "subject-unordered",
            Self::SubjectCnO => "subject-cn-o",
            Self::SubjectCn => "subject-cn",
        }
    }

    /// What it is called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spiffe => "SPIFFE ID",
            Self::Subject | Self::SubjectUnordered => "subject",
            Self::SubjectCnO => "CN and O of the subject",
            Self::SubjectCn => "CN of the subject",
        }
    }
}

/// How the store decides what a client may do.
#[derive(Debug, Clone)]
pub struct AccessPolicy {
    /// The roles it knows, from the least to the most powerful.
    pub roles: Vec<String>,
    /// The role a service needs, as an index of `roles`.
    pub need: usize,
    /// The forms of identity it compares, in order.
    pub compare: Vec<IdentityForm>,
    /// Whether it tries each form in turn instead of only the first that is presented.
    pub try_all: bool,
}

/// Where a path of the target machine is found in the project.
#[derive(Debug, Clone)]
pub struct PathMapping {
    /// The path on the target.
    pub from: String,
    /// The path in the project.
    pub to: String,
    /// The deployment it holds for.
    pub deployment: Option<String>,
}

impl Policy {
    /// The project's path for a path of a deployment's target machine, if it is mapped.
    pub fn map_path(&self, deployment: &str, target: &str) -> Option<String> {
        self.path_map
            .iter()
            .filter(|mapping| {
                mapping
                    .deployment
                    .as_deref()
                    .is_none_or(|name| name == deployment)
            })
            .filter_map(|mapping| {
                let rest = target.strip_prefix(mapping.from.trim_end_matches('/'))?;
                let whole = rest.is_empty() || rest.starts_with('/');
                whole.then(|| {
                    (
                        mapping.from.len(),
                        format!("{}{rest}", mapping.to.trim_end_matches('/')),
                    )
                })
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, path)| path)
    }

    /// The key that a service may write its template to.
    pub fn template_key_of(&self, service: &Descriptor) -> Option<String> {
        let key = expand(&self.template_key, |placeholder| match placeholder {
            "service" => Some(service.name.value.clone()),
            "format" => Some(service.format.value.name().to_owned()),
            _ => None,
        });
        key.ok()
    }

    /// What is intended of a service; nothing in particular if the policy does not name it.
    pub fn service(&self, name: &str) -> Option<&ServicePolicy> {
        self.services.get(name)
    }
}

/// The fields that no template may carry.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// Patterns of dotted paths.
    pub fields: Vec<Spanned<String>>,
    /// Files that list more: the file and the JSON pointer in it.
    pub imports: Vec<(Spanned<String>, Spanned<String>)>,
    /// Patterns of paths that are no secrets.
    pub ignored: Vec<Spanned<String>>,
}

/// What is intended of a service.
#[derive(Debug, Clone)]
pub struct ServicePolicy {
    /// Where the policy names it.
    pub span: Span,
    /// Workload names, besides its own, that run it.
    pub aliases: Vec<Spanned<String>>,
    /// The stem of its certificate's file.
    pub certificate: Option<String>,
    /// The directories of its source code.
    pub sources: Vec<Spanned<String>>,
    /// The security modes its client implements, with the place that says so.
    pub modes: Option<Spanned<Vec<String>>>,
    /// Where it is meant to load its configuration from, and the deployment that this is said of.
    pub expected_sources: Vec<(Spanned<ExpectedSource>, Option<String>)>,
    /// The service that reads its key on its behalf.
    pub carried_by: Option<Spanned<String>>,
    /// Deployments that do without it; `*` for all.
    pub not_in: Vec<Spanned<String>>,
    /// Where it needs another role: the role's index, and the deployment.
    pub needs: Vec<(Spanned<usize>, Option<String>)>,
    /// Whether it fills in placeholders itself.
    pub expands: bool,
    /// Critical fields that something else supplies.
    pub supplied_by: Vec<SuppliedBy>,
    /// Its templates: where each is, by no pattern, and the deployment.
    pub templates: Vec<(TemplateSource, Option<String>)>,
    /// How its client tells names in JSON apart.
    pub names: Names,
    /// Levels for this service.
    pub levels: BTreeMap<RuleId, Level>,
}

impl ServicePolicy {
    /// Where it is meant to load its configuration from in a deployment: what is said of that deployment
    /// holds before what is said of all.
    pub fn expected_source(&self, deployment: &str) -> Option<&Spanned<ExpectedSource>> {
        let stated = self.expected_sources.iter();
        let own = stated.filter(|(_, name)| name.as_deref().is_none_or(|name| name == deployment));
        own.max_by_key(|(_, name)| name.is_some())
            .map(|(source, _)| source)
    }
}

/// Where a service is meant to load its configuration from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedSource {
    /// The store.
    Kv,
    /// A file.
    File,
}

/// A critical field that something other than the template supplies.
#[derive(Debug, Clone)]
pub struct SuppliedBy {
    /// The field's dotted path.
    pub field: Spanned<String>,
    /// The deployment.
    pub deployment: Option<String>,
    /// The environment variable that supplies it.
    pub variable: Option<String>,
}

/// Services that own one key together on purpose.
#[derive(Debug, Clone)]
pub struct SharedKey {
    /// The services.
    pub services: Vec<String>,
    /// Where the policy says so.
    pub span: Span,
}

/// An identity that is granted to a person or a tool.
#[derive(Debug, Clone)]
pub struct ExternalIdentity {
    /// The identity; `*` stands for any characters.
    pub identity: Spanned<String>,
    /// The deployment.
    pub deployment: Option<String>,
}

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
    /// What it is.
    pub kind: Spanned<DeploymentKind>,
    /// Its files.
    pub files: Vec<Spanned<String>>,
    /// The active compose profiles; `None`: all.
    pub profiles: Option<Vec<String>>,
    /// Files with variables for `${…}`.
    pub interpolation_files: Vec<Spanned<String>>,
    /// Variables for `${…}`.
    pub environment: BTreeMap<String, String>,
    /// What `{trust_domain}` stands for.
    pub trust_domain: Option<String>,
    /// What `{namespace}` stands for; on Kubernetes, the namespace of what names none.
    pub namespace: Option<String>,
    /// The name that SPIRE knows the cluster by.
    pub cluster_name: Option<String>,
    /// The values files of a chart, of which a later one goes before an earlier one.
    pub values_files: Vec<Spanned<String>>,
    /// Single values of a chart, by their paths.
    pub set: BTreeMap<String, String>,
    /// The name of a chart's release; `None`: the deployment's name.
    pub release: Option<String>,
    /// The version of Kubernetes that a chart is told; `None`: the one that Helm assumes.
    pub kube_version: Option<String>,
    /// Versions of APIs that a chart is told besides those that Helm assumes.
    pub api_versions: Vec<String>,
    /// Where the access table is.
    pub access_table: AccessTablePlace,
    /// What is stated of the cluster that it runs in.
    pub cluster: ClusterPolicy,
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

impl DeploymentPolicy {
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
    /// Its namespace; `None`: whichever it is asked for in.
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
    /// JSON pointer to the bucket's time to live.
    pub bucket_ttl: Option<Spanned<String>>,
    /// JSON pointer to the store's own security mode.
    pub mode: Option<Spanned<String>>,
    /// How the store tells names in JSON apart.
    pub names: Names,
    /// The whole entry.
    pub span: Span,
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
    /// JSON pointers to the address at which it listens, of which the first that is there counts.
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

/// How commands reach a running store.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its address.
    pub address: Option<String>,
    /// The file with the credentials to log in with.
    pub login: Option<String>,
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

/// Findings that are accepted.
#[derive(Debug, Clone)]
pub struct Allow {
    /// The rule.
    pub rule: RuleId,
    /// The service; `None`: all.
    pub service: Option<String>,
    /// The deployment; `None`: all.
    pub deployment: Option<String>,
    /// The last day it holds.
    pub expires: Option<Date>,
    /// The whole entry.
    pub span: Span,
}

/// The highest level of a finding in a build.
#[derive(Debug, Clone, Copy)]
pub struct BuildLevels {
    /// On a developer's machine.
    pub local: Level,
    /// Where `CI` is set.
    pub ci: Level,
}
