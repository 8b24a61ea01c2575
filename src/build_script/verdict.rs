//! What the guard makes of a fleet and its surroundings, before any of it is told.

use std::path::Path;

use super::environment::{Environment, Switch};
use super::output::{Kind, Message};
use super::partial_tree::{Lacking, listed};
use super::place::{self, Place};
use super::{Guard, concern};
use crate::check::{Options, POLICY_FILE, Report, advise, check_apart, read_policy, unknown_names};
use crate::emit::registry::{Build, Fleet, MadeFrom};
use crate::emit::short::{self, Rest};
use crate::emit::{self, cargo, human};
use crate::finding::{Finding, Level};
use crate::inputs::{Content, Inputs};
use crate::resolve::secret_patterns;
use crate::rules::RuleId;
use crate::source::Sources;

/// How many findings a build tells; more are counted.
const MAX_FINDINGS: usize = 50;

/// What is to be told.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What fails the build and what does not, in the order it is told.
    pub(super) messages: Vec<Message>,
    /// What to watch, as directives.
    pub(super) watched: Vec<String>,
    /// The findings and failures among the messages, as the command shows them; empty if there are none.
    pub(super) report: String,
    /// The registry as JSON.
    pub(super) registry: String,
    /// The files that were read.
    pub(super) inputs: Vec<Content>,
}

impl Verdict {
    /// Checks the fleet of the crate.
    pub(super) fn of(guard: &Guard, environment: &Environment) -> Self {
        let mut verdict = Self {
            registry: emit::registry::registry(
                &[],
                Fleet::NONE,
                &Sources::new(),
                Build {
                    package: environment.package.as_deref(),
                    ..Build::default()
                },
            ),
            ..Self::default()
        };
        verdict.watch_surroundings(environment);
        let (Some(manifest_dir), Some(out_dir)) = (&environment.manifest_dir, &environment.out_dir)
        else {
            verdict.error(
                "could not check: `CARGO_MANIFEST_DIR` and `OUT_DIR` are not set; the guard runs in a build script"
                    .to_owned(),
            );
            return verdict;
        };
        let switch = match &environment.switch {
            Ok(switch) => *switch,
            Err(error) => {
                verdict.error(error.clone());
                // Nothing is checked; the registry is still wanted.
                Switch::Off
            }
        };
        let found = place::find(
            guard.policy.as_deref(),
            environment.root.as_deref(),
            manifest_dir,
        );
        match found {
            Err(_) if switch == Switch::Off => verdict.switched_off(),
            Err(why) if guard.is_optional && switch != Switch::Require => {
                verdict.watch_for_policy(guard, manifest_dir);
                verdict.warn(format!("not checked: {why}"));
            }
            Err(why) => verdict.error(format!("could not check: {why}")),
            Ok(place) if switch == Switch::Off => {
                verdict.write_registry_only(&place, out_dir, environment);
                verdict.switched_off();
            }
            Ok(place) => verdict.check(guard, environment, switch, &place),
        }
        verdict
    }

    /// Adds what fails the build.
    pub(super) fn error(&mut self, text: String) {
        self.messages.push(Message::new(Kind::Error, text));
    }

    fn warn(&mut self, text: String) {
        self.messages.push(Message::new(Kind::Warning, text));
    }

    fn fails(&self) -> bool {
        self.messages
            .iter()
            .any(|message| message.kind == Kind::Error)
    }

    fn switched_off(&mut self) {
        // An unknown switch has been told already.
        if !self.fails() {
            self.warn("not checked: the variable `KVGUARD` is `off`".to_owned());
        }
    }

    fn watch_surroundings(&mut self, environment: &Environment) {
        // Cargo's own default ends where anything is named, so the script is named, too: by its absolute path, as checkouts that
        // share a target directory have one set of directives, and cargo runs the script again where these name another file.
        let script = environment.manifest_dir.as_deref();
        let script = script.map(|directory| directory.join("build.rs"));
        if let Some(script) = script.filter(|script| script.is_file()) {
            self.watch_file(&script);
        }
        for name in ["KVGUARD", "KVGUARD_ROOT"] {
            self.watch_variable(name);
        }
    }

    /// Watches the place where a policy would be. As long as there is none cargo runs the script in every build; that is the price
    /// of noticing it once it appears. One that appears nearer to the package is not noticed.
    fn watch_for_policy(&mut self, guard: &Guard, manifest_dir: &Path) {
        let path = match &guard.policy {
            Some(policy) => manifest_dir.join(policy),
            None => place::workspace(manifest_dir).join(POLICY_FILE),
        };
        self.watch_file(&path);
    }

    /// Watches a file or a directory. A path that breaks the line would name something else; false for such a one.
    fn watch_file(&mut self, path: &Path) -> bool {
        let path = path.to_str().filter(|path| !path.contains(['\n', '\r']));
        if let Some(path) = path {
            self.watched.push(format!("cargo::rerun-if-changed={path}"));
        }
        path.is_some()
    }

    fn watch_variable(&mut self, name: &str) {
        self.watched
            .push(format!("cargo::rerun-if-env-changed={name}"));
    }

    /// What the macros compare with what they find. Runners other than cargo give each action a directory of its own, so that
    /// nothing would be where it was.
    fn build<'b>(&'b self, environment: &'b Environment, checked: bool) -> Build<'b> {
        let directory = environment.manifest_dir.as_deref();
        let directory = directory.filter(|_| environment.is_run_by_cargo);
        Build {
            package: environment.package.as_deref(),
            checked,
            made_from: directory.map(|directory| MadeFrom {
                directory,
                inputs: &self.inputs,
            }),
        }
    }

    fn watch_inputs(&mut self, inputs: &Inputs, out_dir: &Path) -> Vec<String> {
        let watch = inputs.watch(out_dir);
        self.inputs = watch.files.iter().cloned().map(Content::of).collect();
        let mut unnoticed = watch.unnoticed;
        for path in watch.files.iter().chain(&watch.directories) {
            if !self.watch_file(path) {
                unnoticed.push(path.display().to_string());
            }
        }
        unnoticed
    }

    fn write_registry_only(&mut self, place: &Place, out_dir: &Path, environment: &Environment) {
        let Ok(mut inputs) = Inputs::new(&place.root) else {
            return;
        };
        if let Ok(policy) = read_policy(place.policy.as_deref(), &mut inputs) {
            let (registry, _) = crate::registry::read(&mut inputs, &policy.registry);
            let mut failures = Vec::new();
            let secrets = secret_patterns(&policy, &mut inputs, &mut failures);
            advise(&mut failures, &mut inputs);
            // Without all of them a service would seed its secrets.
            for failure in &failures {
                self.warn(cargo::failure(failure, inputs.sources()));
            }
            self.watch_inputs(&inputs, out_dir);
            if failures.is_empty() {
                self.registry = emit::registry::registry(
                    &registry.descriptors,
                    Fleet::new(&policy, &secrets),
                    inputs.sources(),
                    self.build(environment, false),
                );
            }
        } else {
            self.watch_inputs(&inputs, out_dir);
        }
    }

    fn check(&mut self, guard: &Guard, environment: &Environment, switch: Switch, place: &Place) {
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
        let unnoticed = match (&report.inputs, &environment.out_dir) {
            (Some(inputs), Some(out_dir)) => self.watch_inputs(inputs, out_dir),
            _ => Vec::new(),
        };
        let is_checked = report.failures.is_empty();
        let lacking = Lacking::of(&report);
        let excused = lacking.excuse(guard, switch, &options, &mut report);
        if let (Some(model), true) = (&report.model, lacking.has_registry()) {
            options.deployments.clone_from(&guard.deployments);
            options.services.clone_from(&guard.services);
            let unknown = unknown_names(&options, model);
            report.failures.extend(unknown);
        }
        // Without all patterns of secrets a service would seed some.
        let whole = report.model.as_ref();
        if let Some(model) = whole.filter(|model| model.are_secrets_whole) {
            self.registry = emit::registry::registry(
                &model.services,
                Fleet::new(&model.policy, &model.secrets),
                report.sources(),
                self.build(environment, is_checked),
            );
        }
        let cap = report.model.as_ref().map_or(Level::Deny, |model| {
            if switch == Switch::Unset && model.policy.build.local != model.policy.build.ci {
                self.watch_variable("CI");
            }
            concern::cap(environment, switch, model)
        });
        let elsewhere = concern::narrow(&mut report, guard, environment, switch, cap);
        let checks_some = excused.as_ref().is_none_or(|excused| excused.checks_some);
        if let Some(excused) = excused {
            self.warn(excused.warning);
        }
        if let Some(text) = elsewhere {
            self.warn(text);
        }
        self.tell(&report);
        if !self.fails() && checks_some && !unnoticed.is_empty() {
            self.warn(format!(
                "what is added at {} is noticed only when the build script runs again: the directory there holds build output or too much to be watched",
                listed(&unnoticed)
            ));
        }
    }

    fn tell(&mut self, report: &Report) {
        let sources = report.sources();
        for failure in &report.failures {
            let text = cargo::failure(failure, sources);
            self.messages.push(Message::of_report(Kind::Error, text));
        }
        for finding in report.findings.iter().take(MAX_FINDINGS) {
            let text = short::finding(finding, sources, Rest::Report);
            self.messages
                .push(Message::of_report(Kind::of(finding.level), text));
        }
        // The most serious come first: the first that is hidden tells of what kind the rest may be.
        if let Some(finding) = report.findings.get(MAX_FINDINGS) {
            let text = format!(
                "{} more findings: see the report",
                report.findings.len() - MAX_FINDINGS
            );
            self.messages
                .push(Message::of_report(Kind::of(finding.level), text));
        }
        if !report.failures.is_empty() || !report.findings.is_empty() {
            self.report = human::report(report, human::Style::default());
        }
    }
}

pub(super) fn is_about_a_file(finding: &Finding) -> bool {
    finding.rule.is_about_a_file()
}

/// Whether something does not parse, which is wrong whatever else is missing.
pub(super) fn does_not_parse(finding: &Finding) -> bool {
    finding.rule == RuleId::MalformedFile
}
