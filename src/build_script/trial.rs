//! What a service's bootstrap is tried with in each deployment: its workload's environment, what it presents, what is granted to
//! that, and the template, for `#[kv_bootstrap_test]`.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::PathBuf;

use super::Guard;
use super::expansion::{Examined, Lookup};
use crate::access::identity::Identity;
use crate::access::{AccessTable, Compared, compared};
use crate::check::Report;
use crate::deploy::Known;
use crate::inputs::Inputs;
use crate::policy::IdentityForm;
use crate::registry::{Descriptor, KeyDeclaration};
use crate::resolve::{
    Deployment, Mode, Model, ResolvedWorkload, ServiceInDeployment, TemplateState,
};
use crate::source::{Sources, Span};

/// What one service is tried with.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// What the guard found of the service.
    pub examined: Examined,
    /// A trial for each workload that loads the service's configuration from the store.
    pub trials: Vec<Trial>,
    /// Deployments in which none does, each with why.
    pub others: Vec<(String, String)>,
    /// The keys that the service may read and write besides its own, as they are declared.
    pub other_keys: Vec<String>,
    /// Patterns of the fields that must never reach the store, as in the policy.
    pub secret_fields: Vec<String>,
    /// Patterns of those that are no secrets although one of the former names them.
    pub not_secret_fields: Vec<String>,
    /// The day, `2026-01-31`.
    pub today: String,
}

/// One workload of a service in a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The deployment.
    pub deployment: String,
    /// The workload.
    pub workload: String,
    /// Where it is named: `file:line:column`.
    pub workload_location: String,
    /// Its security mode, if the policy's contract knows it.
    pub mode: Option<String>,
    /// Its environment. Values may be secret.
    pub environment: Vec<Variable>,
    /// The SPIFFE ID that it presents.
    pub spiffe_id: Option<String>,
    /// The X.509 subject that it presents.
    pub subject: Option<String>,
    /// What the store takes it for: of the forms that it compares the one that is granted something, else the first.
    pub identity: Option<String>,
    /// The forms of identity that the store compares, in order, in the policy's words.
    pub compare: Vec<&'static str>,
    /// Whether it tries each form.
    pub tries_all: bool,
    /// Where the access table is.
    pub table_location: String,
    /// The table's rules, in their order.
    pub rules: Vec<Rule>,
    /// The role that the service needs.
    pub need: String,
    /// Whether that is less than the most powerful one.
    pub is_need_lowered: bool,
    /// Where the policy says so, if it says it of the service.
    pub need_location: Option<String>,
    /// The template, if there is one.
    pub template: Option<Template>,
    /// The critical fields that something other than the template supplies.
    pub supplied: Vec<Supplied>,
}

/// A variable of a workload's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, if the files tell it.
    pub value: Option<String>,
}

/// A rule of an access table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Who.
    pub identity: String,
    /// The role.
    pub role: String,
    /// Where it is written.
    pub location: String,
}

/// A template's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// It is this file, absolute.
    File(PathBuf, String),
    /// It is a value in a file: the text, which may be secret, and its place.
    Inline(String, String),
}

/// A critical field that something other than the template supplies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplied {
    /// The field's dotted path.
    pub field: String,
    /// The environment's variable that does, if it is one.
    pub variable: Option<String>,
}

impl Guard {
    /// Checks what concerns a service, and gives what its bootstrap is tried with. `variable` looks a variable of the environment
    /// up; the deployments are those that the guard names, or all.
    pub fn trials(&self, service: &str, variable: Lookup<'_>) -> Trials {
        let mut guard = self.clone();
        guard.services = vec![service.to_owned()];
        let (examined, report) = guard.examine_whole(variable);
        let mut trials = Trials {
            examined,
            ..Trials::default()
        };
        let Some(report) = report else { return trials };
        let (Some(model), Some(inputs)) = (&report.model, &report.inputs) else {
            return trials;
        };
        trials.today = model.today.to_string();
        if let Some(position) = model.service_position(service) {
            Collector {
                model,
                inputs,
                report: &report,
                position,
            }
            .collect(&self.deployments, &mut trials);
        }
        trials
    }
}

struct Collector<'a> {
    model: &'a Model,
    inputs: &'a Inputs,
    report: &'a Report,
    position: usize,
}

impl<'a> Collector<'a> {
    fn descriptor(&self) -> &'a Descriptor {
        &self.model.services[self.position]
    }

    fn sources(&self) -> &'a Sources {
        self.report.sources()
    }

    fn place(&self, span: Span) -> String {
        let place = self.sources().location(span);
        format!("{}:{}:{}", place.file, place.line, place.column)
    }

    fn collect(&self, asked: &[String], trials: &mut Trials) {
        trials.other_keys = self.other_keys();
        let patterns = |fields: &[crate::registry::Spanned<String>]| -> Vec<String> {
            fields.iter().map(|field| field.value.clone()).collect()
        };
        trials.secret_fields = patterns(&self.descriptor().secret_fields);
        trials.secret_fields.extend(
            self.model
                .secrets
                .iter()
                .map(|pattern| pattern.text.clone()),
        );
        trials.not_secret_fields = patterns(&self.model.policy.secrets.ignored);
        for deployment in &self.model.deployments {
            if !asked.is_empty() && !asked.iter().any(|name| name == deployment.name()) {
                continue;
            }
            let service = &deployment.services[self.position];
            let before = trials.trials.len();
            for workload in service
                .workloads
                .iter()
                .map(|position| &deployment.workloads[*position])
            {
                if workload.is_kv_sourced() {
                    trials
                        .trials
                        .push(self.trial(deployment, service, workload));
                }
            }
            if trials.trials.len() == before {
                let why = match service.workloads.first() {
                    None => "no workload there runs it".to_owned(),
                    Some(position) => {
                        let workload = &deployment.workloads[*position].workload;
                        format!(
                            "its workload `{}` there loads its configuration from a file\n --> {} named here",
                            workload.name,
                            self.place(workload.name_span)
                        )
                    }
                };
                trials.others.push((deployment.name().to_owned(), why));
            }
        }
    }

    /// Its template's key, and the keys of services that it carries.
    fn other_keys(&self) -> Vec<String> {
        let descriptor = self.descriptor();
        let name = &descriptor.name.value;
        let template_key = self.model.policy.template_key_of(descriptor);
        let carried = self.model.services.iter().filter(|other| {
            let policy = self.model.policy.service(&other.name.value);
            let carrier = policy.and_then(|policy| policy.carried_by.as_ref());
            carrier.is_some_and(|carrier| carrier.value == *name)
        });
        let carried = carried.map(|other| match &other.key {
            KeyDeclaration::Key(key) | KeyDeclaration::Template(key) => key.value.clone(),
        });
        template_key.into_iter().chain(carried).collect()
    }

    fn trial(
        &self,
        deployment: &Deployment,
        service: &ServiceInDeployment,
        workload: &ResolvedWorkload,
    ) -> Trial {
        let policy = &self.model.policy;
        let presented: Vec<&Identity> = workload.identities().collect();
        let of_form = |form| {
            let found = presented.iter().find_map(|identity| identity.in_form(form));
            let found = found.map(Cow::into_owned);
            found.filter(|text| !text.is_empty())
        };
        let table = deployment.table.table();
        let (need, need_span) = self.model.need(Some(self.position), deployment.name());
        let mut rules = table.map(|table| self.rules(table)).unwrap_or_default();
        let seen: Vec<Compared<'_>> = compared(presented.iter().copied(), &policy.access).collect();
        let found = |compared: &&Compared<'_>| table?.position_of(compared);
        let granted = seen.iter().find(|compared| found(compared).is_some());
        // The store of the tests compares letter by letter: what it would find in another order is written in this one.
        if let (Some(compared), Some(position)) = (granted, granted.as_ref().and_then(found))
            && let Some(rule) = rules.get_mut(position)
        {
            rule.identity = compared.text.to_string();
        }
        Trial {
            deployment: deployment.name().to_owned(),
            workload: workload.workload.name.clone(),
            workload_location: self.place(workload.workload.name_span),
            mode: match &workload.mode {
                Mode::Known { name, .. } => Some(name.clone()),
                Mode::Unset | Mode::Unknown { .. } => None,
            },
            environment: workload
                .workload
                .environment
                .iter()
                .map(|(name, variable)| Variable {
                    name: name.to_owned(),
                    value: match &variable.value {
                        Known::Text(text) => Some(text.clone()),
                        Known::Opaque | Known::Computed => None,
                    },
                })
                .collect(),
            spiffe_id: of_form(IdentityForm::Spiffe),
            subject: of_form(IdentityForm::Subject),
            identity: granted
                .or(seen.first())
                .map(|compared| compared.text.to_string()),
            compare: policy
                .access
                .compare
                .iter()
                .map(|form| match form {
                    IdentityForm::SubjectUnordered => IdentityForm::Subject.word(),
                    form => form.word(),
                })
                .collect(),
            tries_all: policy.access.try_all,
            table_location: self
                .place(table.map_or(deployment.policy.name.span, AccessTable::start)),
            rules,
            need: policy.access.roles.get(need).cloned().unwrap_or_default(),
            is_need_lowered: need + 1 < policy.access.roles.len(),
            need_location: need_span.map(|span| self.place(span)),
            template: self.template(service),
            supplied: self.supplied(deployment.name()),
        }
    }

    fn rules(&self, table: &AccessTable) -> Vec<Rule> {
        let grants = table.grants.iter();
        grants
            .map(|grant| Rule {
                identity: grant.identity.value.clone(),
                role: grant.role.value.clone(),
                location: self.place(grant.span),
            })
            .collect()
    }

    fn template(&self, service: &ServiceInDeployment) -> Option<Template> {
        let TemplateState::Read(template) = &service.template else {
            return None;
        };
        let place = self.place(template.span);
        if let Some(text) = &template.inline {
            return Some(Template::Inline(text.to_string(), place));
        }
        let file = self.sources().get(template.span.source).path();
        Some(Template::File(self.inputs.root().join(file), place))
    }

    fn supplied(&self, deployment: &str) -> Vec<Supplied> {
        let policy = self.model.service_policy(self.position);
        let stated = policy.into_iter().flat_map(|policy| &policy.supplied_by);
        stated
            .filter(|supplied| {
                supplied
                    .deployment
                    .as_deref()
                    .is_none_or(|name| name == deployment)
            })
            .map(|supplied| Supplied {
                field: supplied.field.value.clone(),
                variable: supplied.variable.clone(),
            })
            .collect()
    }
}
