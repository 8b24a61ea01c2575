//! `cargo kvguard release-check`
//!
//! [`work_tree`] refuses what would not be in the tag; the whole static check runs; [`store`] starts a store of the command's own, in
//! which [`seeding`] tries the templates of every deployment; [`images`] notes what is shipped.

mod images;
mod seeding;
mod store;
mod work_tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kvguard::check::{Options, Report};
use kvguard::deploy;
use kvguard::emit::human;
use kvguard::key;
use kvguard::live::Seen;
use kvguard::registry::KeyDeclaration;
use kvguard::resolve::Model;
use kvguard::rules::RuleId;
use tokio::time::Instant;

use super::Outcome;
use crate::cli::{Fleet, Scope};
use crate::exit_code::COULD_NOT_CHECK;
use crate::fleet;
use crate::live::arguments::time;
use crate::live::failure::Failure;
use crate::live::present::Presentation;
use crate::live::progress::Progress;
use crate::live::session::JUDGE_VALUES;
use crate::live::stop::Signals;
use crate::live::target::Target;
use crate::output::{Colour, print_error};
use store::OwnStore;

/// The value of a key template's variable in the command's own store.
const SAMPLE: &str = "release-check";

/// `release-check`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub fleet: Fleet,
    /// Only this deployment (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub deployment: Vec<String>,
    /// The tag that the release gets, and that every image must have
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// A variable that the release sets, for `${…}` in compose files (may be repeated)
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// A path that may differ from the last commit, as the release script writes it; relative to the root (may be repeated)
    #[arg(long, value_name = "PATH")]
    pub may_differ: Vec<PathBuf>,
    /// How long the whole may take
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = time)]
    pub timeout: Duration,
    #[command(flatten)]
    pub presentation: Presentation,
}

/// Checks what a release would ship, and writes nothing below the root.
pub fn run(arguments: &Arguments, colour: Colour) -> Outcome {
    let scope = Scope {
        deployment: arguments.deployment.clone(),
        service: Vec::new(),
    };
    let mut options = fleet::options(&arguments.fleet, &scope, Vec::new())?;
    options.variables.clone_from(&arguments.env);
    work_tree::refuse_changes(&options.root, &arguments.may_differ)?;
    let report = fleet::checked(&options);
    if report.model.is_none() {
        print_error(&human::failures(&report, false));
        return Ok(COULD_NOT_CHECK);
    }
    let mut trial = Trial {
        arguments,
        options,
        progress: Progress::new(arguments.presentation.quiet),
        target: None,
        seen: Vec::new(),
        failures: Vec::new(),
    };
    let mut report = trial.run(report)?;
    trial.progress.finish();
    let failures = trial.failures.iter();
    let failures = failures.map(|failure| deploy::Failure::new(failure.to_string(), None));
    report.failures.extend(failures);
    report.observe(&trial.options, trial.seen, |_| true);
    report.tell_together();
    arguments
        .presentation
        .present(&report, &trial.options, colour)
}

/// A release on trial. What was seen stays here where the trial is stopped.
struct Trial<'a> {
    arguments: &'a Arguments,
    options: Options,
    progress: Progress,
    /// What is tried, with the report.
    target: Option<Target>,
    seen: Vec<Seen>,
    failures: Vec<Failure>,
}

impl Trial<'_> {
    /// Tries each deployment that was asked for; the report as it was before.
    fn run(&mut self, report: Report) -> Result<Report, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::NoRuntime)?;
        let within = runtime.enter();
        let mut signals = Signals::new();
        let (began, timeout) = (Instant::now(), self.arguments.timeout);
        let work = signals.unless_stopped(began, timeout, self.each(report));
        let done = runtime.block_on(work).and_then(|done| done);
        drop(within);
        runtime.shutdown_background();
        match done {
            Ok(report) => Ok(report),
            Err(failure) => {
                let target = self.target.take();
                self.failures.push(failure);
                let report = target.map(|target| target.report);
                report.ok_or_else(|| Failure::Other("nothing was tried".to_owned()))
            }
        }
    }

    async fn each(&mut self, mut report: Report) -> Result<Report, Failure> {
        let store = OwnStore::start();
        let samples = report.model.as_ref().map(samples).unwrap_or_default();
        for position in positions(&report, &self.arguments.deployment) {
            let target = Target::at(report, self.options.clone(), position, &samples);
            let target = self.target.insert(target);
            let name = target.deployment().name().to_owned();
            self.progress
                .step(&format!("trying deployment {name}"), None);
            self.seen.push(Seen {
                deployment: name,
                store: store.shown().to_owned(),
                excused: target.excused.clone(),
                looked_for: looked_for(self.arguments.tag.is_some()),
                ..Seen::default()
            });
            let Some(seen) = self.seen.last_mut() else {
                unreachable!("one was pushed");
            };
            seen.not_checked.extend(store.instead().map(|why| {
                format!("how NATS takes these keys and values: there is no nats-server ({why})")
            }));
            let tag = self.arguments.tag.as_deref();
            images::note(target, tag, seen, &mut self.failures);
            let seeded = seeding::seed(target, &store, seen, &mut self.failures).await;
            seen.looked_at = looked_at(seen, target.expected.len());
            seeded?;
            let tried = self.target.take();
            report = tried
                .map(|target| target.report)
                .ok_or_else(|| Failure::Other("the report was lost".to_owned()))?;
        }
        Ok(report)
    }
}

/// The rules whose matters are looked at in each deployment.
fn looked_for(has_tag: bool) -> Vec<RuleId> {
    let of_values = JUDGE_VALUES.into_iter();
    of_values
        .chain(has_tag.then_some(RuleId::UntaggedImage))
        .collect()
}

/// What was looked at in a deployment, for the last line.
fn looked_at(seen: &Seen, expected: usize) -> String {
    format!(
        "deployment `{}`: {} of {expected} templates seeded and read back, {} images looked at",
        seen.deployment,
        seen.keys.len(),
        seen.images.len()
    )
}

/// The positions of the deployments that were asked for; all if none was. What was asked for and does not exist is a failure of the report.
fn positions(report: &Report, asked: &[String]) -> Vec<usize> {
    let deployments = report.model.iter().flat_map(|model| &model.deployments);
    deployments
        .enumerate()
        .filter(|(_, own)| asked.is_empty() || asked.iter().any(|name| name == own.name()))
        .map(|(position, _)| position)
        .collect()
}

/// An instance of each set of variables that key templates have, so that the template of each is tried.
fn samples(model: &Model) -> Vec<BTreeMap<String, String>> {
    let mut sets: BTreeSet<BTreeMap<String, String>> = BTreeSet::new();
    for descriptor in &model.services {
        if let KeyDeclaration::Template(text) = &descriptor.key
            && let Ok(template) = key::parse_template(&text.value)
        {
            let variables = template.variables();
            sets.insert(
                variables
                    .map(|name| (name.to_owned(), SAMPLE.to_owned()))
                    .collect(),
            );
        }
    }
    sets.into_iter().collect()
}

/// Reads `NAME=VALUE`.
fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("`{text}` is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}
