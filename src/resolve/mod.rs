//! Joins registry, workloads, identities and grants into one model, which the rules only look at.

mod assemble;
mod config_maps;
mod environment;
mod from_store;
mod identities;
mod left_out;
mod mapping;
mod network_policies;
mod outside;
mod pointers;
mod reach;
mod required;
mod secrets;
mod store;
mod tables;
mod templates;
mod undecided;
mod untold;

use std::collections::HashMap;
use std::time::Duration;

use kvguard_contract::{Backend, Contract, FieldPattern, Role, Values};

use crate::access::identity::Identity;
use crate::access::{Access, AccessTable};
use crate::code::Code;
use crate::deploy::{
    Failure, IDENTITY_KINDS, Lost, NetworkPolicies, RemovedObject, Service, Variable,
    WORKLOAD_KINDS, Workload,
};
use crate::live::Seen;
use crate::policy::date::Date;
use crate::policy::{DeploymentPolicy, ExpectedSource, Policy, ServicePolicy};
use crate::registry::{Descriptor, Spanned};
use crate::source::{Node, Problem, Span};
use identities::Ways;

pub use assemble::assemble;
pub use environment::{Mode, SourceState};
pub(crate) use from_store::nobody_uses_store;
pub use left_out::Presence;
pub use mapping::Mapped;
pub use network_policies::{Direction, Excluded, Passage};
pub use reach::{Met, service_name};
pub use secrets::secret_patterns;
pub use store::{Listen, Store, is_loopback};
pub use templates::{NearName, Template, TemplateState};
pub use undecided::Undecided;

/// All that the guard knows: what is declared, deployed, presented, granted and seeded.
#[derive(Debug)]
pub struct Model {
    /// What is intended.
    pub policy: Policy,
    /// The descriptors.
    pub services: Vec<Descriptor>,
    /// What could not be read of the registry.
    pub registry_problems: Vec<Problem>,
    /// The whole registry, for what has no better place.
    pub registry_span: Span,
    /// The deployments, in the order of the policy.
    pub deployments: Vec<Deployment>,
    /// Patterns of secret fields, the policy's own and the imported ones.
    pub secrets: Vec<SecretPattern>,
    /// Whether these are all: no imported file is missing or makes no sense.
    pub are_secrets_whole: bool,
    /// What the services' code says, if it was asked for.
    pub code: Option<Code>,
    /// What was seen of deployments while they ran, if a command looked.
    pub seen: Vec<Seen>,
    /// What could not be checked.
    pub failures: Vec<Failure>,
    /// The day on which excuses are judged.
    pub today: Date,
    service_positions: HashMap<String, usize>,
}

/// A pattern of fields that no template may carry.
#[derive(Debug, Clone)]
pub struct SecretPattern {
    /// The pattern as it is stated.
    pub text: String,
    /// Where it is stated.
    pub span: Span,
    pattern: FieldPattern,
}

impl SecretPattern {
    /// Reads a dotted path, in which `*` stands for any one name and a leading `**.` for any table.
    pub fn new(path: &str, span: Span) -> Self {
        Self {
            text: path.to_owned(),
            span,
            pattern: FieldPattern::new(path),
        }
    }

    /// Whether it names the field at a path, in whatever case: most readers of JSON ignore it, and a secret is one all the same.
    pub fn matches(&self, path: &[&str]) -> bool {
        self.pattern.matches(path)
    }
}

/// One deployment, resolved.
#[derive(Debug)]
pub struct Deployment {
    /// Its place in the policy.
    pub policy: DeploymentPolicy,
    /// How long it took to find its workloads: to read its files, and to render them where they are rendered.
    pub reading: Duration,
    /// Its workloads, in the order they are written.
    pub workloads: Vec<ResolvedWorkload>,
    /// What does not parse.
    pub malformed: Vec<Problem>,
    /// What parses and is not what its kind requires.
    pub invalid: Vec<Problem>,
    /// What kvguard does not implement.
    pub unsupported: Vec<Problem>,
    /// What decides whether clients work and is in no file.
    pub untold: Vec<Untold>,
    /// The Secrets that the policy states and that no workload takes anything from.
    pub unused_secrets: Vec<Spanned<String>>,
    /// On Kubernetes: the documents that it was read from.
    pub documents: Vec<Node>,
    /// On Kubernetes: the documents that could not be read. What is missed elsewhere may be in them.
    pub lost: Vec<Lost>,
    /// What later files remove.
    pub removed: Vec<RemovedObject>,
    /// Whether there may be more objects than were found, as a file is missing, broken or not understood.
    pub is_partial: bool,
    /// Whether it is checked, or left out because files of it do not exist in this tree.
    pub presence: Presence,
    /// Which values are put in where: those of a chart by its templates, those of environment files by `${…}` in compose files.
    pub printed: crate::source::Printed,
    /// Whether objects of the deployment give SPIFFE IDs, so that the policy's patterns do not.
    pub issues_identities: bool,
    /// The stores that its services call.
    pub stores: Vec<Store>,
    /// On Kubernetes: the Services.
    pub network_services: Vec<Service>,
    /// On Kubernetes: who may call whom.
    pub network_policies: NetworkPolicies,
    /// Names that other things than workloads have.
    pub other_hosts: Vec<String>,
    /// Its access table.
    pub table: TableState,
    /// Whether there is one for each grant that somebody presents, or that the policy calls external.
    pub presentable: Vec<bool>,
    /// For each descriptor, what the deployment has for it.
    pub services: Vec<ServiceInDeployment>,
    /// The store's own security mode, if the policy says where it is.
    pub store_mode: Option<Spanned<String>>,
    /// The bucket's time to live: where, and whether it would expire anything.
    pub bucket_ttl: Option<Span>,
}

/// Something that no file tells and that decides whether clients of a store work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The place that it depends on.
    pub span: Span,
    /// What is not known, in one line.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The workloads that it is about.
    pub workloads: Vec<String>,
}

/// What a deployment has for a descriptor.
#[derive(Debug, Clone)]
pub struct ServiceInDeployment {
    /// Positions of the workloads that run it.
    pub workloads: Vec<usize>,
    ways: Ways,
    /// What is granted to them.
    pub access: Access,
    /// Its template, where a KV-sourced workload runs it.
    pub template: TemplateState,
    /// The policy's statement that the deployment does without it.
    pub not_in: Option<Span>,
}

impl ServiceInDeployment {
    /// The identities by which it is known there: those of its workloads, or those that the patterns give.
    pub fn identities(&self) -> impl Iterator<Item = &Identity> {
        identities::all_of(&self.ways)
    }
}

/// A deployment's access table.
#[derive(Debug)]
pub enum TableState {
    /// It could not be looked for; a failure tells why.
    NotChecked,
    /// It is not where the policy says.
    Missing {
        /// Where it should be: the file, or the policy's pointer.
        span: Span,
        /// What is wrong.
        reason: String,
        /// The pointer that the policy probably means, if it names nothing.
        meant: Option<String>,
    },
    /// It is there.
    Read(AccessTable),
}

impl TableState {
    /// The table, if it is there.
    pub fn table(&self) -> Option<&AccessTable> {
        match self {
            Self::Read(table) => Some(table),
            Self::NotChecked | Self::Missing { .. } => None,
        }
    }
}

/// A workload with all that follows from it.
#[derive(Debug)]
pub struct ResolvedWorkload {
    /// What the deployment says.
    pub workload: Workload,
    /// The descriptor it maps to.
    pub mapped: Mapped,
    /// Where it loads its configuration from.
    pub source: SourceState,
    /// Its security mode.
    pub mode: Mode,
    /// What is at its store's address, if that is known.
    pub backend: Option<Backend>,
    /// What the contract needs and the environment lacks, or holds empty.
    pub lacking: Vec<Lacking>,
    /// What the environment holds and a client refuses.
    pub refused: Vec<Refused>,
    /// What the contract names and the environment sets to a placeholder. It is not judged otherwise.
    pub placeholders: Vec<Placeholder>,
    ways: Ways,
    /// What is granted to it; where it may present any of several SPIFFE IDs, the best that is granted to one.
    pub access: Access,
    /// What is granted to each SPIFFE ID, where it may present any of several.
    pub alternatives: Vec<(Identity, Access)>,
}

/// A variable that the contract needs.
#[derive(Debug, Clone)]
pub struct Lacking {
    /// Its name.
    pub name: String,
    /// Where it is set to nothing, if it is.
    pub empty_at: Option<Span>,
}

/// A variable whose value was never filled in.
#[derive(Debug, Clone)]
pub struct Placeholder {
    /// Its name.
    pub name: String,
    /// The placeholder in its value.
    pub text: String,
    /// Where its value is.
    pub span: Span,
}

/// A variable whose value a client refuses.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// What it is for, if the contract knows.
    pub role: Option<Role>,
    /// Where its value is.
    pub span: Span,
    /// What is wrong: the end of a sentence whose subject is the variable.
    pub why: String,
    /// What to do.
    pub help: String,
}

impl ResolvedWorkload {
    /// Whether it says that it loads its configuration from the store.
    pub fn is_kv_sourced(&self) -> bool {
        matches!(self.source, SourceState::Kv { .. })
    }

    /// What is granted to it by one of its identities.
    pub fn access_by(&self, identity: &Identity) -> &Access {
        let mut alternatives = self.alternatives.iter();
        let own = alternatives.find(|(known, _)| known.text == identity.text);
        own.map_or(&self.access, |(_, access)| access)
    }

    /// Whether it is known where it loads its configuration from.
    pub fn says_its_source(&self) -> bool {
        !matches!(
            self.source,
            SourceState::Unknown { .. } | SourceState::Untold { .. }
        )
    }

    /// What it presents; where its mode is not known, what it presents in one mode or another.
    pub fn identities(&self) -> impl Iterator<Item = &Identity> {
        identities::all_of(&self.ways)
    }

    /// The mode of the runtime that its mode means, if it is known.
    pub fn means(&self, contract: &Contract) -> Option<kvguard_contract::Mode> {
        match &self.mode {
            Mode::Known { name, .. } => contract.mode(name)?.means,
            Mode::Unset | Mode::Unknown { .. } => None,
        }
    }

    /// What a role's variable says and where, if files tell it and nothing is wrong with it by itself.
    pub fn said<'w>(&'w self, contract: &Contract, role: Role) -> Option<(&'w str, &'w Variable)> {
        let name = contract.name(role)?;
        let is_refused = self.refused.iter().any(|refused| refused.name == name);
        let is_placeholder = self
            .placeholders
            .iter()
            .any(|placeholder| placeholder.name == name);
        let variable = self
            .variable(name)
            .filter(|_| !is_refused && !is_placeholder)?;
        let text = variable.text()?;
        let text = match contract.values {
            Values::Exact => text,
            Values::Trimmed => text.trim(),
        };
        (!text.is_empty()).then_some((text, variable))
    }

    /// A variable of its environment.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.workload.environment.get(name)
    }
}

impl Model {
    /// A service's position by its name.
    pub fn service_position(&self, name: &str) -> Option<usize> {
        self.service_positions.get(name).copied()
    }

    /// A service's name.
    pub fn service_name(&self, position: usize) -> &str {
        &self.services[position].name.value
    }

    /// What the policy says of a service.
    pub fn service_policy(&self, position: usize) -> Option<&ServicePolicy> {
        self.policy.service(self.service_name(position))
    }

    /// Where the policy expects a service to load its configuration from in a deployment: what is said of the service holds before
    /// what is said of the deployment.
    pub fn expected_source<'m>(
        &'m self,
        service: usize,
        deployment: &'m Deployment,
    ) -> Option<&'m Spanned<ExpectedSource>> {
        let policy = self.service_policy(service);
        let of_service = policy.and_then(|policy| policy.expected_source(deployment.name()));
        of_service.or(deployment.policy.expected_source.as_ref())
    }

    /// Whether another service reads this one's key on its behalf.
    pub fn is_carried(&self, service: &str) -> bool {
        self.policy
            .service(service)
            .is_some_and(|policy| policy.carried_by.is_some())
    }

    /// Each deployment's KV-sourced workloads.
    pub fn kv_sourced(&self) -> impl Iterator<Item = (&Deployment, &ResolvedWorkload)> {
        self.deployments.iter().flat_map(|deployment| {
            deployment
                .workloads
                .iter()
                .filter(|workload| workload.is_kv_sourced())
                .map(move |workload| (deployment, workload))
        })
    }

    /// Whether the policy says that the service of a workload replaces placeholders in its configuration and its variables.
    pub fn expands(&self, workload: &ResolvedWorkload) -> bool {
        let service = workload.mapped.service();
        service
            .and_then(|service| self.service_policy(service))
            .is_some_and(|policy| policy.expands)
    }

    /// The name of the service that a workload runs.
    pub fn service_of(&self, workload: &ResolvedWorkload) -> Option<&str> {
        workload
            .mapped
            .service()
            .map(|position| self.service_name(position))
    }

    /// The role that a service needs in a deployment, as an index of the policy's roles, and where that is
    /// stated if it is not the policy's general need.
    pub fn need(&self, service: Option<usize>, deployment: &str) -> (usize, Option<Span>) {
        need(
            &self.policy,
            service.and_then(|position| self.service_policy(position)),
            deployment,
        )
    }
}

impl Deployment {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.policy.name.value
    }

    /// The store that a service calls; of a workload that runs none, the one for all.
    pub fn store_of(&self, service: Option<&str>) -> Option<&Store> {
        store::of_service(&self.stores, service)
    }

    /// Whether a workload may be in what could not be read.
    pub fn may_have_lost_workloads(&self) -> bool {
        self.lost
            .iter()
            .any(|lost| lost.may_be(WORKLOAD_KINDS, None))
    }

    /// Whether an object that gives SPIFFE IDs may be in what could not be read.
    pub fn may_have_lost_identities(&self) -> bool {
        self.lost
            .iter()
            .any(|lost| lost.may_be(IDENTITY_KINDS, None))
    }

    /// An object that gives pods their SPIFFE IDs and that a later file removes.
    pub fn removed_issuer(&self) -> Option<&RemovedObject> {
        let mut removed = self.removed.iter();
        removed.find(|object| IDENTITY_KINDS.contains(&object.kind.as_str()))
    }

    /// Whether it cannot be decided what some of its workloads present.
    pub fn has_undecided_identities(&self) -> bool {
        let mut pods = self
            .workloads
            .iter()
            .filter_map(|own| own.workload.pod.as_ref());
        pods.any(|pod| pod.undecided.is_some())
    }

    /// Whether a KV-sourced workload runs a service, and is ever started.
    pub fn serves_from_store(&self, service: &ServiceInDeployment) -> bool {
        service.workloads.iter().any(|position| {
            let workload = &self.workloads[*position];
            workload.is_kv_sourced() && workload.workload.idle.is_none()
        })
    }

    /// Whether a KV-sourced workload runs a service.
    pub fn runs_from_store(&self, service: &ServiceInDeployment) -> bool {
        service
            .workloads
            .iter()
            .any(|position| self.workloads[*position].is_kv_sourced())
    }
}

fn need(
    policy: &Policy,
    service: Option<&ServicePolicy>,
    deployment: &str,
) -> (usize, Option<Span>) {
    let stated = service.into_iter().flat_map(|service| &service.needs);
    let own = stated.filter(|(_, name)| name.as_deref().is_none_or(|name| name == deployment));
    // What is said of one deployment holds before what is said of all.
    match own.max_by_key(|(_, name)| name.is_some()) {
        Some((role, _)) => (role.value, Some(role.span)),
        None => (policy.access.need, None),
    }
}
