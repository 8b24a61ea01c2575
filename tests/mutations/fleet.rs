//! The example fleet: the clean one, which mutations are enumerated from, and copies to mutate.

use std::fs;
use std::path::{Path, PathBuf};

use kvguard::check::{Options, Report, check};
use kvguard::finding::Level;
use kvguard::policy::date::Date;
use kvguard::resolve::{Deployment, Model, ResolvedWorkload};
use kvguard::rules::{RULES, RuleId};
use kvguard::source::{Location, Sources, Span};
use tempfile::TempDir;

/// The day of every run: what expires must not make tests fail one day.
pub fn today() -> Date {
    Date::parse("2026-01-31").expect("a date")
}

fn example() -> PathBuf {
    // The tests of the command use this module, too.
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut examples = above.map(|directory| directory.join("examples/fleet"));
    let example = examples.find(|directory| directory.is_dir());
    example.expect("the example fleet is in the repository")
}

/// The fleet as it is.
pub struct Fleet {
    report: Report,
}

impl Fleet {
    /// Checks the example.
    pub fn clean() -> Self {
        Self::at(&example())
    }

    /// Checks a fleet, which has to be clean.
    pub fn at(root: &Path) -> Self {
        let report = check(&options(root, &[], &[]));
        assert!(report.failures.is_empty(), "{:#?}", report.failures);
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        Self { report }
    }

    /// Checks the example with every rule denied, save the one that asks for what the fleet does without: a
    /// workload of every service in every deployment.
    pub fn strict() -> Report {
        let asked = RULES.iter().map(|rule| rule.id);
        let levels = asked
            .filter(|rule| *rule != RuleId::UndeployedService)
            .map(|rule| (rule, Level::Deny));
        check(&Options {
            levels: levels.collect(),
            ..options(&example(), &[], &[])
        })
    }

    pub fn model(&self) -> &Model {
        self.report.model.as_ref().expect("the fleet has a model")
    }

    pub fn sources(&self) -> &Sources {
        self.report.sources()
    }

    pub fn place(&self, span: Span) -> Location {
        self.sources().location(span)
    }

    pub fn file(&self, span: Span) -> &str {
        self.sources().get(span.source).path()
    }

    pub fn text(&self, span: Span) -> &str {
        self.sources().text(span)
    }

    /// Each deployment's KV-sourced workloads.
    pub fn kv_sourced(&self) -> impl Iterator<Item = (&Deployment, &ResolvedWorkload)> {
        self.model().kv_sourced()
    }

    /// The service that a workload runs, as findings list it.
    pub fn services_of(&self, workload: &ResolvedWorkload) -> Vec<String> {
        let service = self.model().service_of(workload);
        service.map(str::to_owned).into_iter().collect()
    }
}

fn options(root: &Path, deployments: &[String], services: &[String]) -> Options {
    Options {
        root: root.to_owned(),
        policy: None,
        deployments: deployments.to_vec(),
        services: services.to_vec(),
        levels: Vec::new(),
        today: today(),
        variables: Vec::new(),
        reads_code: true,
    }
}

/// A copy of the fleet, in which one file at a time is changed and put back.
pub struct Copy {
    directory: TempDir,
}

impl Copy {
    pub fn new(fleet: &Fleet) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let inputs = fleet.report.inputs.as_ref().expect("the fleet has inputs");
        for (_, source) in inputs.sources().iter() {
            let target = directory.path().join(source.path());
            fs::create_dir_all(target.parent().expect("a file has a parent")).expect("writable");
            fs::write(target, source.text().as_bytes()).expect("writable");
        }
        Self { directory }
    }

    /// Writes a file, or removes it.
    pub fn put(&self, file: &str, text: Option<&str>) {
        let path = self.directory.path().join(file);
        match text {
            Some(text) => fs::write(path, text),
            None => fs::remove_file(path),
        }
        .expect("the copy is writable");
    }

    /// What a file holds now.
    #[expect(clippy::disallowed_methods, reason = "a test reads what it changes")]
    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.directory.path().join(file)).expect("a file of the fleet")
    }

    pub fn check(&self, deployments: &[String], services: &[String]) -> Report {
        check(&options(self.directory.path(), deployments, services))
    }
}
