//! What the rules about a running fleet have in common.

use kvguard_contract::Role;

use super::common::{descriptor_label, grant_label, table_label, workload_label};
use super::configuration::secret_in_template::carried;
use crate::access::{Access, Grant};
use crate::finding::{Finding, Label};
use crate::live::{Expectation, Holds, Seen, SeenKey, Value};
use crate::registry::{Descriptor, KeyDeclaration};
use crate::resolve::{
    Deployment, Model, ResolvedWorkload, ServiceInDeployment, Template, TemplateState,
};
use crate::rules::RuleId;

/// What was seen of a deployment, with the deployment.
#[derive(Clone, Copy)]
pub(super) struct Running<'m> {
    pub(super) model: &'m Model,
    pub(super) deployment: &'m Deployment,
    pub(super) seen: &'m Seen,
}

/// A service of a deployment that was looked at.
#[derive(Clone, Copy)]
pub(super) struct Service<'m> {
    pub(super) running: Running<'m>,
    pub(super) descriptor: &'m Descriptor,
    pub(super) own: &'m ServiceInDeployment,
}

impl Model {
    /// The texts that a service's value carries at secret paths, for whoever has to keep them out of what is written.
    pub fn secrets_in(&self, service: usize, value: &Value) -> Vec<Box<str>> {
        let Some(descriptor) = self.services.get(service) else {
            return Vec::new();
        };
        let carried = carried(self, descriptor, value.roots());
        carried.into_iter().map(|carried| carried.text).collect()
    }
}

impl<'m> Running<'m> {
    /// What was seen of each deployment that a command looked at.
    pub(super) fn all(model: &'m Model) -> impl Iterator<Item = Self> {
        model.seen.iter().filter_map(move |seen| {
            let mut deployments = model.deployments.iter();
            let deployment = deployments.find(|own| own.name() == seen.deployment)?;
            Some(Self {
                model,
                deployment,
                seen,
            })
        })
    }

    /// A service by its name.
    pub(super) fn service(self, name: &str) -> Option<Service<'m>> {
        let position = self.model.service_position(name)?;
        Some(Service {
            running: self,
            descriptor: self.model.services.get(position)?,
            own: self.deployment.services.get(position)?,
        })
    }

    /// The store, as a finding's message names it: of which deployment, and where.
    pub(super) fn store(self) -> String {
        format!(
            "the store of `{}` ({})",
            self.deployment.name(),
            self.seen.store
        )
    }

    /// Where the policy says how the store is reached, or else that there is one, or else that there is the deployment.
    pub(super) fn store_label(self) -> Label {
        let policy = &self.deployment.policy;
        let connect = policy
            .stores
            .iter()
            .find_map(|store| store.connect.as_ref());
        // The table holds addresses and names of files, which the finding is not about.
        if let Some(connect) = connect {
            return Label::masked(connect.span, "this store");
        }
        match policy.stores.first() {
            Some(store) => Label::new(store.span, "this store"),
            None => Label::new(policy.name.span, "the store of this deployment"),
        }
    }

    /// The expected keys, each with its service.
    pub(super) fn keys(self) -> impl Iterator<Item = (Service<'m>, &'m SeenKey)> {
        let keys = self.seen.keys.iter();
        keys.filter_map(move |key| Some((self.service(&key.service)?, key)))
    }

    /// The values of expected keys.
    pub(super) fn values(self) -> impl Iterator<Item = (Service<'m>, &'m str, &'m Value)> {
        self.keys().filter_map(|(service, key)| match &key.holds {
            Holds::Value(value) => Some((service, key.key.as_str(), value)),
            Holds::Nothing | Holds::NotRead => None,
        })
    }
}

impl Service<'_> {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.descriptor.name.value
    }

    /// The words that say which key of which store is meant.
    pub(super) fn key(&self, key: &str) -> String {
        format!("`{key}` in {}", self.running.store())
    }

    /// A finding about one of its keys, at the line that names the key.
    pub(super) fn finding(&self, rule: RuleId, message: String, key: &str) -> Finding {
        Finding::new(rule, message, self.key_label(key))
            .deployment(self.running.deployment.name())
            .service(self.name())
    }

    /// Where a key is named: in the environment of the workload that loads another one than the descriptor's, or else in the descriptor.
    fn key_label(&self, key: &str) -> Label {
        let declared = self.descriptor.key.text();
        let variable = self.running.model.policy.contract.name(Role::Key);
        if let Some(name) = variable.filter(|_| declared.value != key) {
            let mut set = self.workloads().filter_map(|own| own.variable(name));
            let names = set.find(|variable| variable.text().is_some_and(|text| text.trim() == key));
            if let Some(variable) = names {
                return Label::new(
                    variable.shown_span(),
                    format!("the key of `{}`", self.name()),
                );
            }
        }
        Label::new(declared.span, format!("the key of `{}`", self.name()))
    }

    /// The workloads that run it.
    fn workloads(&self) -> impl Iterator<Item = &ResolvedWorkload> {
        let positions = self.own.workloads.iter();
        positions.map(|position| &self.running.deployment.workloads[*position])
    }

    /// What to type to write its template to a key.
    pub(super) fn seed(&self, key: &str, options: &str) -> String {
        let (of, name) = (self.running.deployment.name(), self.name());
        let instance = if self.is_of_given_instance(key) {
            " --instance …"
        } else {
            ""
        };
        format!("`cargo kvguard seed{options} --deployment {of} --service {name}{instance}`")
    }

    /// Whether a key is of an instance that the command line gave, and the policy does not state.
    fn is_of_given_instance(&self, key: &str) -> bool {
        let is_template = matches!(self.descriptor.key, KeyDeclaration::Template(_));
        let Running {
            model, deployment, ..
        } = self.running;
        let stated = || Expectation::of(model, deployment, &[]).keys.into_iter();
        let is_own = |position: usize| model.service_name(position) == self.name();
        is_template && !stated().any(|own| own.key == key && is_own(own.service))
    }

    /// A finding about what runs of it, at the line of the first workload that runs it, or else where it is declared.
    pub(super) fn finding_at_workload(&self, rule: RuleId, message: String) -> Finding {
        Finding::new(rule, message, self.workload_label())
            .deployment(self.running.deployment.name())
            .service(self.name())
    }

    /// The grant of just its identity, if the access table has one.
    pub(super) fn grant(&self) -> Option<&Grant> {
        let table = self.running.deployment.table.table()?;
        match self.own.access {
            Access::Granted { grant }
            | Access::Insufficient { grant }
            | Access::UnknownRole { grant } => table.grants.get(grant),
            _ => None,
        }
    }

    /// Whether the files grant it the role that it needs.
    pub(super) fn is_granted(&self) -> bool {
        matches!(self.own.access, Access::Granted { .. })
    }

    /// The line that grants the service its role; or else where the table begins; or else the line of the first workload that runs it.
    pub(super) fn access_label(&self) -> Label {
        match (self.grant(), self.running.deployment.table.table()) {
            (Some(grant), _) => grant_label(grant, format!("grants it `{}`", grant.role.value)),
            (None, Some(table)) => table_label(table),
            (None, None) => self.workload_label(),
        }
    }

    /// The line of the first workload that runs it, or else where it is declared.
    fn workload_label(&self) -> Label {
        let first = self.workloads().next();
        first.map_or_else(|| descriptor_label(self.descriptor), workload_label)
    }

    /// Its template, if there is one and it can be read.
    pub(super) fn template(&self) -> Option<&Template> {
        match &self.own.template {
            TemplateState::Read(template) => Some(template),
            _ => None,
        }
    }

    /// Where its template is, if there is one.
    pub(super) fn template_label(&self) -> Option<Label> {
        let mut span = self.template()?.span;
        span.end = span.start;
        Some(Label::masked(span, "its template"))
    }
}
