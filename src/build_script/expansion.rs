//! The guard inside a macro: what it reads and finds is given, not told, and nothing is written.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::environment::{Environment, Switch};
use super::partial_tree::Lacking;
use super::place::{self, Place};
use super::{Guard, concern};
use crate::check::{Options, Report, advise, check_apart, read_policy, unknown_names};
use crate::emit::registry::{Build, Fleet};
use crate::emit::short::{self, Rest};
use crate::emit::{self, cargo};
use crate::finding::Level;
use crate::inputs::Inputs;
use crate::resolve::{assemble, secret_patterns};
use crate::source::Sources;

/// What the services declare, where no build script has left it.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The registry in the form of [`super::REGISTRY_FILE`].
    pub registry: String,
    /// What kept it from being read, each in a few lines with its places.
    pub errors: Vec<String>,
    /// Every file that was read, absolute.
    pub files: Vec<PathBuf>,
}

/// What the guard found.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// What fails the build, each in a few lines with its places.
    pub errors: Vec<String>,
    /// What does not.
    pub warnings: Vec<String>,
    /// The services that are declared, if the policy could be read.
    pub services: Vec<String>,
    /// The deployments that the policy names, if it could be read.
    pub deployments: Vec<String>,
    /// Every file that was read, absolute.
    pub files: Vec<PathBuf>,
    /// The variables of the environment that decided what is told.
    pub variables: Vec<&'static str>,
    /// Directories, and files that are not there, relative to the root: what is added there would be read,
    /// and only a build script can watch for it.
    pub unnoticed: Vec<String>,
}

/// How a variable of the environment is looked up.
pub type Lookup<'l> = &'l dyn Fn(&str) -> Option<OsString>;

impl Guard {
    /// Reads what the services declare, and no deployment. `variable` looks a variable of the environment up.
    pub fn declared(&self, variable: Lookup<'_>) -> Declared {
        let environment = Environment::for_macro(variable);
        let package = environment.package.as_deref();
        let build = Build {
            package,
            ..Build::default()
        };
        let nothing = emit::registry::registry(&[], Fleet::NONE, &Sources::new(), build);
        let mut declared = Declared {
            registry: nothing,
            ..Declared::default()
        };
        let place = match self.place(&environment) {
            Ok(place) => place,
            Err(error) => {
                declared.errors.push(error);
                return declared;
            }
        };
        let mut inputs = match Inputs::new(&place.root) {
            Ok(inputs) => inputs,
            Err(error) => {
                declared.errors.push(format!("the root {error}"));
                return declared;
            }
        };
        match read_policy(place.policy.as_deref(), &mut inputs) {
            Ok(policy) => {
                let (registry, failures) = crate::registry::read(&mut inputs, &policy.registry);
                let mut failures = failures;
                let secrets = secret_patterns(&policy, &mut inputs, &mut failures);
                advise(&mut failures, &mut inputs);
                let sources = inputs.sources();
                let failures = failures
                    .iter()
                    .map(|failure| cargo::problem(&failure.message, failure.span, sources));
                let problems = registry.problems.iter().map(|problem| {
                    let message = format!("the registry: {}", problem.message);
                    cargo::problem(&message, Some(problem.span), sources)
                });
                declared.errors = failures.chain(problems).collect();
                declared.registry = emit::registry::registry(
                    &registry.descriptors,
                    Fleet::new(&policy, &secrets),
                    sources,
                    build,
                );
            }
            Err(failures) => {
                let sources = inputs.sources();
                declared.errors = failures
                    .iter()
                    .map(|failure| cargo::problem(&failure.message, failure.span, sources))
                    .collect();
            }
        }
        declared.files = files(&inputs);
        declared
    }

    /// Checks as [`Guard::run`] does. `variable` looks a variable of the environment up.
    pub fn examine(&self, variable: Lookup<'_>) -> Examined {
        let environment = Environment::for_macro(variable);
        let (switch, mut examined) = match examination(&environment) {
            Ok(begun) => begun,
            Err(over) => return *over,
        };
        if switch == Switch::Off {
            return examined;
        }
        match self.place(&environment) {
            Ok(place) => {
                self.examine_place(&place, &environment, switch, &mut examined);
            }
            Err(why) if self.is_optional && switch != Switch::Require => {
                examined.warnings.push(format!("not checked: {why}"));
            }
            Err(why) => examined.errors.push(format!("could not check: {why}")),
        }
        examined
    }

    /// Checks, and gives what was resolved besides, also where nothing is to be checked.
    pub(super) fn examine_whole(&self, variable: Lookup<'_>) -> (Examined, Option<Report>) {
        let environment = Environment::for_macro(variable);
        let (switch, mut examined) = match examination(&environment) {
            Ok(begun) => begun,
            Err(over) => return (*over, None),
        };
        let place = match self.place(&environment) {
            Ok(place) => place,
            Err(why) => {
                examined.errors.push(format!("could not check: {why}"));
                return (examined, None);
            }
        };
        let mut told = Examined::default();
        let report = self.examine_place(&place, &environment, switch, &mut told);
        if switch == Switch::Off {
            // What cannot be read cannot be tested, either.
            told.errors.truncate(report.failures.len());
            told.warnings = examined.warnings;
        }
        told.variables.extend(examined.variables);
        (told, Some(report))
    }

    pub(super) fn place(&self, environment: &Environment) -> Result<Place, String> {
        let Some(manifest_dir) = &environment.manifest_dir else {
            return Err("`CARGO_MANIFEST_DIR` is not set; build with cargo".to_owned());
        };
        place::find(
            self.policy.as_deref(),
            environment.root.as_deref(),
            manifest_dir,
        )
    }

    fn examine_place(
        &self,
        place: &Place,
        environment: &Environment,
        switch: Switch,
        examined: &mut Examined,
    ) -> Report {
        let mut options = Options {
            root: place.root.clone(),
            policy: place.policy.clone(),
            // What concerns others is counted, so that everything is asked for here.
            deployments: Vec::new(),
            services: Vec::new(),
            levels: Vec::new(),
            today: environment.today,
            variables: Vec::new(),
            reads_code: false,
        };
        let mut report = check_apart(&options);
        examined.unnoticed = self.unnoticed(&report, &place.root);
        let lacking = Lacking::of(&report);
        let excused = lacking.excuse(self, switch, &options, &mut report);
        examined
            .warnings
            .extend(excused.map(|excused| excused.warning));
        options.deployments.clone_from(&self.deployments);
        options.services.clone_from(&self.services);
        let cap = if let Some(model) = &report.model {
            let declared = model.services.iter();
            examined.services = declared.map(|service| service.name.value.clone()).collect();
            let deployments = model.deployments.iter();
            examined.deployments = deployments
                .map(|deployment| deployment.name().to_owned())
                .collect();
            if switch == Switch::Unset && model.policy.build.local != model.policy.build.ci {
                examined.variables.push("CI");
            }
            if lacking.has_registry() {
                report.failures.extend(unknown_names(&options, model));
            }
            concern::cap(environment, switch, model)
        } else {
            Level::Deny
        };
        let elsewhere = concern::narrow(&mut report, self, environment, switch, cap);
        examined.warnings.extend(elsewhere);
        let sources = report.sources();
        let failures = report.failures.iter();
        examined
            .errors
            .extend(failures.map(|failure| cargo::failure(failure, sources)));
        for finding in &report.findings {
            let text = short::finding(finding, sources, Rest::Command);
            if finding.level == Level::Deny {
                examined.errors.push(text);
            } else {
                examined.warnings.push(text);
            }
        }
        examined.files = report.inputs.as_ref().map(files).unwrap_or_default();
        report
    }

    /// Where an addition that the deployments asked for would read goes unnoticed.
    fn unnoticed(&self, report: &Report, root: &Path) -> Vec<String> {
        let (Some(inputs), Some(model)) = (&report.inputs, &report.model) else {
            return Vec::new();
        };
        let is_whole = report.failures.is_empty();
        let all = growing(inputs, is_whole);
        if all.is_empty() || self.deployments.is_empty() {
            return all.into_iter().collect();
        }
        // Which deployment a directory was read for is told by reading without the others.
        let mut policy = model.policy.clone();
        policy
            .deployments
            .retain(|deployment| self.deployments.contains(&deployment.name.value));
        let Ok(mut inputs) = Inputs::new(root) else {
            return all.into_iter().collect();
        };
        assemble(policy, &mut inputs, model.today);
        growing(&inputs, is_whole).into_iter().collect()
    }
}

/// What an examination begins with; `Err` with what it comes to if it cannot begin.
fn examination(environment: &Environment) -> Result<(Switch, Examined), Box<Examined>> {
    let mut examined = Examined {
        variables: vec!["KVGUARD", "KVGUARD_ROOT"],
        ..Examined::default()
    };
    match &environment.switch {
        Ok(switch) => {
            if *switch == Switch::Off {
                let message = "not checked: the variable `KVGUARD` is `off`";
                examined.warnings.push(message.to_owned());
            }
            Ok((*switch, examined))
        }
        Err(error) => {
            examined.errors.push(error.clone());
            Err(Box::new(examined))
        }
    }
}

/// Of what is not there a failure tells.
fn growing(inputs: &Inputs, is_whole: bool) -> BTreeSet<String> {
    let directories = inputs.directories().map(|directory| match directory {
        "" => ".".to_owned(),
        directory => directory.to_owned(),
    });
    let missing = inputs.missing().filter(|_| is_whole).map(str::to_owned);
    directories.chain(missing).collect()
}

pub(super) fn files(inputs: &Inputs) -> Vec<PathBuf> {
    let inside = inputs.files().map(|path| inputs.root().join(path));
    let outside = inputs.files_outside().map(PathBuf::from);
    inside.chain(outside).collect()
}

impl Environment {
    /// What is known of the surroundings of a macro: cargo runs the compiler, not the macro.
    pub(super) fn for_macro(variable: Lookup<'_>) -> Self {
        Self::of(variable, None, super::environment::today())
    }
}
