//! `cargo xtask ci`: all that must hold before a change is merged. It stops at the first step that fails.

use crate::run::{cargo, output, program, succeed};
use crate::steps::Steps;
use crate::{Failure, generate, package, root, test};

/// Warnings are errors.
const DENY: [&str; 3] = ["--", "-D", "warnings"];

/// The crates with a feature for each kind of deployment.
const WITH_KINDS: [&str; 4] = [
    "kvguard",
    "kvguard-macros",
    "kvguard-runtime",
    "cargo-kvguard",
];

/// Runs the task.
pub fn run() -> Result<(), Failure> {
    let mut steps = Steps::default();
    steps.step("Rust", rust_version)?;
    steps.step("Format", format)?;
    steps.step("Clippy", || {
        succeed(
            cargo()
                .args(["clippy", "--workspace", "--all-targets", "--all-features"])
                .args(DENY),
        )
    })?;
    steps.step("Clippy with each feature by itself", each_feature)?;
    steps.step("Documentation", || {
        succeed(
            cargo()
                .args(["doc", "--no-deps", "--workspace", "--all-features"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    })?;
    steps.step("Generated files", || generate::run(true))?;
    steps.step("Packages", package::run)?;
    steps.step("The example fleet", example_fleet)?;
    test::run_in(&mut steps)?;
    steps.print();
    println!("\nall steps passed");
    Ok(())
}

/// Cargo's own message about a compiler that is too old names a crate, not what to do.
fn rust_version() -> Result<(), Failure> {
    let needed = env!("CARGO_PKG_RUST_VERSION");
    let told = output(program("rustc").arg("--version"))?;
    println!("{told}needed: {needed}");
    let numbers = |text: &str| -> Vec<u32> {
        text.split(['.', '-'])
            .map_while(|part| part.parse().ok())
            .collect()
    };
    let found = numbers(told.split_whitespace().nth(1).unwrap_or_default());
    if found < numbers(needed) {
        return Err(format!(
            "{} is older than {needed}; run `rustup update stable`",
            told.trim()
        ));
    }
    let missing: Vec<&str> = [("rustfmt", "rustfmt"), ("clippy-driver", "clippy")]
        .into_iter()
        .filter(|(name, _)| output(program(name).arg("--version")).is_err())
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut add = program("rustup");
    succeed(add.args(["component", "add"]).args(missing))
}

/// Every file by itself: `cargo fmt` does not see the modules that are declared inside a macro.
fn format() -> Result<(), Failure> {
    let files = output(program("git").args(["ls-files", "-z", "--", "*.rs", ":!:tests/fixtures"]))?;
    let files: Vec<&str> = files
        .split('\0')
        // Listed, but deleted and not yet committed.
        .filter(|file| !file.is_empty() && root().join(file).exists())
        .collect();
    println!("{} files", files.len());
    succeed(
        program("rustfmt")
            .args(["--check", "--edition", "2024"])
            .args(files),
    )
    .map_err(|_| {
        "run `git ls-files '*.rs' ':!:tests/fixtures' | xargs rustfmt --edition 2024`".to_owned()
    })
}

fn each_feature() -> Result<(), Failure> {
    for package in WITH_KINDS {
        for features in features(package)? {
            succeed(
                cargo()
                    .args(["clippy", "--all-targets", "--no-default-features"])
                    .args(["--package", package, "--features", &features])
                    .args(DENY),
            )?;
        }
    }
    Ok(())
}

/// A package's features, one at a time, and none.
fn features(package: &str) -> Result<Vec<String>, Failure> {
    let told = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&told).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array();
    let found = packages
        .into_iter()
        .flatten()
        .find(|candidate| candidate["name"] == package)
        .and_then(|found| found["features"].as_object())
        .ok_or_else(|| format!("there is no package `{package}`"))?;
    let named = found.keys().filter(|name| *name != "default").cloned();
    Ok(std::iter::once(String::new()).chain(named).collect())
}

/// It is a workspace of its own, as an adopter's is.
fn example_fleet() -> Result<(), Failure> {
    let fleet = root().join("examples/fleet");
    if !fleet.join("Cargo.toml").exists() {
        return Err("examples/fleet is missing".to_owned());
    }
    // Debugging information that nobody looks at takes a seventh of the time to compile, and half of the space.
    let debug = ("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    succeed(
        cargo()
            .args(["build", "--locked"])
            .env(debug.0, debug.1)
            .current_dir(&fleet),
    )?;
    // Its services as processes, against a data service and a NATS server.
    let services = ["archive", "dashboard", "ingest", "station-agent"];
    let mut tests = cargo();
    tests
        .args(["test", "--locked", "--no-fail-fast"])
        .env(debug.0, debug.1);
    for service in services {
        let clients = format!("{service}/datasvc,{service}/nats");
        tests.args(["--package", service, "--features", &clients]);
    }
    succeed(tests.current_dir(&fleet))
}
