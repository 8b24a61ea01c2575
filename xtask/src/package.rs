//! `cargo xtask package`: every package that is published can be built from what it would publish, and has a readme and a licence.

use crate::Failure;
use crate::run::{cargo, output, succeed};

/// The files that every package must contain.
const NEEDED: [&str; 2] = ["LICENSE", "README.md"];

/// Runs the task.
pub fn run() -> Result<(), Failure> {
    let packages = published()?;
    for package in &packages {
        let listed =
            output(cargo().args(["package", "--list", "--allow-dirty", "--package", package]))?;
        for needed in NEEDED {
            if !listed.lines().any(|file| file == needed) {
                return Err(format!(
                    "the package `{package}` has no {needed}: add it beside its Cargo.toml, and to `include` there"
                ));
            }
        }
    }
    // All in one command, so that cargo takes those that depend on each other from here and not from the registry.
    let mut command = cargo();
    command.args(["package", "--allow-dirty", "--locked"]);
    for package in &packages {
        command.args(["--package", package]);
    }
    succeed(&mut command)
}

/// The names of the workspace's packages that may be published.
fn published() -> Result<Vec<String>, Failure> {
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let names: Vec<String> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        // `publish = false` is an empty list of registries.
        .filter(|package| package["publish"].is_null())
        .filter_map(|package| package["name"].as_str().map(ToOwned::to_owned))
        .collect();
    if names.is_empty() {
        return Err("cargo metadata lists no package that is published".to_owned());
    }
    Ok(names)
}
