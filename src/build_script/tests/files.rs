//! The files that the guard leaves in `OUT_DIR`.

use std::fs;

use crate::build_script::write_or_remove;

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
