//! `cargo xtask demo`: the guard passes on the example fleet; a grant is removed in a copy, and the build fails.
//!
//! It builds one crate of the fleet, its gate, whose build script runs the guard over every service. The services themselves would
//! take minutes to compile.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{cargo, output, program, read, succeed, write};
use crate::{Failure, root};

const TABLE: &str = "deploy/compose/config-store.json";

/// The grant that goes.
const GRANT: &str = "spiffe://brook.example/services/ingest";

/// Runs the task.
pub fn run() -> Result<(), Failure> {
    let target = target_directory()?.join("demo");
    let build = |directory: &Path| {
        let mut command = cargo();
        command
            .args(["build", "--package", "gate"])
            .current_dir(directory)
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("KVGUARD");
        command
    };

    heading(
        "1. examples/fleet: what is declared, deployed and granted agrees, so its gate crate builds",
    );
    let fleet = root().join("examples/fleet");
    println!("Building the guard, and with it the gate crate:\n");
    succeed(&mut build(&fleet))?;

    heading("2. In a copy, somebody removes a grant from the compose project's access table");
    let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
    copy_fleet(&fleet, copy.path())?;
    let table = copy.path().join(TABLE);
    let whole = read(&table)?;
    let (line, removed) = whole
        .lines()
        .enumerate()
        .find(|(_, text)| text.contains(GRANT))
        .ok_or_else(|| format!("{TABLE} has no grant for {GRANT}"))?;
    println!("{TABLE}:{}\n- {removed}", line + 1);
    write(&table, &whole.replacen(&format!("{removed}\n"), "", 1))?;

    heading("3. The build fails, with the lines to look at and the text to paste");
    must_fail(&mut build(copy.path()))?;

    heading("4. The grant is put back, and it builds again");
    write(&table, &whole)?;
    succeed(&mut build(copy.path()))?;
    println!(
        "\nThe drift was an error while it was compiled; nothing had to be started to find it.\n\
         Each service's role in each deployment: cargo kvguard matrix --root examples/fleet"
    );
    Ok(())
}

fn heading(text: &str) {
    println!("\n=== {text}\n");
}

/// Fails unless the build fails for the removed grant.
fn must_fail(build: &mut Command) -> Result<(), Failure> {
    println!("$ cargo build --package gate");
    let output = build.output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stderr);
    println!("{}", told.trim_end());
    if output.status.success() {
        return Err("the build passed without the grant".to_owned());
    }
    for expected in ["missing-grant", TABLE, GRANT] {
        if !told.contains(expected) {
            return Err(format!("the build failed without telling of `{expected}`"));
        }
    }
    Ok(())
}

/// Copies what git tracks, and leads the copy's dependency back to this repository.
fn copy_fleet(fleet: &Path, copy: &Path) -> Result<(), Failure> {
    let files = output(program("git").args(["ls-files", "-z"]).current_dir(fleet))?;
    for file in files.split('\0').filter(|file| !file.is_empty()) {
        let mut text = read(&fleet.join(file))?;
        if file.ends_with("Cargo.toml") {
            let here = Path::new(file).parent().unwrap_or(Path::new(""));
            text = absolute_paths(&text, &fleet.join(here));
        }
        write(&copy.join(file), &text)?;
    }
    Ok(())
}

/// A manifest whose `path = "../…"` lead where they led from a directory.
fn absolute_paths(manifest: &str, directory: &Path) -> String {
    let start = "path = \"..";
    let mut text = String::new();
    for line in manifest.split_inclusive('\n') {
        match line.split_once(start) {
            Some((before, after)) => {
                let directory = directory.display();
                let _ = write!(text, "{before}path = \"{directory}/..{after}");
            }
            None => text.push_str(line),
        }
    }
    text
}

/// Where cargo builds this repository.
pub fn target_directory() -> Result<PathBuf, Failure> {
    let told = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&told).map_err(|error| error.to_string())?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "cargo tells no target directory".to_owned())
}
