//! What each feature of the runtime costs whoever builds it from nothing.

use std::time::{Duration, Instant};

use super::{Figures, seconds};
use crate::run::{cargo, read, succeed, write};
use crate::{Failure, root};

/// What the runtime may take beyond the engine and the macros.
const DEFAULT: Duration = Duration::from_secs(5);

/// Every kind of deployment, and nothing of the runtime but its types.
const KINDS: &str = "\"compose\", \"helm\", \"kubernetes\", \"kustomize\", \"systemd\"";

/// The features beyond the default ones that cost something.
const FEATURES: [&str; 6] = ["toml", "yaml", "testing", "nats", "datasvc", "spiffe"];

/// Builds a crate that depends on the runtime, for each of its features.
pub fn features(figures: &mut Figures) -> Result<(), Failure> {
    println!("\n=== Crates that depend on the runtime, built from nothing on 2 cores");
    let macros = build(&format!("default-features = false, features = [{KINDS}]"))?;
    let default = build("default-features = true")?;
    let mut row = |what: String, (time, crates): (Duration, usize), limit: Option<Duration>| {
        figures.plain(
            format!("{what} ({crates} crates)"),
            seconds(time),
            limit.map(seconds).unwrap_or_default(),
            limit.is_none_or(|limit| time <= limit),
        );
    };
    row(
        "cold build of the macros, with the engine".to_owned(),
        macros,
        None,
    );
    let beyond = |(time, crates): (Duration, usize), less: (Duration, usize)| {
        (time.saturating_sub(less.0), crates.saturating_sub(less.1))
    };
    row(
        "what the runtime's default features add to it".to_owned(),
        beyond(default, macros),
        Some(DEFAULT),
    );
    for feature in FEATURES {
        let with = build(&format!("features = [\"{feature}\"]"))?;
        row(
            format!("what its feature `{feature}` adds to that"),
            beyond(with, default),
            None,
        );
    }
    Ok(())
}

/// How long it takes, and how many other crates there are.
fn build(features: &str) -> Result<(Duration, usize), Failure> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = directory.path();
    let manifest = format!(
        "[package]\nname = \"adopter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nkvguard-runtime = {{ path = \"{}/kvguard-runtime\", {features} }}\n\n[workspace]\n",
        root().display()
    );
    write(&path.join("Cargo.toml"), &manifest)?;
    write(&path.join("src/lib.rs"), "")?;
    // The versions that the repository is tested with.
    write(&path.join("Cargo.lock"), &read(&root().join("Cargo.lock"))?)?;
    succeed(cargo().arg("fetch").current_dir(path))?;
    let start = Instant::now();
    let output = cargo()
        .args(["build", "--offline", "--jobs", "2"])
        .current_dir(path)
        .env("CARGO_TARGET_DIR", path.join("target"))
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .map_err(|error| error.to_string())?;
    let time = start.elapsed();
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("a crate with {features} does not build:\n{told}"));
    }
    let compiled = told
        .lines()
        .filter(|line| line.trim_start().starts_with("Compiling "));
    println!("{features}: {time:.2?}");
    Ok((time, compiled.count().saturating_sub(1)))
}
