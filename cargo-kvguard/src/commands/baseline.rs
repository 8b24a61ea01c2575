//! `cargo kvguard baseline`

use std::path::PathBuf;

use clap::Args;
use kvguard::allowed::AllowedKind;
use kvguard::allowed::baseline::{BASELINE_FILE, Baseline};
use kvguard::check::Report;
use kvguard::emit::human;
use kvguard::finding::Fingerprint;
use kvguard::inputs::Inputs;

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
    /// Write nothing; fail if the baseline holds a finding that is mended
    #[arg(long, conflicts_with_all = ["prune", "accept"])]
    pub check: bool,
    /// Remove the findings that are mended
    #[arg(long, conflicts_with = "accept")]
    pub prune: bool,
    /// Add the findings that are new, for this reason
    #[arg(long, value_name = "REASON")]
    pub accept: Option<String>,
    /// Add only findings of this deployment (may be repeated)
    #[arg(long, value_name = "NAME", requires = "accept")]
    pub deployment: Vec<String>,
    /// Add only findings of this service (may be repeated)
    #[arg(long, value_name = "NAME", requires = "accept")]
    pub service: Vec<String>,
}

/// Writes today's findings if there is no baseline; else it compares them with the baseline, which can shrink, and grows only on demand.
pub fn run(arguments: &Arguments) -> Outcome {
    let scope = Scope {
        deployment: arguments.deployment.clone(),
        service: arguments.service.clone(),
    };
    let report = fleet::report(&arguments.fleet, &scope)?;
    // What could not be read has no findings, and would look mended.
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
            found: held.chain(new.iter().copied()).collect(),
            new,
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
            return self.write(&baseline);
        };
        for fingerprint in &self.new {
            print_text(&format!("new: {fingerprint}\n"));
        }
        let mended = self.report_mended(baseline);
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
        let is_same = self.new.is_empty() && mended == 0;
        Ok(if is_same { CLEAN } else { FINDINGS })
    }

    fn check(self) -> u8 {
        let Some(baseline) = &self.baseline else {
            print_text(&format!("kvguard: there is no {BASELINE_FILE}\n"));
            return CLEAN;
        };
        if self.report_mended(baseline) > 0 {
            return FINDINGS;
        }
        print_text(&format!(
            "kvguard: {BASELINE_FILE} holds {}, and all are still found\n",
            entries(baseline.len())
        ));
        CLEAN
    }

    /// Prints what is mended, and gives how many findings that are.
    fn report_mended(&self, baseline: &Baseline) -> usize {
        let mended = baseline.mended(self.found.iter().copied());
        for (fingerprint, count) in &mended {
            let times = match count {
                1 => String::new(),
                count => format!(" ({count} of them)"),
            };
            print_text(&format!("mended: {fingerprint}{times}\n"));
        }
        let count = mended.iter().map(|(_, count)| count).sum();
        if count > 0 {
            print_text(&format!(
                "kvguard: {BASELINE_FILE} holds {} that are mended: remove them with `cargo kvguard baseline --prune`\n",
                entries(count)
            ));
        }
        count
    }

    fn prune(mut self) -> Outcome {
        let Some(mut baseline) = self.baseline.take() else {
            print_text(&format!("kvguard: there is no {BASELINE_FILE}\n"));
            return Ok(CLEAN);
        };
        let removed = baseline.prune(self.found.iter().copied());
        if removed == 0 {
            print_text(&format!("kvguard: nothing in {BASELINE_FILE} is mended\n"));
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
        let mut baseline = self.baseline.take().unwrap_or_default();
        baseline.add(self.new.iter().copied(), Some(reason));
        for fingerprint in &self.new {
            print_text(&format!("accepted: {fingerprint}\n"));
        }
        self.write(&baseline)
    }

    fn write(&self, baseline: &Baseline) -> Outcome {
        files::replace(&self.path, &baseline.text())?;
        print_text(&format!(
            "kvguard: wrote {BASELINE_FILE} with {}, one for each deployment and subject of a finding; check it in\n",
            entries(baseline.len())
        ));
        Ok(CLEAN)
    }
}

fn entries(count: usize) -> String {
    match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    }
}
