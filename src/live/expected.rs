//! The keys that a deployment's store should hold.

use std::collections::{BTreeMap, BTreeSet};

use kvguard_contract::Role;

use crate::key;
use crate::policy::Instance;
use crate::registry::{Descriptor, KeyDeclaration};
use crate::resolve::{Deployment, Model, ResolvedWorkload, ServiceInDeployment, SourceState};

/// The keys that a deployment's store should hold, and the services of which it needs to hold none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expectation {
    /// The keys, in the order of the registry.
    pub keys: Vec<Expected>,
    /// The services without one, in the order of the registry.
    pub excused: Vec<Excused>,
}

/// A key that the store should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The position of the descriptor in the model.
    pub service: usize,
    /// The key.
    pub key: String,
    /// The instance that it is of, where the descriptor's key is a template: the value of each variable.
    pub instance: BTreeMap<String, String>,
}

/// A service of which the store need hold no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excused {
    /// The service.
    pub service: String,
    /// Why: a sentence without its end.
    pub reason: String,
}

impl Expectation {
    /// What a deployment's store should hold: the key of each service that loads its configuration from the store there, or of which a
    /// service that does so reads the key on its behalf. A key template counts for the instances that the policy states for the
    /// deployment, and for those that are given beside.
    pub fn of(
        model: &Model,
        deployment: &Deployment,
        instances: &[BTreeMap<String, String>],
    ) -> Self {
        let mut expectation = Self::default();
        let services = model.services.iter().zip(&deployment.services).enumerate();
        for (position, (descriptor, service)) in services {
            let found = Service {
                model,
                deployment,
                position,
                descriptor,
                own: service,
            };
            let (keys, reasons) = found.keys(instances);
            expectation.keys.extend(keys);
            let excused = reasons.into_iter().map(|reason| Excused {
                service: descriptor.name.value.clone(),
                reason,
            });
            expectation.excused.extend(excused);
        }
        expectation
    }
}

/// A service in a deployment.
struct Service<'m> {
    model: &'m Model,
    deployment: &'m Deployment,
    position: usize,
    descriptor: &'m Descriptor,
    own: &'m ServiceInDeployment,
}

/// The key that a workload loads.
enum Loads<'m> {
    /// The descriptor's.
    Declared,
    /// The one that its environment names.
    Named(&'m str),
    /// One that is not known, or that no store accepts: why.
    Unknown(String),
}

impl<'m> Service<'m> {
    /// Its keys, and why it has none, or not all.
    fn keys(&self, given: &[BTreeMap<String, String>]) -> (Vec<Expected>, Vec<String>) {
        let mut keys: Vec<Expected> = Vec::new();
        let mut reasons: Vec<String> = Vec::new();
        if let Err(reason) = self.is_read() {
            reasons.push(reason);
            return (keys, reasons);
        }
        let loads = self.loads();
        // Where none of its workloads loads it, another service does on its behalf.
        if loads.is_empty() || loads.iter().any(|own| matches!(own, Loads::Declared)) {
            match self.declared(given) {
                Ok(declared) => keys = declared,
                Err(reason) => reasons.push(reason),
            }
        }
        for own in loads {
            match own {
                Loads::Declared => {}
                Loads::Named(key) if keys.iter().any(|known| known.key == key) => {}
                Loads::Named(key) => keys.push(self.expected(key.to_owned(), BTreeMap::new())),
                Loads::Unknown(reason) if reasons.contains(&reason) => {}
                Loads::Unknown(reason) => reasons.push(reason),
            }
        }
        (keys, reasons)
    }

    fn expected(&self, key: String, instance: BTreeMap<String, String>) -> Expected {
        Expected {
            service: self.position,
            key,
            instance,
        }
    }

    /// Whether somebody reads the service's key.
    ///
    /// # Errors
    ///
    /// Why nobody does.
    fn is_read(&self) -> Result<(), String> {
        let of = self.deployment.name();
        if self.own.not_in.is_some() {
            return Err(format!("the policy says that `{of}` does without it"));
        }
        if self.deployment.serves_from_store(self.own) {
            return Ok(());
        }
        let policy = self.model.service_policy(self.position);
        if let Some(carrier) = policy.and_then(|policy| policy.carried_by.as_ref()) {
            let carrier = &carrier.value;
            let position = self.model.service_position(carrier);
            let its = position.and_then(|position| self.deployment.services.get(position));
            return match its {
                Some(service) if self.deployment.serves_from_store(service) => Ok(()),
                _ => Err(format!(
                    "`{carrier}` reads its key on its behalf, and does not load it from the store in `{of}`"
                )),
            };
        }
        let workloads = || {
            let positions = self.own.workloads.iter();
            positions.map(|position| &self.deployment.workloads[*position])
        };
        Err(if self.own.workloads.is_empty() {
            format!("no workload of `{of}` runs it")
        } else if workloads().any(ResolvedWorkload::is_kv_sourced) {
            "no workload that runs it is ever started".to_owned()
        } else if workloads().all(|workload| {
            matches!(
                workload.source,
                SourceState::Other { .. } | SourceState::Unset { .. }
            )
        }) {
            "it loads its configuration from a file".to_owned()
        } else {
            "the files do not tell where it loads its configuration from".to_owned()
        })
    }

    /// The key that each workload loads that loads its configuration from the store.
    fn loads(&self) -> Vec<Loads<'m>> {
        let positions = self.own.workloads.iter();
        positions
            .map(|position| &self.deployment.workloads[*position])
            .filter(|workload| workload.is_kv_sourced() && workload.workload.idle.is_none())
            .map(|workload| self.loads_of(workload))
            .collect()
    }

    fn loads_of(&self, workload: &'m ResolvedWorkload) -> Loads<'m> {
        let name = self.model.policy.contract.name(Role::Key);
        let variable = name.and_then(|name| Some((name, workload.variable(name)?)));
        let Some((name, variable)) = variable else {
            return Loads::Declared;
        };
        let of = &workload.workload.name;
        let Some(key) = variable.text().map(str::trim) else {
            return Loads::Unknown(format!(
                "`{name}` of workload `{of}` names its key, and no file tells what it holds"
            ));
        };
        match key::validate(key) {
            _ if key.is_empty() => Loads::Declared,
            Ok(()) => Loads::Named(key),
            Err(why) => Loads::Unknown(format!(
                "`{name}` of workload `{of}` names no key that a store accepts: {why}"
            )),
        }
    }

    /// The keys of the descriptor.
    ///
    /// # Errors
    ///
    /// Why there is none: the key is a template of which no instance is known, or is no valid key.
    fn declared(&self, given: &[BTreeMap<String, String>]) -> Result<Vec<Expected>, String> {
        let text = match &self.descriptor.key {
            KeyDeclaration::Key(text) => {
                let is_valid = key::validate(&text.value);
                is_valid.map_err(|why| format!("its key `{}` is invalid: {why}", text.value))?;
                return Ok(vec![self.expected(text.value.clone(), BTreeMap::new())]);
            }
            KeyDeclaration::Template(text) => &text.value,
        };
        let template = key::parse_template(text)
            .map_err(|why| format!("its key template `{text}` is invalid: {why}"))?;
        let wanted: BTreeSet<&str> = template.variables().collect();
        if wanted.is_empty() {
            let key = template.fill(|_| String::new());
            key::validate(&key).map_err(|why| format!("its key `{key}` is invalid: {why}"))?;
            return Ok(vec![self.expected(key, BTreeMap::new())]);
        }
        let stated = self.model.policy.instances.iter();
        let stated = stated
            .filter(|instance| self.is_of(instance))
            .map(|instance| &instance.variables);
        let mut keys: Vec<Expected> = Vec::new();
        for instance in stated.chain(given) {
            let has_just_these = instance.len() == wanted.len()
                && instance.keys().all(|name| wanted.contains(name.as_str()));
            if !has_just_these {
                continue;
            }
            let key = template.fill(|name| instance.get(name).cloned().unwrap_or_default());
            key::validate(&key).map_err(|why| format!("its key `{key}` is invalid: {why}"))?;
            if !keys.iter().any(|known| known.key == key) {
                keys.push(self.expected(key, instance.clone()));
            }
        }
        if keys.is_empty() {
            let names: Vec<&str> = wanted.into_iter().collect();
            let example: Vec<String> = names.iter().map(|name| format!("{name}=…")).collect();
            return Err(format!(
                "its key `{text}` is another one for each {}, and no instance with just {} is stated: `[[instance]]` in the policy, or `--instance {}`",
                names.join(" and "),
                if names.len() == 1 {
                    "this variable"
                } else {
                    "these variables"
                },
                example.join(",")
            ));
        }
        Ok(keys)
    }

    fn is_of(&self, instance: &Instance) -> bool {
        let of =
            |stated: &Option<String>, own: &str| stated.as_deref().is_none_or(|name| name == own);
        of(&instance.deployment, self.deployment.name())
            && of(&instance.service, &self.descriptor.name.value)
    }
}
