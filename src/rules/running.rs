//! What the rules about a running fleet have in common.

use super::common::descriptor_label;
use super::configuration::secret_in_template::carried;
use crate::access::Access;
use crate::finding::{Finding, Label};
use crate::live::{Holds, Seen, SeenKey, Value};
use crate::registry::Descriptor;
use crate::resolve::{Deployment, Model, ServiceInDeployment, TemplateState};
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
    /// What was seen, if a command looked.
    pub(super) fn of(model: &'m Model) -> Option<Self> {
        let seen = model.seen.as_ref()?;
        let mut deployments = model.deployments.iter();
        let deployment = deployments.find(|own| own.name() == seen.deployment)?;
        Some(Self {
            model,
            deployment,
            seen,
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
        let seen = self.running.seen;
        format!(
            "`{key}` in the store of `{}` ({})",
            seen.deployment, seen.store
        )
    }

    /// A finding about one of its keys, at the line that declares the key.
    pub(super) fn finding(&self, rule: RuleId, message: String, key: &str) -> Finding {
        let text = self.descriptor.key.text();
        let label = Label::new(text.span, format!("the key of `{}`", self.name()));
        Finding::new(rule, message, label)
            .subject(key)
            .deployment(self.running.deployment.name())
            .service(self.name())
    }

    /// A finding about what runs of it, at the line of the first workload that runs it, or else where it is declared.
    pub(super) fn finding_at_workload(&self, rule: RuleId, message: String) -> Finding {
        let workloads = &self.running.deployment.workloads;
        let mut own = self
            .own
            .workloads
            .iter()
            .map(|position| &workloads[*position]);
        let label = own.next().map_or_else(
            || descriptor_label(self.descriptor),
            super::common::workload_label,
        );
        Finding::new(rule, message, label)
            .deployment(self.running.deployment.name())
            .service(self.name())
    }

    /// The line that grants the service its role, or else where the table begins.
    pub(super) fn grant(&self) -> Option<Label> {
        let table = self.running.deployment.table.table()?;
        let grant = self.own.access.grant();
        let grant = grant.and_then(|position| table.grants.get(position));
        Some(match grant {
            Some(grant) => {
                super::common::grant_label(grant, format!("grants it `{}`", grant.role.value))
            }
            None => super::common::table_label(table),
        })
    }

    /// Whether the files grant it the role that it needs.
    pub(super) fn is_granted(&self) -> bool {
        matches!(self.own.access, Access::Granted { .. })
    }

    /// Where its template is, if there is one.
    pub(super) fn template(&self) -> Option<Label> {
        match &self.own.template {
            TemplateState::Read(template) => {
                let mut span = template.span;
                span.end = span.start;
                Some(Label::masked(span, "its template"))
            }
            _ => None,
        }
    }
}
