//! Crates that use the macros: how much longer they compile than the same without, and what a first expansion costs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use kvguard::build_script::Guard;
use tempfile::TempDir;

use super::generated::{self, State};
use crate::run::{cargo, read, succeed, write};
use crate::{Failure, root};

/// How many constants a crate has.
const CONSTANTS: usize = 1_000;

/// Crates side by side, their dependencies built.
pub struct Crates {
    directory: TempDir,
}

/// A crate without macros.
const LITERALS: &str = "literals";
/// The same with `kv_key!`.
const KEYS: &str = "keys";
/// One `kv_key!`, in the fleet that is measured.
const FIRST: &str = "first";
/// No macro, in the same.
const NONE: &str = "none";

impl Crates {
    /// Writes them, in a fleet of as many services as they name, and builds what they depend on.
    pub fn build() -> Result<Self, Failure> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let crates = Self { directory };
        let path = crates.path();
        generated::write_fleet(path, CONSTANTS, State::Clean)?;
        let members = [LITERALS, KEYS, FIRST, NONE];
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
        write(&path.join("Cargo.toml"), &manifest)?;
        write(&path.join("Cargo.lock"), &read(&root().join("Cargo.lock"))?)?;
        for name in members {
            let manifest = format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nkvguard-runtime = {{ path = \"{}\" }}\n",
                root().join("kvguard-runtime").display()
            );
            write(&path.join(name).join("Cargo.toml"), &manifest)?;
        }
        let names: Vec<String> = (0..CONSTANTS).map(generated::name).collect();
        let constants = |make: &dyn Fn(&str) -> String| {
            let mut text = String::new();
            for (index, name) in names.iter().enumerate() {
                let _ = writeln!(text, "pub const KEY_{index}: {};", make(name));
            }
            text
        };
        crates.source(
            LITERALS,
            &constants(&|name| format!("&str = \"config/{name}.json\"")),
        )?;
        let keys = constants(&|name| {
            format!("kvguard_runtime::Key = kvguard_runtime::kv_key!(\"{name}\")")
        });
        crates.source(KEYS, &keys)?;
        crates.source(NONE, "")?;
        crates.source(FIRST, "")?;
        succeed(cargo().arg("fetch").current_dir(path))?;
        succeed(crates.check(NONE, path).current_dir(path))?;
        Ok(crates)
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn source(&self, name: &str, text: &str) -> Result<(), Failure> {
        write(&self.path().join(name).join("src/lib.rs"), text)
    }

    fn check(&self, name: &str, fleet: &Path) -> Command {
        let mut check = cargo();
        check
            .args(["check", "--offline", "--quiet", "--package", name])
            .current_dir(self.path())
            .env("CARGO_TARGET_DIR", self.path().join("target"))
            .env("KVGUARD_ROOT", fleet)
            .env_remove("KVGUARD");
        check
    }

    /// The shortest time in which a crate compiles, its dependencies being built.
    fn least(&self, name: &str, fleet: &Path, runs: usize) -> Result<Duration, Failure> {
        let source = self.path().join(name).join("src/lib.rs");
        let text = read(&source)?;
        let mut least = Duration::MAX;
        for run in 0..runs.max(1) {
            // A change that changes nothing, so that cargo compiles it again.
            write(&source, &format!("{text}// {run}\n"))?;
            let start = Instant::now();
            let output = self
                .check(name, fleet)
                .output()
                .map_err(|error| error.to_string())?;
            let time = start.elapsed();
            if !output.status.success() {
                let told = String::from_utf8_lossy(&output.stderr);
                return Err(format!("`{name}` does not compile:\n{told}"));
            }
            least = least.min(time);
        }
        write(&source, &text)?;
        Ok(least)
    }

    /// How much longer a crate with a thousand keys compiles than one with as many string literals.
    pub fn keys_over_literals(&self, runs: usize) -> Result<Duration, Failure> {
        let literals = self.least(LITERALS, self.path(), runs)?;
        let keys = self.least(KEYS, self.path(), runs)?;
        println!("{CONSTANTS} literals: {literals:?}; {CONSTANTS} keys: {keys:?}");
        Ok(keys.saturating_sub(literals))
    }

    /// How much longer a crate with one key compiles than one without, in a fleet.
    pub fn first_expansion(
        &self,
        fleet: &Path,
        policy: &Path,
        runs: usize,
    ) -> Result<Duration, Failure> {
        let root = self.fleet_with(fleet, policy)?;
        let service = service(&root)?;
        let source = format!(
            "pub const KEY: kvguard_runtime::Key = kvguard_runtime::kv_key!({service:?});\n"
        );
        self.source(FIRST, &source)?;
        let with = self.least(FIRST, &root, runs)?;
        let without = self.least(NONE, &root, runs)?;
        println!("one key: {with:?}; none: {without:?}");
        Ok(with.saturating_sub(without))
    }

    /// The fleet's directory, if the policy is where macros look for it; else a directory that has both.
    fn fleet_with(&self, fleet: &Path, policy: &Path) -> Result<PathBuf, Failure> {
        let own = fleet.join("kvguard.toml");
        if own == policy {
            return Ok(fleet.to_path_buf());
        }
        let copy = self.path().join("fleet");
        succeed(Command::new("cp").arg("-RT").arg(fleet).arg(&copy))?;
        write(&copy.join("kvguard.toml"), &read(policy)?)?;
        Ok(copy)
    }
}

/// A service that has a key of its own.
fn service(root: &Path) -> Result<String, Failure> {
    let variable = |name: &str| {
        ["CARGO_MANIFEST_DIR", "KVGUARD_ROOT"]
            .contains(&name)
            .then(|| root.as_os_str().to_owned())
    };
    let declared = Guard::new().declared(&variable);
    let registry: serde_json::Value =
        serde_json::from_str(&declared.registry).map_err(|error| error.to_string())?;
    let services = registry["services"].as_array();
    let found = services
        .into_iter()
        .flatten()
        .find(|service| service["key"].is_string());
    found
        .and_then(|service| service["name"].as_str())
        .map(str::to_owned)
        .ok_or_else(|| {
            format!(
                "no service with a key in {}: {}",
                root.display(),
                declared.errors.join("; ")
            )
        })
}
