//! What a mutation must lead to, and whether it did.

use kvguard::check::Report;
use kvguard::finding::{Finding, Level};
use kvguard::rules::RuleId;

use crate::change::Change;
use crate::fleet::{Copy, Fleet};

/// A file and a line.
pub type Place = (String, u32);

/// A finding that a mutation must lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub rule: RuleId,
    pub deployments: Vec<String>,
    pub services: Vec<String>,
    pub workloads: Vec<String>,
    /// The line that it points at first, where that is sure.
    pub primary: Option<Place>,
    /// Lines that it must show.
    pub places: Vec<Place>,
    /// What its help must name.
    pub help: Option<String>,
}

impl Expected {
    pub fn new(rule: RuleId) -> Self {
        Self {
            rule,
            deployments: Vec::new(),
            services: Vec::new(),
            workloads: Vec::new(),
            primary: None,
            places: Vec::new(),
            help: None,
        }
    }

    pub fn deployment(mut self, name: &str) -> Self {
        self.deployments.push(name.to_owned());
        self.deployments.sort();
        self.deployments.dedup();
        self
    }

    pub fn service(mut self, name: &str) -> Self {
        self.services.push(name.to_owned());
        self.services.sort();
        self.services.dedup();
        self
    }

    pub fn services(self, names: &[String]) -> Self {
        names
            .iter()
            .fold(self, |expected, name| expected.service(name))
    }

    pub fn workload(mut self, name: &str) -> Self {
        self.workloads.push(name.to_owned());
        self.workloads.sort();
        self.workloads.dedup();
        self
    }

    pub fn primary(mut self, place: Place) -> Self {
        self.primary = Some(place);
        self
    }

    pub fn shows(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }

    pub fn help(mut self, text: &str) -> Self {
        self.help = Some(text.to_owned());
        self
    }

    fn is(&self, finding: &Finding, report: &Report) -> bool {
        self.is_part_of(finding, report)
            && self.deployments == finding.deployments
            && self.services == finding.services
            && self.workloads == finding.workloads
    }

    /// Whether it is what a finding says of some of its deployments, services and workloads.
    fn is_part_of(&self, finding: &Finding, report: &Report) -> bool {
        let place = |span| {
            let location = report.sources().location(span);
            (location.file, location.line)
        };
        let labels = std::iter::once(&finding.primary).chain(&finding.related);
        let shown: Vec<Place> = labels.map(|label| place(label.span)).collect();
        let are_in = |own: &[String], all: &[String]| own.iter().all(|name| all.contains(name));
        self.rule == finding.rule
            && are_in(&self.deployments, &finding.deployments)
            && are_in(&self.services, &finding.services)
            && are_in(&self.workloads, &finding.workloads)
            && self
                .primary
                .as_ref()
                .is_none_or(|primary| *primary == shown[0])
            && self.places.iter().all(|place| shown.contains(place))
            && self
                .help
                .as_ref()
                .is_none_or(|text| finding.help.iter().any(|help| help.message.contains(text)))
    }

    /// Adds it to others: what is wrong with a grant or a field itself is told once for all whom it concerns.
    fn join(self, others: &mut Vec<Self>) {
        let of_place = matches!(
            self.rule,
            RuleId::UnknownRole
                | RuleId::MissingCriticalField
                | RuleId::SecurityModeMismatch
                | RuleId::UnusedExcuse
        );
        let same = others
            .iter_mut()
            .find(|other| of_place && other.rule == self.rule && other.primary == self.primary);
        match same {
            Some(same) => same.add(self),
            None => others.push(self),
        }
    }

    /// Makes it one finding with another.
    fn add(&mut self, other: Self) {
        for (own, more) in [
            (&mut self.deployments, other.deployments),
            (&mut self.services, other.services),
            (&mut self.workloads, other.workloads),
        ] {
            own.extend(more);
            own.sort();
            own.dedup();
        }
        self.places.extend(other.places);
    }

    /// Whether it is told to somebody who asks for these only; what names none concerns everybody.
    fn concerns(&self, deployment: Option<&str>, service: Option<&str>) -> bool {
        let asked = |names: &[String], asked: Option<&str>| {
            asked.is_none_or(|asked| names.is_empty() || names.iter().any(|name| name == asked))
        };
        asked(&self.deployments, deployment) && asked(&self.services, service)
    }
}

/// Mutations that several deployments or workloads come to at a place that they share are one, and each of them
/// is told of it.
pub fn merged(mutations: Vec<Mutation>) -> Vec<Mutation> {
    let mut merged: Vec<Mutation> = Vec::new();
    for mutation in mutations {
        let same =
            |other: &&mut Mutation| other.kind == mutation.kind && other.change == mutation.change;
        let Some(first) = merged.iter_mut().find(same) else {
            merged.push(mutation);
            continue;
        };
        first.what = format!("{}, {}", first.what, mutation.what);
        for expected in mutation.expected {
            expected.join(&mut first.expected);
        }
    }
    merged
}

/// A change of the fleet and what must be found of it.
#[derive(Debug)]
pub struct Mutation {
    pub kind: &'static str,
    pub what: String,
    pub change: Change,
    /// What it is found by, and what else is then true; nothing where the change is no drift.
    pub expected: Vec<Expected>,
}

impl Mutation {
    /// Makes the change in a copy, checks it in every narrowing, and puts the file back.
    pub fn judge(&self, fleet: &Fleet, copy: &Copy) -> Result<(), String> {
        copy.put(&self.change.file, self.change.text.as_deref());
        let verdict = self.verdict(fleet, copy);
        let (_, clean) = fleet
            .sources()
            .iter()
            .find(|(_, source)| source.path() == self.change.file)
            .expect("only files of the fleet are changed");
        copy.put(&self.change.file, Some(clean.text()));
        verdict.map_err(|why| format!("{} of {}: {why}", self.kind, self.what))
    }

    fn verdict(&self, fleet: &Fleet, copy: &Copy) -> Result<(), String> {
        let report = copy.check(&[], &[]);
        // What cannot be built without a file is said to be unbuilt.
        let is_of_file = self.change.text.is_none()
            && report
                .failures
                .iter()
                .all(|failure| failure.message.contains(&self.change.file));
        if !report.failures.is_empty() && !is_of_file {
            return Err(format!("could not be checked: {:?}", report.failures));
        }
        let united = self.united(&report);
        let mut left: Vec<&Finding> = report.findings.iter().collect();
        for expected in &united {
            let Some(position) = left
                .iter()
                .position(|finding| expected.is(finding, &report))
            else {
                return Err(format!(
                    "expected {expected:#?}\nfound {}",
                    told(&left, &report)
                ));
            };
            left.remove(position);
        }
        if !left.is_empty() {
            return Err(format!("found besides {}", told(&left, &report)));
        }
        if !report.failures.is_empty() {
            return match report.exit_code() {
                2 => Ok(()),
                code => Err(format!("the exit code is {code}")),
            };
        }
        let denied = report
            .findings
            .iter()
            .any(|finding| finding.level == Level::Deny);
        if report.exit_code() != u8::from(denied) {
            return Err(format!("the exit code is {}", report.exit_code()));
        }
        narrowed(&united, fleet, copy)?;
        mended(copy, &report)
    }

    /// What is expected, where what several deployments have at one line is one finding: it must be about just these deployments.
    fn united(&self, report: &Report) -> Vec<Expected> {
        let mut united = self.expected.clone();
        let of_several = report.findings.iter();
        for finding in of_several.filter(|finding| finding.deployments.len() > 1) {
            let (parts, others): (Vec<Expected>, Vec<Expected>) = united
                .iter()
                .cloned()
                .partition(|expected| expected.is_part_of(finding, report));
            let together = parts.into_iter().reduce(|mut first, other| {
                first.add(other);
                first
            });
            if let Some(together) = together.filter(|together| together.is(finding, report)) {
                united = others;
                united.push(together);
            }
        }
        united
    }
}

/// Whoever asks for what a finding is about is told of it, and nobody else.
fn narrowed(united: &[Expected], fleet: &Fleet, copy: &Copy) -> Result<(), String> {
    let Some(first) = united.first() else {
        return Ok(());
    };
    let model = fleet.model();
    let deployments: Vec<&str> = model
        .deployments
        .iter()
        .map(kvguard::resolve::Deployment::name)
        .collect();
    let services: Vec<&str> = model
        .services
        .iter()
        .map(|service| service.name.value.as_str())
        .collect();
    let own_service = first.services.first().map(String::as_str);
    let other_service = services
        .iter()
        .copied()
        .find(|name| !first.concerns(None, Some(name)));
    let own_deployment = first.deployments.first().map(String::as_str);
    let other_deployment = deployments
        .iter()
        .copied()
        .find(|name| !first.concerns(Some(name), None));
    for (deployment, service) in [
        (own_deployment, own_service),
        (own_deployment, other_service),
        (other_deployment, own_service),
    ] {
        if (deployment, service) == (None, None) {
            continue;
        }
        let asked =
            |name: Option<&str>| -> Vec<String> { name.map(str::to_owned).into_iter().collect() };
        let report = copy.check(&asked(deployment), &asked(service));
        let mut found: Vec<RuleId> = report.findings.iter().map(|finding| finding.rule).collect();
        let concerning = united
            .iter()
            .filter(|expected| expected.concerns(deployment, service));
        let mut rules: Vec<RuleId> = concerning.map(|expected| expected.rule).collect();
        found.sort();
        rules.sort();
        if found != rules || !report.failures.is_empty() {
            return Err(format!(
                "narrowed to {deployment:?} and {service:?}: found {found:?}, expected {rules:?}, failures {:?}",
                report.failures
            ));
        }
    }
    Ok(())
}

/// The text that each finding gives to paste mends what it found.
fn mended(copy: &Copy, report: &Report) -> Result<(), String> {
    let edits = report.findings.iter().filter_map(|finding| {
        let edit = finding.help.iter().find_map(|help| help.edit.as_ref())?;
        Some((finding, edit))
    });
    for (finding, edit) in edits {
        let source = report.sources().get(edit.span.source);
        let changed = source.text().to_string();
        let mut text = changed.clone();
        text.replace_range(
            edit.span.start as usize..edit.span.end as usize,
            &edit.replacement,
        );
        copy.put(source.path(), Some(&text));
        let mended = copy.check(&[], &[]);
        copy.put(source.path(), Some(&changed));
        let still = mended.findings.iter().any(|other| {
            other.rule == finding.rule
                && other.deployments == finding.deployments
                && other.services == finding.services
        });
        if still || mended.findings.len() >= report.findings.len() {
            return Err(format!(
                "the text to paste does not mend it: {}",
                told(&mended.findings.iter().collect::<Vec<_>>(), &mended)
            ));
        }
    }
    Ok(())
}

fn told(findings: &[&Finding], report: &Report) -> String {
    if findings.is_empty() {
        return "nothing".to_owned();
    }
    let told: Vec<String> = findings
        .iter()
        .map(|finding| {
            let labels = std::iter::once(&finding.primary).chain(&finding.related);
            let places: Vec<String> = labels
                .map(|label| {
                    let place = report.sources().location(label.span);
                    format!("{}:{} ({})", place.file, place.line, label.text)
                })
                .collect();
            format!(
                "\n  {} {}\n    deployments {:?} services {:?} workloads {:?}\n    {}",
                finding.rule.rule().code,
                finding.message,
                finding.deployments,
                finding.services,
                finding.workloads,
                places.join("\n    ")
            )
        })
        .collect();
    told.join("")
}
