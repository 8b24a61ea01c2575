//! What findings are recognised by in another run.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]
#![allow(clippy::disallowed_methods, reason = "a test's own files")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kvguard::check::{Report, check_inputs};
use kvguard::finding::Fingerprint;
use kvguard::inputs::Inputs;
use kvguard::rules::RULES;
use support::seen;
use support::{CANARY, directories, fixtures, judge, options};

/// The fixtures of all rules that have findings.
fn bad_fleets() -> Vec<(String, PathBuf)> {
    let root = fixtures().join("rules");
    let rules = RULES.iter().map(|rule| rule.name);
    let fleets = rules.flat_map(|rule| {
        let cases = directories(&root.join(rule)).into_iter();
        let bad = cases.filter(|case| case.starts_with("bad"));
        let fleets = bad.map(|case| format!("{rule}/{case}"));
        fleets.collect::<Vec<_>>()
    });
    fleets
        .map(|fleet| (fleet.clone(), root.join(&fleet)))
        .collect()
}

fn fingerprints(report: &Report) -> Vec<Fingerprint> {
    let findings = report.findings.iter();
    let mut all: Vec<Fingerprint> = findings
        .flat_map(|finding| finding.fingerprints.clone())
        .collect();
    all.sort();
    all
}

#[test]
fn every_finding_is_recognised_by_what_it_was_in_the_first_version() {
    // A line that changes here is a finding that every baseline takes for a new one: only a new fixture may change this.
    let mut text = String::new();
    for (fleet, path) in bad_fleets() {
        text.push_str(&format!("{fleet}\n"));
        for fingerprint in fingerprints(&judge(&options(&path))) {
            text.push_str(&format!("  {} {fingerprint}\n", fingerprint.digest()));
        }
    }
    assert!(!text.contains(CANARY), "a value is in a fingerprint");
    insta::assert_snapshot!(text);
}

#[test]
fn moved_lines_change_nothing() {
    for (fleet, path) in bad_fleets() {
        let directory = tempfile::tempdir().expect("a directory");
        copy_moved(&path, directory.path());
        let before = judge(&options(&path));
        let after = judge(&options(directory.path()));
        assert_eq!(fingerprints(&before), fingerprints(&after), "{fleet}");
        assert!(!after.findings.is_empty(), "{fleet}");
    }
}

/// Copies a fleet with two empty lines before the content of each text.
fn copy_moved(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_moved(&entry.path(), &target);
            continue;
        }
        let bytes = fs::read(entry.path()).expect("a file");
        // A mark of the byte order stays first, and what is empty stays empty.
        let is_text = std::str::from_utf8(&bytes).is_ok() && !bytes.starts_with(b"\xef\xbb\xbf");
        let lines: &[u8] = if is_text && !bytes.is_empty() {
            b"\n\n"
        } else {
            b""
        };
        fs::write(target, [lines, &bytes].concat()).expect("a file");
    }
}

#[test]
fn findings_about_different_workloads_or_subjects_differ() {
    // Of these a file may have several that nothing but their places tells apart, and one grant may be about several workloads; a baseline
    // counts them.
    const COUNTED: [&str; 6] = [
        "placeholder-identity",
        "malformed-file",
        "invalid-resource",
        "unsupported-construct",
        "unparsable-template",
        "untold-value",
    ];
    for (fleet, path) in bad_fleets() {
        let options = options(&path);
        let inputs = Inputs::new(&path).expect("the fleet");
        let mut report = check_inputs(&options, inputs);
        seen::observe_apart(&mut report, &options, |_| false);
        let apart = report.findings.into_iter();
        let apart = apart.filter(|finding| !COUNTED.contains(&finding.rule.rule().name));
        let mut seen: BTreeMap<Vec<Fingerprint>, usize> = BTreeMap::new();
        for finding in apart {
            *seen.entry(finding.fingerprints).or_default() += 1;
        }
        for (key, count) in seen {
            assert_eq!(count, 1, "{fleet}: {key:?}");
        }
    }
}
