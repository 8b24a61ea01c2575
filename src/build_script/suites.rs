//! What the macros that expand to tests ask the guard: who is granted what, and whose code is tested.

use std::path::PathBuf;

use super::environment::{Environment, Switch};
use super::expansion::{Lookup, files};
use super::{Guard, verdict};
use crate::check::{Options, Report, check_apart};
use crate::emit::cargo;
use crate::emit::short::{self, Rest};
use crate::finding::Level;
use crate::judge;
use crate::rules::RuleId;

/// What is granted to each service in each deployment.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Each deployment's services, all in the order of the policy and the registry.
    pub deployments: Vec<(String, Vec<Granted>)>,
    /// What was read.
    pub read: Read,
}

/// What is granted to a service in a deployment.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The service.
    pub service: String,
    /// What is wrong with its access there, each in a few lines with its places; nothing if it has what it needs.
    pub errors: Vec<String>,
}

/// Whose code has a bootstrap test.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Each service whose code is in the workspace; what is missing, with its places, unless it is tested.
    pub services: Vec<(String, Option<String>)>,
    /// What was read.
    pub read: Read,
}

/// What a run read, and what kept it from reading.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// What could not be checked, each in a few lines with its places.
    pub errors: Vec<String>,
    /// Whether nothing was checked because `KVGUARD` is `off`.
    pub is_off: bool,
    /// Every file that was read, absolute.
    pub files: Vec<PathBuf>,
    /// The variables of the environment that decided what is told.
    pub variables: Vec<&'static str>,
}

impl Guard {
    /// Looks at the access of every service in every deployment. `variable` looks a variable of the environment up.
    pub fn access(&self, variable: Lookup<'_>) -> Access {
        let mut access = Access::default();
        let Some(report) = self.look(variable, false, &mut access.read) else {
            return access;
        };
        let Some(model) = &report.model else {
            return access;
        };
        let sources = report.sources();
        let is_of_access = |code: &str| code.starts_with("KV1");
        access.deployments = model
            .deployments
            .iter()
            .map(|deployment| {
                let granted = model.services.iter().map(|descriptor| {
                    let service = &descriptor.name.value;
                    let errors = report.findings.iter().filter(|finding| {
                        finding.level == Level::Deny
                            && is_of_access(finding.rule.rule().code)
                            && (finding.services.contains(service)
                                || finding.rule == RuleId::AccessTableMissing)
                            && finding
                                .deployments
                                .iter()
                                .any(|name| name == deployment.name())
                    });
                    let errors = judge::together(errors.cloned().collect(), sources);
                    Granted {
                        service: service.clone(),
                        errors: errors
                            .iter()
                            .map(|finding| short::finding(finding, sources, Rest::Command))
                            .collect(),
                    }
                });
                (deployment.name().to_owned(), granted.collect())
            })
            .collect();
        access
    }

    /// Looks whose code has a bootstrap test. `variable` looks a variable of the environment up.
    pub fn coverage(&self, variable: Lookup<'_>) -> Coverage {
        let mut coverage = Coverage::default();
        let Some(report) = self.look(variable, true, &mut coverage.read) else {
            return coverage;
        };
        let Some(model) = &report.model else {
            return coverage;
        };
        let Some(code) = &model.code else {
            let message =
                "kvguard was built without its feature `rust-sources`, so no code was read";
            coverage.read.errors.push(message.to_owned());
            return coverage;
        };
        let sources = report.sources();
        let problems = code.problems.iter();
        coverage.read.errors.extend(
            problems.map(|problem| cargo::problem(&problem.message, Some(problem.span), sources)),
        );
        if code.services.is_empty() && coverage.read.errors.is_empty() {
            let message = "the policy tells no service's `sources`, so no test would be missed";
            coverage.read.errors.push(message.to_owned());
        }
        coverage.services = code
            .services
            .iter()
            .filter(|service| !model.is_carried(&service.service))
            .map(|service| {
                let name = &service.service;
                let missing = (!code.tested.contains(name)).then(|| {
                    let message = format!(
                        "service `{name}` has no KV bootstrap test: write one with #[kv_bootstrap_test(\"{name}\")] in `{}/tests`",
                        service.directory.value
                    );
                    cargo::problem(&message, Some(service.directory.span), sources)
                });
                (name.clone(), missing)
            })
            .collect();
        coverage
    }

    fn look(&self, variable: Lookup<'_>, reads_code: bool, read: &mut Read) -> Option<Report> {
        let environment = Environment::for_macro(variable);
        read.variables = vec!["KVGUARD", "KVGUARD_ROOT"];
        match &environment.switch {
            Ok(Switch::Off) => {
                read.is_off = true;
                return None;
            }
            Ok(_) => {}
            Err(error) => {
                read.errors.push(error.clone());
                return None;
            }
        }
        let place = match self.place(&environment) {
            Ok(place) => place,
            Err(why) => {
                read.errors.push(format!("could not check: {why}"));
                return None;
            }
        };
        let report = check_apart(&Options {
            root: place.root,
            policy: place.policy,
            deployments: Vec::new(),
            services: Vec::new(),
            levels: Vec::new(),
            today: environment.today,
            variables: Vec::new(),
            reads_code,
        });
        let sources = report.sources();
        let failures = report.failures.iter();
        read.errors = failures
            .map(|failure| cargo::failure(failure, sources))
            .collect();
        // What hides a table from the guard is about every service in it.
        let unread = report
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Deny && verdict::is_about_a_file(finding));
        let unread = judge::together(unread.cloned().collect(), sources);
        let unread = unread
            .iter()
            .map(|finding| short::finding(finding, sources, Rest::Command));
        read.errors.extend(unread);
        read.files = report.inputs.as_ref().map(files).unwrap_or_default();
        Some(report)
    }
}
