//! Tells what is mended and what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use kvguard::allowed::AllowedKind;
use kvguard::allowed::baseline::BASELINE_FILE;
use kvguard::check::Report;
use kvguard::emit::printable;
use kvguard::finding::{Finding, Level, Unsure};

use super::{Asked, Mended, Refused};
use crate::exit_code::{CLEAN, FINDINGS};
use crate::output::print_text;

/// What the changes mend.
pub fn mends(mended: &Mended) -> String {
    let mut text = format!("\nThis mends in {}:\n", files(mended));
    for fingerprint in &mended.fixed {
        let _ = writeln!(text, "  {fingerprint}");
    }
    text
}

/// What was done, and what is to be done with the baseline.
pub fn fixed(mended: &Mended) -> String {
    let mut text = format!(
        "kvguard: mended {} in {}\n",
        counted(mended.fixed.len(), "finding"),
        files(mended)
    );
    let report = &mended.after;
    let baseline = report.allowances.baseline.as_ref();
    let held = report.allowed.iter();
    let held = held.filter(|allowed| allowed.by.kind == AllowedKind::Baseline);
    let held = held.flat_map(|allowed| &allowed.finding.fingerprints);
    let found = report.findings.iter().flat_map(|one| &one.fingerprints);
    let found: Vec<_> = held.chain(found).chain(&report.consequences).collect();
    if baseline.is_some_and(|baseline| !baseline.gone(found, |_| false).is_empty()) {
        let _ = writeln!(
            text,
            "kvguard: {BASELINE_FILE} holds findings that are mended: remove them with `cargo kvguard baseline --prune`"
        );
    }
    text
}

/// Prints how many findings of which rule are left and why, and gives the exit code that says so.
pub fn left(mut report: Report, asked: &Asked) -> u8 {
    report.findings.retain(|finding| asked.is_asked(finding));
    // They are counted as the check counts them.
    report.tell_together();
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in &report.findings {
        let rule = finding.rule.rule();
        *counts
            .entry((rule.code, rule.name, why(finding)))
            .or_default() += 1;
    }
    if !counts.is_empty() {
        let mut text = format!(
            "kvguard: {} left, which `cargo kvguard check` shows:\n",
            counted(report.findings.len(), "finding")
        );
        for ((code, name, why), count) in counts {
            let _ = writeln!(text, "  {count} of {code} `{name}`: {why}");
        }
        print_text(&text);
    }
    let is_denied = |finding: &Finding| finding.level == Level::Deny;
    if report.findings.iter().any(is_denied) {
        FINDINGS
    } else {
        CLEAN
    }
}

/// Why a finding is not mended here.
fn why(finding: &Finding) -> &'static str {
    match finding.mend() {
        Err(Unsure::NoEdit) => "what to write, and where, a person has to decide",
        Err(Unsure::Alternatives) => {
            "there are several ways to mend it, and a person has to choose"
        }
        Err(Unsure::Suggestion) => {
            "its help shows a change that may be meant, and a person has to say so"
        }
        Ok(_) => "its mend is in a file outside of the root, or meets the mend of another finding",
    }
}

/// Why nothing is mended.
pub fn refused(refused: &Refused) -> String {
    let mut text = "error: nothing is mended: with the mends".to_owned();
    let parts = [
        (
            "this would be found, which is not found now",
            told(&refused.new),
        ),
        ("this would still be found", told(&refused.still_there)),
        (
            "this could no longer be checked",
            refused.failures.iter().cloned().collect(),
        ),
    ];
    for (what, lines) in parts {
        if lines.is_empty() {
            continue;
        }
        let _ = write!(text, " {what}:");
        for line in lines {
            let _ = write!(text, "\n  {}", printable(&line));
        }
        text.push('\n');
    }
    text.push_str(
        "help: mend less at once with --rule, --deployment or --service, or by hand what `cargo kvguard check` shows\n",
    );
    text
}

fn told(fingerprints: &[kvguard::finding::Fingerprint]) -> BTreeSet<String> {
    fingerprints.iter().map(ToString::to_string).collect()
}

fn files(mended: &Mended) -> String {
    counted(mended.files.len(), "file")
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
