//! Crates whose only dependency is kvguard, as a build dependency: how long they build, and their build script.

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

/// The kinds of deployment that an adopter's kvguard is built for.
#[derive(Debug, Clone, Copy)]
pub struct Kinds {
    /// How they are called in the table.
    pub name: &'static str,
    /// The features; `None`: the default ones, which are all.
    features: Option<&'static [&'static str]>,
}

/// The smallest that is of use.
pub const COMPOSE_AND_SYSTEMD: Kinds = Kinds {
    name: "compose and systemd",
    features: Some(&["compose", "systemd"]),
};

/// Overlays besides.
pub const AND_KUSTOMIZE: Kinds = Kinds {
    name: "compose, systemd and kustomize",
    features: Some(&["compose", "kustomize", "systemd"]),
};

/// What is built without a word about features.
pub const EVERY_KIND: Kinds = Kinds {
    name: "every kind",
    features: None,
};

/// A crate, built.
pub struct Adopter {
    directory: TempDir,
    script: PathBuf,
    /// The median of how long the builds took.
    pub time: Duration,
    /// How many other crates were built.
    pub crates: usize,
}

/// Builds a crate for each of some kinds from nothing, so often. The crates take turns, so that what else the
/// machine does slows all of them.
pub fn build<const COUNT: usize>(
    kinds: [Kinds; COUNT],
    times: usize,
) -> Result<[Adopter; COUNT], Failure> {
    let mut crates = Vec::new();
    for kinds in kinds {
        crates.push((kinds, Unbuilt::new(kinds)?, Vec::new()));
    }
    for _ in 0..times.max(1) {
        for (kinds, unbuilt, builds) in &mut crates {
            let build = unbuilt.build()?;
            println!("{}: {:.2?}", kinds.name, build.time);
            builds.push(build);
        }
    }
    let mut adopters = Vec::new();
    for (_, unbuilt, builds) in crates {
        adopters.push(unbuilt.into_adopter(builds)?);
    }
    adopters
        .try_into()
        .map_err(|_| "an adopter was not built".to_owned())
}

/// A crate to be built.
struct Unbuilt {
    directory: TempDir,
}

/// One build of it.
struct Build {
    time: Duration,
    crates: usize,
}

impl Unbuilt {
    fn new(kinds: Kinds) -> Result<Self, Failure> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = directory.path();
        let features = kinds.features.map_or_else(String::new, |features| {
            format!(", default-features = false, features = {features:?}")
        });
        let manifest = format!(
            r#"[package]
name = "adopter"
version = "0.1.0"
edition = "2024"

[build-dependencies]
kvguard = {{ path = "{}"{features} }}

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
        Ok(Self { directory })
    }

    fn target(&self) -> PathBuf {
        self.directory.path().join("target")
    }

    fn build(&self) -> Result<Build, Failure> {
        let target = self.target();
        if target.exists() {
            std::fs::remove_dir_all(&target).map_err(|error| error.to_string())?;
        }
        let start = Instant::now();
        let output = cargo()
            .args(["build", "--offline", "--jobs", "2"])
            .current_dir(self.directory.path())
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_TERM_COLOR", "never")
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
        Ok(Build { time, crates })
    }

    fn into_adopter(self, mut builds: Vec<Build>) -> Result<Adopter, Failure> {
        builds.sort_by_key(|build| build.time);
        let Some(median) = builds.get(builds.len() / 2) else {
            return Err("the adopter was not built".to_owned());
        };
        Ok(Adopter {
            script: find_script(&self.target().join("debug/build"))?,
            time: median.time,
            crates: median.crates,
            directory: self.directory,
        })
    }
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
