//! `cargo xtask package`: every package that is published can be built from what it would publish, and has a readme and a licence.

use std::fs;

use crate::Failure;
use crate::run::{cargo, cargo_home, output, succeed};

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
    forget_unpacked(&packages)?;
    // All in one command, so that cargo takes those that depend on each other from here and not from the registry.
    let mut command = cargo();
    command.args(["package", "--allow-dirty", "--locked"]);
    for package in &packages {
        command.args(["--package", package]);
    }
    succeed(&mut command)
}

/// Removes what cargo unpacked of these packages in an earlier run. It unpacks a version once and takes it for unchanging, also where the
/// registry is this workspace's own, of which each run packages the same version anew.
fn forget_unpacked(packages: &[String]) -> Result<(), Failure> {
    let registries = cargo_home()?.join("registry/src");
    if !registries.is_dir() {
        return Ok(());
    }
    let told = |error: std::io::Error| format!("{}: {error}", registries.display());
    for registry in fs::read_dir(&registries).map_err(told)? {
        let registry = registry.map_err(told)?;
        // The directory's name begins with the registry's host, which a registry on the disk does not have.
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for unpacked in fs::read_dir(registry.path()).map_err(told)? {
            let unpacked = unpacked.map_err(told)?;
            let name = unpacked.file_name();
            let name = name.to_string_lossy();
            let is_of = |package: &String| {
                let version = name.strip_prefix(package.as_str())?.strip_prefix('-')?;
                version
                    .starts_with(|first: char| first.is_ascii_digit())
                    .then_some(())
            };
            if packages.iter().any(|package| is_of(package).is_some()) {
                fs::remove_dir_all(unpacked.path()).map_err(told)?;
            }
        }
    }
    Ok(())
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
