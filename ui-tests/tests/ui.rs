//! What the compiler says of each use of a macro.
//!
//! `cases/<fleet>/pass` compile and run, `cases/<fleet>/fail` do not compile, each for one defect, with the errors beside
//! them. `TRYBUILD=overwrite` writes these anew.
//!
//! A compiler that trybuild starts expands macros in a package of trybuild's own, and inherits this process's environment; so each fleet
//! has a process of its own, with `KVGUARD_ROOT`, or `OUT_DIR`, leading to it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

const CASES: &str = "KVGUARD_UI_CASES";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the cases of a fleet in a process with these variables.
fn run(cases: &str, variables: &[(&str, PathBuf)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "cases_of_a_fleet", "--ignored", "--nocapture"])
        .env(CASES, cases)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    for name in ["KVGUARD", "KVGUARD_ROOT", "OUT_DIR", "CI"] {
        command.env_remove(name);
    }
    let output = command
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{cases}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn fixture(name: &str) -> PathBuf {
    here().join("fixtures").join(name)
}

#[test]
#[ignore = "started by the other test, with the variables of a fleet"]
fn cases_of_a_fleet() {
    #[expect(clippy::disallowed_methods, reason = "what the other test says")]
    let cases = std::env::var(CASES).unwrap();
    let directory = here().join("cases").join(cases);
    let tests = trybuild::TestCases::new();
    for (kind, is_pass) in [("pass", true), ("fail", false)] {
        if !directory.join(kind).is_dir() {
            continue;
        }
        let pattern = directory.join(kind).join("*.rs");
        if is_pass {
            tests.pass(pattern);
        } else {
            tests.compile_fail(pattern);
        }
    }
}

#[test]
fn each_use_of_a_macro_is_accepted_or_refused_as_it_should() {
    for fleet in [
        "fleet",
        "drifted",
        "globbed",
        "malformed",
        "badkeys",
        "broken-registry",
        "renamed",
        "nowhere",
    ] {
        run(fleet, &[("KVGUARD_ROOT", fixture(fleet))]);
    }
    // What a build script has left is read, another package's is not.
    for left in ["left", "empty", "version"] {
        run(left, &[("OUT_DIR", fixture(left).join("out"))]);
    }
    run(
        "foreign",
        &[
            ("OUT_DIR", fixture("foreign").join("out")),
            ("KVGUARD_ROOT", fixture("fleet")),
        ],
    );
}

#[test]
fn there_are_at_least_forty_refused_cases_each_with_its_errors() {
    let mut cases = 0;
    #[expect(clippy::disallowed_methods, reason = "the test's own files")]
    for fleet in std::fs::read_dir(here().join("cases")).unwrap() {
        let Ok(entries) = std::fs::read_dir(fleet.unwrap().path().join("fail")) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                cases += 1;
                assert!(
                    path.with_extension("stderr").is_file(),
                    "{} has no errors beside it",
                    path.display()
                );
            }
        }
    }
    assert!(cases >= 40, "{cases}");
}
