//! Every fleet of the engine's tests of rules, in every format that has a schema.

use std::path::Path;
use std::process::Command;

use crate::validators::{REPORT, SARIF, assert_junit, assert_valid, path};

/// Every fleet below the engine's fixtures of rules, sorted.
fn fleets() -> Vec<String> {
    let rules = path("../tests/fixtures/rules");
    let mut fleets: Vec<String> = directories(&rules)
        .iter()
        .flat_map(|rule| {
            let cases = directories(&rules.join(rule));
            cases.into_iter().map(move |case| format!("{rule}/{case}"))
        })
        .collect();
    fleets.sort();
    fleets
}

fn directories(of: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(of).unwrap().map(Result::unwrap);
    let directories = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    directories
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn the_reports_on_all_fixtures_are_valid() {
    let fleets = fleets();
    assert!(fleets.len() > 80, "{} fleets", fleets.len());
    let written = tempfile::tempdir().unwrap();
    let file = |name: &str| written.path().join(name);
    let mut tests = Vec::new();
    for fleet in fleets {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvguard"));
        command.args(["check", "--quiet", "--root"]);
        command.arg(path("../tests/fixtures/rules").join(&fleet));
        for format in ["json", "sarif", "junit"] {
            command
                .arg("--output")
                .arg(format!("{format}={}", file(format).display()));
        }
        let run = command.output().unwrap();
        let errors = String::from_utf8_lossy(&run.stderr);
        assert!(errors.is_empty(), "{fleet}: {errors}");
        let read = |format| std::fs::read_to_string(file(format)).unwrap();
        let json = assert_valid(&REPORT, &read("json"), &fleet);
        let sarif = assert_valid(&SARIF, &read("sarif"), &fleet);
        let code = i64::from(run.status.code().unwrap());
        assert_eq!(json["summary"]["exit_code"], code, "{fleet}");
        assert_eq!(
            sarif["runs"][0]["invocations"][0]["exitCode"], code,
            "{fleet}"
        );
        assert_eq!(
            sarif["runs"][0]["results"].as_array().unwrap().len(),
            json["findings"].as_array().unwrap().len() + json["failures"].as_array().unwrap().len(),
            "{fleet}"
        );
        tests.push((fleet, read("junit")));
    }
    assert_junit(&tests);
}
