//! What tests of a workspace came to, from what libtest prints.

#![allow(
    dead_code,
    reason = "each test program uses another part of these helpers"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Runs a test executable; gives all that it prints.
pub fn run(executable: &Path, arguments: &[&str]) -> String {
    let output = Command::new(executable).args(arguments).output().unwrap();
    format!(
        "{}{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        output.status
    )
}

/// What became of each test, by its name: whether it passed. One that is ignored is left out.
pub fn verdicts(output: &str) -> BTreeMap<String, bool> {
    let lines = output.lines().filter_map(|line| {
        let (name, verdict) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
        // One that is ignored, with its reason, is listed and not run.
        let name = name.split_once(" - ").map_or(name, |(name, _)| name);
        (!verdict.starts_with("ignored")).then(|| (name.to_owned(), verdict == "ok"))
    });
    lines.collect()
}

/// What a test told.
pub fn told<'o>(output: &'o str, test: &str) -> &'o str {
    let (_, rest) = output
        .split_once(&format!("---- {test} stdout ----"))
        .unwrap_or_else(|| panic!("{test} told nothing\n{output}"));
    rest.split_once("\n---- ").map_or(rest, |(own, _)| own)
}

/// The tests that are ignored.
pub fn ignored(output: &str) -> BTreeSet<String> {
    let lines = output.lines().filter_map(|line| {
        let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
        verdict.starts_with("ignored").then(|| name.to_owned())
    });
    lines.collect()
}
