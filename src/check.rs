//! One run of the guard: policy, inputs, model, rules, report.

mod missing;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::allowed::{Allowances, Allowed};
#[cfg(feature = "rust-sources")]
use crate::code;
use crate::deploy::Failure;
use crate::finding::{Finding, Fingerprint, Level, add_sorted};
use crate::inputs::{InputError, InputErrorKind, Inputs};
use crate::judge;
use crate::live::Seen;
use crate::policy::date::Date;
use crate::policy::{self, Policy};
use crate::resolve::{Deployment, Model, ResolvedWorkload, assemble};
use crate::rules::links::NotJudged;
use crate::rules::{RULES, RuleId};
use crate::source::{Fragment, SourceId, Sources, Syntax, read};
use crate::suggest::nearest;
pub(crate) use missing::advise;

/// The policy's name where none is given.
pub const POLICY_FILE: &str = "kvguard.toml";

/// What to check, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Paths in the policy are relative to it, and nothing outside is read.
    pub root: PathBuf,
    /// The policy; `None`: [`POLICY_FILE`] at the root.
    pub policy: Option<PathBuf>,
    /// Only what is found of these deployments; empty: of all.
    pub deployments: Vec<String>,
    /// Only what is found of these services; empty: of all.
    pub services: Vec<String>,
    /// Levels over those of the policy.
    pub levels: Vec<(RuleId, Level)>,
    /// The day on which excuses are judged.
    pub today: Date,
    /// Variables for `${…}` in compose files, over those of the policy.
    pub variables: Vec<(String, String)>,
    /// Whether the services' source code is read, too, for the rules about it. Without the feature `rust-sources` that is a failure.
    pub reads_code: bool,
}

impl Options {
    /// Whether a finding is about a deployment and a service that are asked for, or about none in particular.
    pub fn asks_for(&self, finding: &Finding) -> bool {
        judge::is_asked_for(finding, self)
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Report {
    /// The findings at `warn` and `deny`, in the order of files and lines.
    pub findings: Vec<Finding>,
    /// The findings that would be reported if nothing allowed them, each by itself.
    pub allowed: Vec<Allowed>,
    /// What allows findings outside of the policy.
    pub allowances: Allowances,
    /// The fingerprints of findings that are left out because a reported finding says the same.
    pub consequences: Vec<Fingerprint>,
    /// What no file decides, so that rules about it do not speak.
    pub not_judged: Vec<NotJudged>,
    /// What could not be checked.
    pub failures: Vec<Failure>,
    /// All that was resolved, unless the policy itself could not be read.
    pub model: Option<Model>,
    /// What was read.
    pub inputs: Option<Inputs>,
    deployments: Vec<String>,
    services: Vec<String>,
    /// The rules that were asked.
    rules: BTreeSet<RuleId>,
    no_sources: Sources,
}

impl Report {
    /// The texts that spans lie in.
    pub fn sources(&self) -> &Sources {
        self.inputs
            .as_ref()
            .map_or(&self.no_sources, Inputs::sources)
    }

    /// 0: clean; 1: findings at `deny`; 2: something could not be checked.
    pub fn exit_code(&self) -> u8 {
        if self.failures.is_empty() {
            u8::from(
                self.findings
                    .iter()
                    .any(|finding| finding.level == Level::Deny),
            )
        } else {
            2
        }
    }

    /// The deployments that were asked for.
    pub fn deployments(&self) -> impl Iterator<Item = (&Model, &Deployment)> {
        self.model.iter().flat_map(|model| {
            let asked = |name: &str| {
                self.deployments.is_empty() || self.deployments.iter().any(|asked| asked == name)
            };
            model
                .deployments
                .iter()
                .filter(move |deployment| asked(deployment.name()))
                .map(move |deployment| (model, deployment))
        })
    }

    /// The deployments and the services that were asked for; of what is empty, all.
    pub fn asked_for(&self) -> (&[String], &[String]) {
        (&self.deployments, &self.services)
    }

    /// Why a rule did not look at a deployment, so that it finds nothing there and does not pass; `None` if it looked. What it could
    /// not judge is in [`Report::not_judged`].
    pub fn not_asked(&self, rule: RuleId, deployment: &str) -> Option<&'static str> {
        if !self.rules.contains(&rule) {
            return Some(if rule.is_about_running() {
                "it judges what runs, and nobody looked at that"
            } else {
                "only what runs was judged"
            });
        }
        let mut seen = self.model.iter().flat_map(|model| &model.seen);
        match seen.find(|seen| seen.deployment == deployment) {
            _ if !rule.is_about_running() => None,
            None => Some("nobody looked at this deployment"),
            Some(seen) if !seen.looked_for.contains(&rule) => {
                Some("nobody looked at what it judges")
            }
            Some(_) => None,
        }
    }

    /// A deployment's workloads of the services that were asked for.
    pub fn workloads<'r>(
        &'r self,
        deployment: &'r Deployment,
    ) -> impl Iterator<Item = &'r ResolvedWorkload> {
        deployment.workloads.iter().filter(|workload| {
            let service = self
                .model
                .as_ref()
                .and_then(|model| model.service_of(workload));
            self.services.is_empty()
                || service.is_some_and(|service| self.services.iter().any(|asked| asked == service))
        })
    }

    /// Makes one finding of those with one cause, and puts all in their order.
    pub fn tell_together(&mut self) {
        let findings = std::mem::take(&mut self.findings);
        self.findings = judge::together(findings, self.sources());
    }

    /// Judges again, with what was seen of deployments while they run: by the rules about that, and by those that `also` names.
    /// Findings with one cause stay apart until [`Report::tell_together`]. Without a model nothing can be judged, and a failure of
    /// the report tells why.
    pub fn observe(&mut self, options: &Options, seen: Vec<Seen>, also: fn(RuleId) -> bool) {
        let Some((mut model, inputs)) = self.model.take().zip(self.inputs.take()) else {
            return;
        };
        let unknown: Vec<String> = seen
            .iter()
            .filter_map(|seen| seen.unknown(&model))
            .collect();
        model.seen = seen;
        let allowances = std::mem::take(&mut self.allowances);
        let mut failures = std::mem::take(&mut self.failures);
        let unknown = unknown.into_iter();
        failures.extend(unknown.map(|message| Failure::new(message, None)));
        let asked = &options.deployments;
        failures.retain(|failure| {
            let its = &failure.deployments;
            its.is_empty() || asked.is_empty() || its.iter().any(|name| asked.contains(name))
        });
        *self = judged(options, model, allowances, inputs, failures, &|rule| {
            rule.is_about_running() || also(rule)
        });
    }

    fn failed(options: &Options, inputs: Option<Inputs>, failures: Vec<Failure>) -> Self {
        Self {
            findings: Vec::new(),
            allowed: Vec::new(),
            allowances: Allowances::default(),
            consequences: Vec::new(),
            not_judged: Vec::new(),
            failures,
            model: None,
            inputs,
            deployments: options.deployments.clone(),
            services: options.services.clone(),
            rules: BTreeSet::new(),
            no_sources: Sources::new(),
        }
    }
}

/// Checks a fleet.
pub fn check(options: &Options) -> Report {
    let mut report = check_apart(options);
    report.tell_together();
    report
}

/// Checks a fleet on the disk, and leaves findings with one cause apart, as [`check_inputs`] does.
pub(crate) fn check_apart(options: &Options) -> Report {
    match Inputs::new(&options.root) {
        Ok(inputs) => check_inputs(options, inputs),
        Err(error) => {
            let failure = Failure::new(format!("the root {error}"), None);
            Report::failed(options, None, vec![failure])
        }
    }
}

/// Checks a fleet whose files may lie anywhere; the root that the options name is not looked at. Findings with one cause stay apart:
/// who tells only some of them must choose before [`Report::tell_together`] makes them one, as that one shows the lines of all.
pub fn check_inputs(options: &Options, mut inputs: Inputs) -> Report {
    let mut policy = match read_policy(options.policy.as_deref(), &mut inputs) {
        Ok(policy) => policy,
        Err(failures) => return Report::failed(options, Some(inputs), failures),
    };
    policy.set_variables(&options.variables);
    let mut model = assemble(policy, &mut inputs, options.today);
    #[cfg(feature = "rust-sources")]
    if options.reads_code {
        let mut failures = std::mem::take(&mut model.failures);
        model.code = Some(code::read(&model.policy, &mut inputs, &mut failures));
        model.failures = failures;
    }
    #[cfg(not(feature = "rust-sources"))]
    if options.reads_code {
        model.failures.push(Failure::new(
            "the services' code was to be read, and this build of kvguard leaves that out; turn its feature `rust-sources` on, or set `reads_code` to false",
            None,
        ));
    }
    let mut failures = std::mem::take(&mut model.failures);
    failures.extend(unknown_names(options, &model));
    let allowances = Allowances::read(&mut inputs, &mut failures);
    let mut failures = in_order(failures);
    advise(&mut failures, &mut inputs);
    missing::suggest_templates(&mut model, &mut inputs);
    judged(
        options,
        model,
        allowances,
        inputs,
        failures,
        &is_about_files,
    )
}

/// Whether a rule judges what files tell.
fn is_about_files(rule: RuleId) -> bool {
    !rule.is_about_running()
}

/// Checks again without some deployments, because files of theirs do not exist in this tree. What kept only these from being
/// checked is no failure then. Of what concerns only them the files that do not parse are still told.
pub(crate) fn leave_out(report: &mut Report, options: &Options, deployments: &[String]) {
    let is_left_out = |name: &String| deployments.contains(name);
    let mut failures = std::mem::take(&mut report.failures);
    failures.retain(|failure| {
        let its = &failure.deployments;
        its.is_empty() || !its.iter().all(is_left_out)
    });
    let whole = report.model.take().zip(report.inputs.take());
    let Some((mut model, inputs)) = whole else {
        report.failures = failures;
        return;
    };
    model.leave_out(deployments, inputs.sources());
    let allowances = std::mem::take(&mut report.allowances);
    *report = judged(
        options,
        model,
        allowances,
        inputs,
        failures,
        &is_about_files,
    );
    report.findings.retain(|finding| {
        let its = &finding.deployments;
        finding.rule == RuleId::MalformedFile || its.is_empty() || !its.iter().all(is_left_out)
    });
}

/// Asks the rules that are wanted about a model.
fn judged(
    options: &Options,
    model: Model,
    allowances: Allowances,
    inputs: Inputs,
    mut failures: Vec<Failure>,
    is_wanted: &dyn Fn(RuleId) -> bool,
) -> Report {
    let mut findings = Vec::new();
    let asked = RULES.iter().filter(|rule| is_wanted(rule.id));
    for rule in asked.clone() {
        rule.check(&model, &mut findings);
    }
    if is_wanted(RuleId::SourceDrift) {
        let without = judge::deployments_without_clients(&findings, &failures, &model, options);
        for failure in without {
            if !failures.contains(&failure) {
                failures.push(failure);
            }
        }
    }
    let judged = judge::judge(
        findings,
        &model,
        &allowances,
        options,
        inputs.sources(),
        is_wanted,
    );
    let mut not_judged = judge::not_judged(&model, options);
    not_judged.retain(|one| is_wanted(one.rule));
    Report {
        findings: judged.findings,
        allowed: judged.allowed,
        allowances,
        consequences: judged.consequences,
        not_judged,
        failures,
        model: Some(model),
        inputs: Some(inputs),
        deployments: options.deployments.clone(),
        services: options.services.clone(),
        rules: asked.map(|rule| rule.id).collect(),
        no_sources: Sources::new(),
    }
}

/// In the order of files and lines. Of what keeps several deployments from being checked there is one.
fn in_order(mut failures: Vec<Failure>) -> Vec<Failure> {
    failures.sort_by(|one, other| (one.span, &one.message).cmp(&(other.span, &other.message)));
    failures.dedup_by(|later, first| {
        let is_same = later.span == first.span
            && later.message == first.message
            && later.deployments.is_empty() == first.deployments.is_empty();
        if is_same {
            for name in later.deployments.drain(..) {
                add_sorted(&mut first.deployments, name);
            }
        }
        is_same
    });
    failures
}

/// Reads the policy alone.
pub(crate) fn read_policy(
    path: Option<&Path>,
    inputs: &mut Inputs,
) -> Result<Policy, Vec<Failure>> {
    let fail = |message: String| vec![Failure::new(message, None)];
    let id = read_policy_file(path, inputs).map_err(|error| match error.kind {
        InputErrorKind::Missing => fail(format!(
            "there is no policy: {error}; `cargo kvguard init` writes one to begin with, or name it with --policy"
        )),
        _ => fail(format!("the policy {error}")),
    })?;
    let fragment = Fragment::of_source(inputs.sources(), id);
    let documents = read(inputs.sources_mut(), &fragment, Syntax::Toml);
    let as_failures = |problems: Vec<crate::source::Problem>| {
        problems
            .into_iter()
            .map(|problem| {
                let message = if problem.message.starts_with("the policy") {
                    problem.message
                } else {
                    format!("the policy: {}", problem.message)
                };
                Failure::new(message, Some(problem.span))
            })
            .collect::<Vec<_>>()
    };
    if !documents.problems.is_empty() {
        let mut problems = documents.problems;
        for problem in &mut problems {
            // What does not parse may be a secret, so only its beginning is told.
            problem.span.end = problem.span.start;
        }
        return Err(as_failures(problems));
    }
    let Some(root) = documents.single() else {
        return Err(fail("the policy is empty".to_owned()));
    };
    policy::read(root).map_err(as_failures)
}

fn read_policy_file(path: Option<&Path>, inputs: &mut Inputs) -> Result<SourceId, InputError> {
    match path {
        Some(path) => inputs.read_named(path),
        None => inputs.read(POLICY_FILE),
    }
}

/// A deployment or service that was asked for and does not exist would be found clean.
pub fn unknown_names(options: &Options, model: &Model) -> Vec<Failure> {
    if options.deployments.is_empty() && options.services.is_empty() {
        return Vec::new();
    }
    let deployments: BTreeSet<&str> = model.deployments.iter().map(Deployment::name).collect();
    let services: BTreeSet<&str> = model
        .services
        .iter()
        .map(|descriptor| descriptor.name.value.as_str())
        .collect();
    let asked = [
        ("deployment", &options.deployments, deployments),
        ("service", &options.services, services),
    ];
    asked
        .into_iter()
        .flat_map(|(what, asked, known)| {
            asked
                .iter()
                .filter(|name| !known.contains(name.as_str()))
                .map(|name| unknown(what, name, &known))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn unknown(what: &str, name: &str, known: &BTreeSet<&str>) -> Failure {
    let hint = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    Failure::new(format!("there is no {what} `{name}`{hint}"), None)
}

#[cfg(all(test, not(feature = "rust-sources")))]
mod tests {
    use std::path::Path;

    use super::{Options, check};
    use crate::policy::date::Date;

    #[test]
    fn a_build_that_cannot_read_code_does_not_pass_where_it_is_asked_to() {
        let options = |reads_code| Options {
            root: Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet"),
            policy: None,
            deployments: Vec::new(),
            services: Vec::new(),
            levels: Vec::new(),
            today: Date::parse("2026-06-01").unwrap(),
            variables: Vec::new(),
            reads_code,
        };
        let asks = check(&options(true));
        assert_eq!(asks.exit_code(), 2);
        let mut failures = asks.failures.iter();
        assert!(failures.any(|failure| failure.message.contains("`rust-sources`")));
        let mut failures = check(&options(false)).failures.into_iter();
        assert!(!failures.any(|failure| failure.message.contains("`rust-sources`")));
    }
}
