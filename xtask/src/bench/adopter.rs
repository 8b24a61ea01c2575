//! A crate whose only dependency is kvguard, as a build dependency: how long it builds, and its build script.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::run::{cargo, read, succeed, write};
use crate::{Failure, root};

/// An own workspace, so that nothing of the repository's leaks in; the policy is whichever is measured.
const BUILD_SCRIPT: &str = r#"fn main() {
    let guard = kvguard::build_script::Guard::new();
    match std::env::var("ADOPTER_POLICY") {
        Ok(policy) => guard.policy(policy).run(),
        Err(_) => guard.optional().run(),
    }
}
"#;

/// The crate, built.
pub struct Adopter {
    directory: TempDir,
    script: PathBuf,
    /// How long the build took.
    pub time: Duration,
    /// How many other crates were built.
    pub crates: usize,
}

/// Builds the crate from nothing.
pub fn build() -> Result<Adopter, Failure> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = directory.path();
    let manifest = format!(
        r#"[package]
name = "adopter"
version = "0.1.0"
edition = "2024"

[build-dependencies]
kvguard = {{ path = "{}" }}

[workspace]
"#,
        root().display()
    );
    write(&path.join("Cargo.toml"), &manifest)?;
    write(&path.join("build.rs"), BUILD_SCRIPT)?;
    write(&path.join("src/lib.rs"), "")?;
    // The versions that the repository is tested with.
    write(&path.join("Cargo.lock"), &read(&root().join("Cargo.lock"))?)?;
    succeed(cargo().arg("fetch").current_dir(path))?;

    let target = path.join("target");
    let start = Instant::now();
    let output = cargo()
        .args(["build", "--offline", "--jobs", "2"])
        .current_dir(path)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_TERM_COLOR", "never")
        // What comes from a registry or from git is never built incrementally; only a path would be.
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("KVGUARD")
        .output()
        .map_err(|error| error.to_string())?;
    let time = start.elapsed();
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("the adopter does not build:\n{told}"));
    }
    let crates = told
        .lines()
        .filter(|line| line.trim_start().starts_with("Compiling "))
        .count()
        .saturating_sub(1);
    let script = find_script(&target.join("debug/build"))?;
    Ok(Adopter {
        directory,
        script,
        time,
        crates,
    })
}

impl Adopter {
    /// Its build script as cargo runs it, in the dev profile, on another fleet.
    pub fn build_script(&self, fleet: &Path, policy: &Path) -> Command {
        let out = self.directory.path().join("out");
        // Where it cannot be made, the script itself says so.
        let _ = std::fs::create_dir_all(&out);
        let mut script = Command::new(&self.script);
        script
            .current_dir(fleet)
            .env("CARGO_MANIFEST_DIR", fleet)
            .env("KVGUARD_ROOT", fleet)
            .env("ADOPTER_POLICY", policy)
            .env("OUT_DIR", out)
            .env_remove("KVGUARD");
        script
    }
}

fn find_script(directory: &Path) -> Result<PathBuf, Failure> {
    let entries = std::fs::read_dir(directory).map_err(|error| error.to_string())?;
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("adopter-"))
        .map(|entry| entry.path().join("build-script-build"))
        .find(|path| path.exists())
        .ok_or_else(|| "the adopter's build script was not built".to_owned())
}
