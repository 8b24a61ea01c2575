//! The files that the guard leaves in `OUT_DIR`.

use std::fs;

use super::Fleet;
use crate::build_script::environment::Switch;
use crate::build_script::verdict::Verdict;
use crate::build_script::{Guard, write_or_remove};

#[test]
fn an_empty_report_leaves_no_file_and_none_of_an_earlier_run() {
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.txt");
    write_or_remove(&report, "").unwrap();
    assert!(!report.exists());
    write_or_remove(&report, "found").unwrap();
    assert!(report.exists());
    write_or_remove(&report, "").unwrap();
    assert!(!report.exists());
}

#[test]
fn a_report_of_an_earlier_run_that_cannot_be_removed_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.txt");
    fs::create_dir(&report).unwrap();
    write_or_remove(&report, "").unwrap_err();
}

#[test]
fn whatever_is_told_is_in_the_report_and_without_anything_there_is_none() {
    let clean = Fleet::new();
    let drifted = Fleet::new();
    drifted.drift();
    let failing = Fleet::new();
    fs::remove_file(failing.path("deploy/rbac.json")).unwrap();
    for (fleet, told) in [
        (clean, None),
        (drifted, Some("error[KV101]")),
        (failing, Some("`deploy/rbac.json` does not exist")),
    ] {
        let verdict = Verdict::of(&Guard::new(), &fleet.environment("gate", Switch::Unset));
        match told {
            None => assert_eq!(verdict.report, ""),
            Some(told) => assert!(verdict.report.contains(told), "{}", verdict.report),
        }
    }
}
