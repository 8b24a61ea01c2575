//! The deployment that is meant, and the keys that its store should hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kvguard::check::{Options, Report};
use kvguard::key;
use kvguard::live::{Excused, Expectation, Expected};
use kvguard::registry::KeyDeclaration;
use kvguard::resolve::{Deployment, Model};

use super::arguments::Live;
use super::discovery::Discovery;
use super::failure::Failure;
use super::place::Place;
use super::stores::Stores;
use crate::cli::Scope;
use crate::fleet::{self, Error};

/// A deployment that a command looks at, with what its files say of it.
pub struct Target {
    /// What the files say. Without a model nothing can be looked at.
    pub report: Report,
    /// What was checked.
    pub options: Options,
    /// The position of the deployment in the model.
    deployment: usize,
    /// The keys that the store should hold, of the services that were asked for.
    pub expected: Vec<Expected>,
    /// How many more there should be, of services whose store is out of reach.
    pub left_out: usize,
    /// The services that were asked for and have none.
    pub excused: Vec<Excused>,
}

impl Target {
    /// Reads the files, and chooses the deployment. `None`: the policy or the root could not be read, or there is no such deployment or
    /// service, which the report's failures tell.
    ///
    /// # Errors
    ///
    /// There is no policy, or it has several deployments and none was named.
    pub fn read(arguments: &Live) -> Result<Result<Self, Report>, Error> {
        let scope = Scope {
            deployment: arguments.deployment.iter().cloned().collect(),
            service: arguments.service.clone(),
        };
        let mut options = fleet::options(&arguments.fleet, &scope, Vec::new())?;
        options.reads_code = false;
        let report = fleet::checked(&options);
        let Some(model) = &report.model else {
            return Ok(Err(report));
        };
        let position = match (&arguments.deployment, model.deployments.as_slice()) {
            (Some(name), all) => all.iter().position(|own| own.name() == name),
            (None, [_]) => Some(0),
            (None, all) => {
                let names: Vec<&str> = all.iter().map(Deployment::name).collect();
                return Err(Failure::WhichDeployment(names.join(", ")).into());
            }
        };
        let Some(position) = position else {
            return Ok(Err(report));
        };
        let instances = arguments.instance.iter();
        let instances: Vec<_> = instances.map(|instance| instance.0.clone()).collect();
        for instance in &instances {
            fits_a_template(model, instance)?;
        }
        options.deployments = vec![model.deployments[position].name().to_owned()];
        let mut target = Self::at(report, options, position, &instances);
        target.keep_only(&arguments.service);
        Ok(Ok(target))
    }

    /// A deployment, by its position in the report's model, and the keys that its store should hold. Instances are those that are given
    /// besides the policy's.
    pub fn at(
        report: Report,
        options: Options,
        position: usize,
        instances: &[BTreeMap<String, String>],
    ) -> Self {
        let mut target = Self {
            report,
            options,
            deployment: position,
            expected: Vec::new(),
            left_out: 0,
            excused: Vec::new(),
        };
        let Expectation { keys, excused } =
            Expectation::of(target.model(), target.deployment(), instances);
        target.expected = keys;
        target.excused = excused;
        target
    }

    /// Forgets all services but these; all stay where none is named.
    fn keep_only(&mut self, services: &[String]) {
        if services.is_empty() {
            return;
        }
        let is_asked_for = |name: &str| services.iter().any(|own| own == name);
        let mut expected = std::mem::take(&mut self.expected);
        expected.retain(|expected| is_asked_for(self.model().service_name(expected.service)));
        self.expected = expected;
        self.excused
            .retain(|excused| is_asked_for(&excused.service));
    }

    /// The model. There is one, or there would be no target.
    #[expect(
        clippy::expect_used,
        reason = "whoever makes a target has seen that there is a model"
    )]
    pub fn model(&self) -> &Model {
        self.report.model.as_ref().expect("a target has a model")
    }

    /// The deployment.
    pub fn deployment(&self) -> &Deployment {
        &self.model().deployments[self.deployment]
    }

    /// Whether no workload of the deployment runs an expected key's service, so that another one reads the key on its behalf.
    pub fn is_carried(&self, expected: &Expected) -> bool {
        let service = self.deployment().services.get(expected.service);
        service.is_some_and(|service| !self.deployment().runs_from_store(service))
    }

    /// The deployment's position in the policy.
    pub fn position(&self) -> usize {
        self.deployment
    }

    /// The root that the policy's paths are relative to.
    pub fn root(&self) -> &Path {
        &self.options.root
    }

    /// The services of which a key is expected, each once, in the order of the registry.
    pub fn services(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for expected in &self.expected {
            let name = self.model().service_name(expected.service);
            if names.last().is_none_or(|last| last != name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Expects no key any more of services whose store is out of reach; why each is.
    pub fn leave_out(&mut self, unreached: BTreeMap<String, Failure>) -> Vec<Failure> {
        let Some(model) = &self.report.model else {
            return unreached.into_values().collect();
        };
        let all = self.expected.len();
        self.expected
            .retain(|expected| !unreached.contains_key(model.service_name(expected.service)));
        self.left_out = all - self.expected.len();
        unreached.into_values().collect()
    }

    /// The stores that the services call: found in what runs, where the arguments ask for that, or else as command line, policy or
    /// environment say.
    ///
    /// # Errors
    ///
    /// It is not known where a store is.
    pub async fn stores(&self, arguments: &Live) -> Result<Stores, Failure> {
        match Discovery::of(&arguments.store) {
            Some(discovery) => discovery.stores(self).await,
            None => self.stated_stores(arguments),
        }
    }

    /// The stores that the services call, all with the login that command line, policy or environment say.
    ///
    /// # Errors
    ///
    /// It is not known where a store is; or the command line names one store, and the services call several.
    fn stated_stores(&self, arguments: &Live) -> Result<Stores, Failure> {
        let (model, deployment) = (self.model(), self.deployment());
        let mut stores = Stores::default();
        let mut is_first_store = true;
        let mut last: Option<*const kvguard::resolve::Store> = None;
        for service in self.services() {
            let store = deployment.store_of(Some(&service)).ok_or_else(|| {
                Failure::BadPlace(format!(
                    "service `{service}` calls none of the stores of `{}`; name it in `services` of a `[[deployment.store]]`",
                    deployment.name()
                ))
            })?;
            let is_other = last.is_some_and(|last| !std::ptr::eq(last, store));
            if is_other {
                is_first_store = false;
            }
            last = Some(store);
            let is_named = arguments.store.nats.is_some() || arguments.store.datasvc.is_some();
            if is_named && !is_first_store {
                return Err(Failure::BadPlace(format!(
                    "the services of `{}` call several stores, and the command line names one: name the services that call it with --service",
                    deployment.name()
                )));
            }
            let place = Place::find(&arguments.store, model, deployment, store, self.root())?;
            stores.add(service, place);
        }
        Ok(stores)
    }
}

/// Whether an instance that was given has just the variables of a key template. One that fits none would be passed over, and the keys
/// that it was given for would not be looked at.
fn fits_a_template(model: &Model, instance: &BTreeMap<String, String>) -> Result<(), Failure> {
    let given: BTreeSet<&str> = instance.keys().map(String::as_str).collect();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for descriptor in &model.services {
        let KeyDeclaration::Template(text) = &descriptor.key else {
            continue;
        };
        let Ok(template) = key::parse_template(&text.value) else {
            continue;
        };
        let variables: BTreeSet<&str> = template.variables().collect();
        if variables == given {
            return Ok(());
        }
        let variables: Vec<String> = variables.iter().map(|name| format!("{name}=…")).collect();
        known.insert(format!("--instance {}", variables.join(",")));
    }
    let given: Vec<String> = given.iter().map(|name| format!("`{name}`")).collect();
    let what = if known.is_empty() {
        "no service has one".to_owned()
    } else {
        format!(
            "there are: {}",
            known.into_iter().collect::<Vec<_>>().join(", ")
        )
    };
    Err(Failure::Other(format!(
        "--instance gives {}, and no key template has just that; {what}",
        given.join(" and ")
    )))
}
