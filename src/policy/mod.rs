//! `kvguard.toml`: where everything is, and what is intended.

pub mod date;
mod deployment;
mod live;
mod read;
pub mod schema;
mod validate;

use std::collections::BTreeMap;

use kvguard_contract::Contract;

use crate::access::identity::expand;
use crate::finding::Level;
use crate::registry::{Descriptor, Spanned};
use crate::rules::RuleId;
use crate::source::{Names, Node, ScalarKind, Span};
use date::Date;

pub use deployment::{
    AccessTableFile, AccessTablePlace, ClusterPolicy, ComposePolicy, DeploymentKind,
    DeploymentPolicy, GrantFields, HelmPolicy, IdentityRule, KindPolicy, OutsideObject,
    SecretPolicy, SpirePolicy, StorePolicy, TemplateSource,
};
pub use live::{Connection, Instance, LogLines};
pub use read::read;
pub(crate) use schema::baseline::BASELINE as BASELINE_SCHEMA;
pub(crate) use validate::validate_as;

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
    /// The instances of services whose keys are templates.
    pub instances: Vec<Instance>,
    /// The fleet's own program that writes a key: its words.
    pub seed_command: Option<Vec<Spanned<String>>>,
    /// The lines that show in a log whether a service uses the store.
    pub log: LogLines,
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
    /// Sets variables for `${…}` in all compose files, over those that are stated.
    pub(crate) fn set_variables(&mut self, variables: &[(String, String)]) {
        for deployment in &mut self.deployments {
            if let KindPolicy::Compose(compose) = &mut deployment.of_kind {
                compose.environment.extend(variables.iter().cloned());
            }
        }
    }

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
    /// The lines that show in its log whether it uses the store, where they are others than those of all services.
    pub log: Option<LogLines>,
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

/// Findings that are accepted.
#[derive(Debug, Clone)]
pub struct Allow {
    /// The rule.
    pub rule: RuleId,
    /// The service; `None`: all.
    pub service: Option<String>,
    /// The deployment; `None`: all.
    pub deployment: Option<String>,
    /// Why, in the words of whoever allowed it.
    pub reason: String,
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
