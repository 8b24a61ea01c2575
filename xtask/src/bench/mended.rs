//! Copies of fleets whose broken files are mended, so that other tools read them too.
//!
//! Nothing here knows a fleet: what is broken and where is what `check` finds, and each of a few mistakes has
//! a mend that serves wherever it is made.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::fleets::Fleet;
use super::{CHECKED, check};
use crate::Failure;
use crate::run::{read, succeed, write};

/// How often a mend may bring the next mistake to light.
const ROUNDS: usize = 20;

/// A copy of a fleet.
pub struct Mended {
    directory: TempDir,
}

impl Mended {
    /// Copies a fleet and mends what `check` finds broken with a policy.
    pub fn new(fleet: &Fleet, command: &Path, policy: &Path) -> Result<Self, Failure> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let copy = Self { directory };
        succeed(
            Command::new("cp")
                .arg("-RT")
                .arg(&fleet.directory)
                .arg(copy.path()),
        )?;
        for _ in 0..ROUNDS {
            let findings = findings(command, copy.path(), policy)?;
            let mut is_mended = false;
            for finding in &findings {
                // The lines of the others may have moved.
                is_mended = mend(copy.path(), finding)?;
                if is_mended {
                    break;
                }
            }
            if !is_mended {
                return Ok(copy);
            }
        }
        Err(format!(
            "{} is not mended after {ROUNDS} rounds",
            fleet.name
        ))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

fn findings(command: &Path, directory: &Path, policy: &Path) -> Result<Vec<Value>, Failure> {
    let mut check = check(command, directory, policy);
    let output = check
        .args(["--format", "json"])
        .output()
        .map_err(|error| error.to_string())?;
    let code = output.status.code().unwrap_or(-1).to_string();
    if !CHECKED.split(',').any(|checked| checked == code) {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the copy cannot be checked:\n{told}"));
    }
    let report: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let findings = report["findings"].as_array().cloned();
    Ok(findings.unwrap_or_default())
}

/// Mends what a finding is about; false if it is none of what is mended.
fn mend(directory: &Path, finding: &Value) -> Result<bool, Failure> {
    let message = finding["message"].as_str().unwrap_or_default();
    let rule = finding["rule"].as_str().unwrap_or_default();
    let places: Vec<Place> = finding["locations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Place::new)
        .collect();
    let Some(place) = places.first() else {
        return Ok(false);
    };
    let path = directory.join(&place.file);
    let text = read(&path)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let Some(line) = lines.get(place.index) else {
        return Ok(false);
    };
    let is_mended = match rule {
        "malformed-file" if message.contains("`---` may be missing") => {
            lines.insert(place.index, "---".to_owned());
            true
        }
        // An action that cannot be evaluated, such as one that is meant for somebody else.
        "malformed-file" if line.contains("{{") => {
            lines[place.index] = without_actions(line);
            true
        }
        // A key that should be below an empty one, and is beside it.
        "invalid-resource" if message.contains("must be indented below") => {
            match places.get(1).filter(|key| key.file == place.file) {
                Some(key) => indent(&mut lines, key.index),
                None => false,
            }
        }
        _ => false,
    };
    if is_mended {
        println!(
            "mended {}:{}: {message}",
            place.file.display(),
            place.index + 1
        );
        write(&path, &(lines.join("\n") + "\n"))?;
    }
    Ok(is_mended)
}

/// A place of a finding.
struct Place {
    file: PathBuf,
    /// The line, from 0.
    index: usize,
}

impl Place {
    fn new(location: &Value) -> Option<Self> {
        let line = usize::try_from(location["line"].as_u64()?).ok()?;
        Some(Self {
            file: PathBuf::from(location["file"].as_str()?),
            index: line.checked_sub(1)?,
        })
    }
}

/// A line without its template actions.
fn without_actions(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        kept.push_str(before);
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    kept + rest
}

/// Indents a key and all that is its value by two columns: up to the next line that is a key, no deeper than
/// the key will be.
fn indent(lines: &mut [String], key: usize) -> bool {
    let width = |line: &str| line.len() - line.trim_start().len();
    let Some(own) = lines.get(key).map(|line| width(line)) else {
        return false;
    };
    let is_next = |line: &String| {
        let name = line.trim_start().split(':').next().unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        width(line) <= own + 2
            && name.len() + width(line) < line.len()
            && !name.is_empty()
            && name.bytes().all(is_name)
    };
    let rest = &lines[key + 1..];
    let end = rest.iter().position(is_next).unwrap_or(rest.len());
    for line in &mut lines[key..=key + end] {
        if !line.is_empty() {
            line.insert_str(0, "  ");
        }
    }
    true
}
