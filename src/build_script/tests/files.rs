//! The files that the guard leaves in `OUT_DIR`.

use std::fs;

use super::Fleet;
use crate::build_script::environment::Switch;
use crate::build_script::verdict::Verdict;
use crate::build_script::{Guard, write_if_changed, write_or_remove};

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
fn a_file_is_written_again_only_if_its_text_is_another() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("registry.json");
    write_if_changed(&path, "one").unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(long_ago).unwrap();
    let is_as_old = || fs::metadata(&path).unwrap().modified().unwrap() == long_ago;
    write_if_changed(&path, "one").unwrap();
    assert!(is_as_old());
    write_if_changed(&path, "two").unwrap();
    assert!(!is_as_old());
    assert!(crate::inputs::holds(&path, b"two").unwrap());
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
