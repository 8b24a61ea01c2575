//! `cargo kvguard baseline`

mod unseen;

use std::path::PathBuf;

use clap::Args;
use kvguard::allowed::AllowedKind;
use kvguard::allowed::baseline::{BASELINE_FILE, Baseline};
use kvguard::check::Report;
use kvguard::emit::{self, human, printable};
use kvguard::finding::Fingerprint;
use kvguard::inputs::Inputs;
use kvguard::rules::RuleId;

use self::unseen::Unseen;
use super::Outcome;
use crate::cli::{Fleet, Scope};
use crate::exit_code::{CLEAN, COULD_NOT_CHECK, FINDINGS};
use crate::files;
use crate::fleet;
use crate::output::{print_error, print_text};

/// `baseline`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub fleet: Fleet,
    /// Write nothing; fail if the baseline holds what is no longer found
    #[arg(long, conflicts_with_all = ["prune", "accept"])]
    pub check: bool,
    /// Remove what is no longer found
    #[arg(long, conflicts_with = "accept")]
    pub prune: bool,
    /// Add the findings that are new, for this reason
    #[arg(long, value_name = "REASON")]
    pub accept: Option<String>,
    /// Add only findings of this deployment (may be repeated)
    #[arg(long, value_name = "NAME", requires = "accept", conflicts_with_all = ["check", "prune"])]
    pub deployment: Vec<String>,
    /// Add only findings of this service (may be repeated)
    #[arg(long, value_name = "NAME", requires = "accept", conflicts_with_all = ["check", "prune"])]
    pub service: Vec<String>,
}

/// Writes today's findings if there is no baseline; else it compares them with the baseline, which can shrink, and grows only on demand.
pub fn run(arguments: &Arguments) -> Outcome {
    let scope = Scope {
        deployment: arguments.deployment.clone(),
        service: arguments.service.clone(),
    };
    let report = fleet::report(&arguments.fleet, &scope)?;
    // A file that could not be read has no findings, so its entries would look mended.
    if !report.failures.is_empty() {
        print_error(&human::failures(&report, false));
        print_error(
            "error: the baseline is neither compared nor written while something cannot be checked\n",
        );
        return Ok(COULD_NOT_CHECK);
    }
    let run = Run::new(&report);
    match (&arguments.accept, arguments.check, arguments.prune) {
        (Some(reason), ..) => run.accept(reason),
        (None, true, _) => Ok(run.check()),
        (None, false, true) => run.prune(),
        (None, false, false) => run.begin(),
    }
}

/// The findings of a run beside the baseline.
struct Run<'r> {
    path: PathBuf,
    baseline: Option<Baseline>,
    /// What would be reported without a baseline.
    found: Vec<&'r Fingerprint>,
    /// What is not in the baseline.
    new: Vec<&'r Fingerprint>,
    /// What follows from these, and is reported once they are not.
    consequences: Vec<&'r Fingerprint>,
    unseen: Unseen<'r>,
}

impl<'r> Run<'r> {
    fn new(report: &'r Report) -> Self {
        let root = report.inputs.as_ref().map(Inputs::root);
        let reported = report.findings.iter();
        let new: Vec<&Fingerprint> = reported
            .flat_map(|finding| &finding.fingerprints)
            // An exception or a comment that is past or of no use is mended where it stands.
            .filter(|fingerprint| !fingerprint.rule.is_about_exceptions())
            .collect();
        let held = report.allowed.iter();
        let held = held.filter(|allowed| allowed.by.kind == AllowedKind::Baseline);
        let held = held.flat_map(|allowed| &allowed.finding.fingerprints);
        Self {
            path: root.unwrap_or_else(|| ".".as_ref()).join(BASELINE_FILE),
            baseline: report.allowances.baseline.clone(),
            found: held
                .chain(new.iter().copied())
                .chain(&report.consequences)
                .collect(),
            consequences: report.consequences.iter().collect(),
            new,
            unseen: Unseen::of(report),
        }
    }

    /// Writes the first baseline. One that is there is only compared.
    fn begin(self) -> Outcome {
        let Some(baseline) = &self.baseline else {
            if self.found.is_empty() {
                print_text("kvguard: nothing is found, so no baseline is needed\n");
                return Ok(CLEAN);
            }
            let mut baseline = Baseline::default();
            baseline.add(self.found.iter().copied(), None);
            self.warn_of_faults();
            return self.write(&baseline);
        };
        for fingerprint in &self.new {
            print_text(&format!("new: {}\n", shown(fingerprint)));
        }
        let gone = self.report_gone(baseline);
        if self.new.is_empty() {
            print_text(&format!(
                "kvguard: {BASELINE_FILE} is there and holds all that is found\n"
            ));
        } else {
            print_text(&format!(
                "kvguard: {BASELINE_FILE} does not hold {} of the findings: mend them, or add them with `cargo kvguard baseline --accept REASON`\n",
                self.new.len()
            ));
        }
        let is_same = self.new.is_empty() && gone == 0;
        Ok(if is_same { CLEAN } else { FINDINGS })
    }

    fn check(self) -> u8 {
        let Some(baseline) = &self.baseline else {
            print_text(&format!("kvguard: there is no {BASELINE_FILE}\n"));
            return CLEAN;
        };
        if self.report_gone(baseline) > 0 {
            return FINDINGS;
        }
        print_text(&format!(
            "kvguard: {BASELINE_FILE} holds {}, and all are still found\n",
            entries(baseline.len())
        ));
        CLEAN
    }

    /// Prints what is no longer found, and gives how many entries that are.
    fn report_gone(&self, baseline: &Baseline) -> usize {
        let found = self.found.iter().copied();
        let gone = baseline.gone(found, |one| self.unseen.hides(one));
        for (fingerprint, count) in &gone {
            let times = match count {
                1 => String::new(),
                count => format!(" ({count} of them)"),
            };
            print_text(&format!("no longer found: {}{times}\n", shown(fingerprint)));
        }
        let count = gone.iter().map(|(_, count)| count).sum();
        if count > 0 {
            print_text(&format!(
                "kvguard: {} in {BASELINE_FILE} no longer found: if that is mended, remove it with `cargo kvguard baseline --prune`; if it was renamed, write its new name there\n",
                entries(count)
            ));
        }
        self.tell_unseen(baseline);
        count
    }

    /// Says how many entries could not be compared.
    fn tell_unseen(&self, baseline: &Baseline) {
        let gone = baseline.gone(self.found.iter().copied(), |_| false);
        let unseen = gone.iter().filter(|(one, _)| self.unseen.hides(one));
        let count: usize = unseen.map(|(_, count)| count).sum();
        if count > 0 {
            print_text(&format!(
                "kvguard: {} in {BASELINE_FILE} not compared and kept, as what they are about could not be read or judged\n",
                entries(count)
            ));
        }
    }

    /// What a file holds that cannot be read to its end is not judged, so that a baseline cannot tell what is new in it.
    fn warn_of_faults(&self) {
        let faults = self.new.iter().filter(|one| one.rule.is_about_a_file());
        let count = faults.count();
        if count > 0 {
            print_text(&format!(
                "kvguard: {} of rules KV401 to KV404: mend these first, since what cannot be read is not judged, now or later\n",
                entries(count)
            ));
        }
    }

    fn prune(mut self) -> Outcome {
        let Some(mut baseline) = self.baseline.take() else {
            print_text(&format!("kvguard: there is no {BASELINE_FILE}\n"));
            return Ok(CLEAN);
        };
        self.tell_unseen(&baseline);
        let found = self.found.iter().copied();
        let removed = baseline.prune(found, |one| self.unseen.hides(one));
        if removed == 0 {
            print_text(&format!(
                "kvguard: all that {BASELINE_FILE} holds is still found\n"
            ));
            return Ok(CLEAN);
        }
        print_text(&format!("kvguard: removed {}\n", entries(removed)));
        if baseline.is_empty() {
            files::remove(&self.path)?;
            print_text(&format!(
                "kvguard: removed {BASELINE_FILE}, which held nothing else\n"
            ));
            return Ok(CLEAN);
        }
        self.write(&baseline)
    }

    fn accept(mut self, reason: &str) -> Outcome {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(fleet::Error::NoReason);
        }
        if self.new.is_empty() {
            print_text("kvguard: no finding is new\n");
            return Ok(CLEAN);
        }
        let unreadable = |one: &&&Fingerprint| one.rule == RuleId::MalformedFile;
        if let Some(fault) = self.new.iter().find(unreadable) {
            return Err(fleet::Error::NotAccepted(shown(fault)));
        }
        let mut baseline = self.baseline.take().unwrap_or_default();
        let all = self.new.iter().chain(&self.consequences);
        baseline.add(all.copied(), Some(reason));
        for fingerprint in &self.new {
            print_text(&format!("accepted: {}\n", shown(fingerprint)));
        }
        self.write(&baseline)
    }

    fn write(&self, baseline: &Baseline) -> Outcome {
        files::replace(&self.path, &emit::baseline::text(baseline))?;
        print_text(&format!(
            "kvguard: wrote {BASELINE_FILE} with {}, one for each deployment and subject of a finding; check it in\n",
            entries(baseline.len())
        ));
        Ok(CLEAN)
    }
}

/// On one line: a name may hold line breaks, and what it goes on with would be taken for another line.
fn shown(fingerprint: &Fingerprint) -> String {
    printable(&fingerprint.to_string()).into_owned()
}

fn entries(count: usize) -> String {
    match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    }
}
