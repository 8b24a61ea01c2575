//! A chart with two faults that hide all else: an action that fails in a file which a template runs, and a key
//! that slid to the first column of it. Both are named, what hangs on them is not told besides, and in a
//! mended copy all is found that they hid.

#![cfg(feature = "helm")]
#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod support;

use std::collections::BTreeMap;

use support::{Told, copy_fleet, fixtures, options, tell, text};
use tempfile::TempDir;

const CONFIGURATION: &str = "chart/files/configuration.yaml";

/// What is found, with its place, sorted.
fn findings(told: &Told) -> Vec<String> {
    let mut findings: Vec<String> = told
        .report
        .findings
        .iter()
        .map(|finding| {
            let place = told.report.sources().location(finding.primary.span);
            format!(
                "{} {}:{}:{} {}",
                finding.rule.rule().code,
                place.file,
                place.line,
                place.column,
                finding.workloads.join(" ")
            )
        })
        .collect();
    findings.sort();
    findings
}

fn kv_sourced(told: &Told) -> usize {
    let model = told.report.model.as_ref().expect("a model");
    model.kv_sourced().count()
}

/// A copy in which a person mended the configuration: the slid key is back, and the action prints nothing.
fn mended() -> TempDir {
    let fleet = fixtures().join("helm/harbour");
    let copy = tempfile::tempdir().expect("a temporary directory");
    copy_fleet(&fleet, copy.path());
    let path = copy.path().join(CONFIGURATION);
    let mut slid = false;
    let broken = text(&path);
    let lines = broken.lines().map(|line| {
        slid = line == "pilot.json: |" || slid && !line.starts_with("  tide.json");
        if slid && !line.is_empty() {
            format!("  {line}\n")
        } else if line.contains(".notice.Title") {
            "      \"notice\": \"\"\n".to_owned()
        } else {
            format!("{line}\n")
        }
    });
    let lines: String = lines.collect();
    std::fs::write(path, lines).expect("writable");
    copy
}

#[test]
fn both_faults_are_named_and_nothing_that_hangs_on_them() {
    let told = tell(&options(&fixtures().join("helm/harbour")));
    assert_eq!(told.report.failures, [], "{}", told.human);
    assert_eq!(kv_sourced(&told), 13);
    let all = "berth/berth buoy/buoy crane/crane customs/customs ferry/ferry fog/fog lamp/lamp master/master pilot/pilot quay/quay radar/radar siren/siren tide/tide";
    assert_eq!(
        findings(&told),
        [
            format!("KV109 kvguard.toml:16:31 {all}"),
            // The action, by its true line and column;
            format!("KV401 {CONFIGURATION}:20:31 "),
            // and `data`, which lost its keys,
            format!("KV402 {CONFIGURATION}:8:1 "),
        ],
        "{}",
        told.human
    );
    // by the one in the first column.
    let place = told.json.matches("`pilot.json` is not below it").count();
    assert_eq!(place, 1, "{}", told.json);
    assert!(
        told.human
            .contains("nil pointer evaluating interface {}.Title")
    );
    assert_eq!(told.report.exit_code(), 1);
}

#[test]
fn the_mended_chart_shows_who_is_granted_what() {
    let copy = mended();
    let told = tell(&options(copy.path()));
    assert_eq!(told.report.failures, [], "{}", told.human);
    assert_eq!(kv_sourced(&told), 13);
    let mut codes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in &told.report.findings {
        let workloads = codes.entry(finding.rule.rule().code).or_default();
        workloads.extend(finding.workloads.iter().map(String::as_str));
        workloads.sort_unstable();
    }
    let readers = [
        "berth/berth",
        "crane/crane",
        "customs/customs",
        "ferry/ferry",
        "quay/quay",
    ];
    let expected = BTreeMap::from([
        ("KV101", vec!["buoy/buoy", "radar/radar", "siren/siren"]),
        ("KV102", readers.to_vec()),
        ("KV103", vec!["master/master"]),
        ("KV108", vec!["fog/fog", "lamp/lamp"]),
    ]);
    assert_eq!(codes, expected, "{}", told.human);
    let model = told.report.model.as_ref().expect("a model");
    let ok: Vec<&str> = model
        .kv_sourced()
        .filter(|(_, workload)| {
            workload.access.grant().is_some() && workload.access.rule().is_none()
        })
        .map(|(_, workload)| workload.workload.base_name())
        .collect();
    assert_eq!(ok, ["pilot", "tide"]);
}
