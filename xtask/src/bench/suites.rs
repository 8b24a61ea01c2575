//! The suites of `#[kv_bootstrap_test]`: how long they run, and what they add to compiling a crate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::generated::{self, State};
use super::{Figures, seconds};
use crate::run::{cargo, output, read, succeed, write};
use crate::{Failure, root};

/// 13 cases in 3 deployments, in memory.
const IN_MEMORY: Duration = Duration::from_secs(1);

/// The same over TLS, against the data service in process.
const OVER_TLS: Duration = Duration::from_secs(5);

/// How many tests those are.
const TESTS: usize = 39;

/// How many services' suites are compiled.
const SERVICES: usize = 20;

/// The workspace whose services are tested, and the executable of its tests.
struct Built {
    directory: TempDir,
    suites: PathBuf,
}

/// Measures them.
pub fn suites(figures: &mut Figures, runs: usize) -> Result<(), Failure> {
    println!("\n=== The suites of `#[kv_bootstrap_test]`");
    let built = Built::new()?;
    for (backend, what, limit) in [
        ("memory", "in memory", IN_MEMORY),
        ("datasvc", "over TLS, in process", OVER_TLS),
    ] {
        let time = built.run(backend, runs)?;
        figures.plain(
            format!("13 cases in 3 deployments, {what}"),
            seconds(time),
            seconds(limit),
            time <= limit,
        );
    }
    let longer = built.compile_time(runs)?;
    figures.plain(
        format!("compiling the suites of {SERVICES} services in 2 deployments, over none"),
        seconds(longer),
        String::new(),
        true,
    );
    Ok(())
}

impl Built {
    fn new() -> Result<Self, Failure> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = directory.path();
        copy(&root().join("ui-tests/workspaces/bootstrap"), path)?;
        write(&path.join("Cargo.lock"), &read(&root().join("Cargo.lock"))?)?;
        generated::write_fleet(&path.join("many"), SERVICES, State::Clean)?;
        let manifest = read(&path.join("services/Cargo.toml"))?;
        let manifest = manifest
            .replace("name = \"services\"", "name = \"many\"")
            .replace("\"compose\", ", "\"compose\", \"systemd\", ");
        write(&path.join("many/Cargo.toml"), &manifest)?;
        write(&path.join("many/src/lib.rs"), "")?;
        let workspace = read(&path.join("Cargo.toml"))?;
        let workspace = workspace.replace("[\"services\"]", "[\"many\", \"services\"]");
        write(&path.join("Cargo.toml"), &workspace)?;
        let target = path.join("target");
        succeed(cargo().arg("fetch").current_dir(path))?;
        let told = output(
            at(path, &target)
                .args(["test", "--offline", "--no-run", "--package", "services"])
                .args(["--test", "connecting", "--message-format", "json"]),
        )?;
        let mut executables = told.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            let is_test = message["target"]["name"] == "connecting";
            is_test.then(|| message["executable"].as_str().map(PathBuf::from))?
        });
        let suites = executables.next_back().ok_or("cargo built no tests")?;
        Ok(Self { directory, suites })
    }

    /// The shortest time in which the suite of one service ends.
    fn run(&self, backend: &str, runs: usize) -> Result<Duration, Failure> {
        let filter = format!("::{backend}::");
        let mut least = Duration::MAX;
        for _ in 0..runs.clamp(1, 5) {
            let start = Instant::now();
            let told = output(Command::new(&self.suites).args([&filter, "--skip", "given_watch"]))?;
            let time = start.elapsed();
            if !told.contains(&format!("{TESTS} passed")) {
                return Err(format!("not {TESTS} tests passed:\n{told}"));
            }
            least = least.min(time);
        }
        Ok(least)
    }

    /// How much longer a crate's tests compile with the suites than without.
    fn compile_time(&self, runs: usize) -> Result<Duration, Failure> {
        let mut suites = String::new();
        for index in 0..SERVICES {
            let _ = writeln!(
                suites,
                "#[kvguard_runtime::kv_bootstrap_test({:?})]\nasync fn boots_{index}(_: kvguard_runtime::testing::harness::KvHarness) -> Result<String, String> {{ Ok(String::new()) }}",
                generated::name(index)
            );
        }
        let without = self.least("", runs)?;
        let with = self.least(&suites, runs)?;
        println!("{SERVICES} suites: {with:?}; none: {without:?}");
        Ok(with.saturating_sub(without))
    }

    fn least(&self, source: &str, runs: usize) -> Result<Duration, Failure> {
        let path = self.directory.path();
        let mut least = Duration::MAX;
        // The first builds what it depends on.
        for run in 0..=runs.clamp(1, 5) {
            write(
                &path.join("many/src/lib.rs"),
                &format!("{source}// {run}\n"),
            )?;
            let start = Instant::now();
            succeed(
                at(path, &path.join("target"))
                    .args(["test", "--offline", "--quiet", "--no-run", "--lib"])
                    .args(["--package", "many"]),
            )?;
            if run > 0 {
                least = least.min(start.elapsed());
            }
        }
        Ok(least)
    }
}

fn at(path: &Path, target: &Path) -> Command {
    let mut command = cargo();
    command
        .current_dir(path)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("KVGUARD")
        .env_remove("KVGUARD_ROOT");
    command
}

/// Copies a workspace of the tests, with what stands for this repository filled in.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let entries =
        std::fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            let text = read(&path)?.replace("@KVGUARD@", &root().display().to_string());
            write(&target, &text.replace("@VERSION@", "0.1.0"))?;
        }
    }
    Ok(())
}
