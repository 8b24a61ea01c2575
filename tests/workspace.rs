//! What holds of the workspace as a whole, by cargo's own account of it.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What the engine may bring into an adopter's build, itself included.
const MOST_CRATES: usize = 25;

struct Workspace {
    packages: BTreeMap<String, Value>,
    /// What each package depends on, and whether it needs it to be built, not only to be tested.
    edges: BTreeMap<String, Vec<(String, bool)>>,
    members: BTreeSet<String>,
}

impl Workspace {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            // Elsewhere other dependencies may take part, whose age is no concern of the lock file's.
            .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs its tests");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
        let id = |value: &Value| value.as_str().expect("an id is a text").to_owned();
        let packages = list(&metadata["packages"])
            .map(|package| (id(&package["id"]), package.clone()))
            .collect();
        let edges = list(&metadata["resolve"]["nodes"])
            .map(|node| (id(&node["id"]), list(&node["deps"]).map(edge).collect()))
            .collect();
        Self {
            packages,
            edges,
            members: list(&metadata["workspace_members"]).map(id).collect(),
        }
    }

    fn members(&self) -> impl Iterator<Item = &Value> {
        self.members.iter().map(|id| &self.packages[id])
    }

    fn id_of(&self, name: &str) -> &str {
        let found = self.members().find(|package| package["name"] == name);
        found.expect("it is a member")["id"].as_str().unwrap()
    }

    /// A package and all it needs to be built; `with_tests`: also what its own tests need.
    fn tree(&self, id: &str, with_tests: bool) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut left = vec![(id, with_tests)];
        while let Some((id, with_tests)) = left.pop() {
            let (id, edges) = self
                .edges
                .get_key_value(id)
                .expect("every package is told of");
            if !seen.insert(id.as_str()) {
                continue;
            }
            let needed = edges.iter().filter(|(_, builds)| *builds || with_tests);
            left.extend(needed.map(|(id, _)| (id.as_str(), false)));
        }
        seen
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn edge(dependency: &Value) -> (String, bool) {
    let builds = list(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev");
    (dependency["pkg"].as_str().unwrap().to_owned(), builds)
}

fn version(text: &str) -> (u64, u64, u64) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap());
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

fn is_published(package: &Value) -> bool {
    package["publish"].is_null()
}

#[test]
fn the_rust_version_is_the_lowest_that_the_dependencies_allow() {
    let workspace = Workspace::read();
    let declared: BTreeSet<&str> = workspace
        .members()
        .map(|package| package["rust_version"].as_str().expect("each has one"))
        .collect();
    assert_eq!(
        declared.len(),
        1,
        "all members have the workspace's: {declared:?}"
    );
    let needed = workspace
        .members()
        .filter(|package| is_published(package))
        .flat_map(|package| workspace.tree(package["id"].as_str().unwrap(), false))
        .filter(|id| !workspace.members.contains(*id))
        .map(|id| &workspace.packages[id])
        .filter_map(|package| {
            let version = self::version(package["rust_version"].as_str()?);
            Some((version, package["name"].as_str().unwrap()))
        })
        .max()
        .expect("some dependency tells its own");
    let (needed, because_of) = needed;
    let declared = version(declared.first().unwrap());
    // Edition 2024, which the workspace is written in, came with 1.85.
    let lowest = needed.max(version("1.85"));
    assert_eq!(declared, lowest, "`{because_of}` needs {needed:?}");
}

#[test]
fn every_member_has_the_licence_and_tells_what_it_is() {
    for package in Workspace::read().members() {
        let name = &package["name"];
        assert_eq!(package["license"], "Apache-2.0", "{name}");
        assert_eq!(package["edition"], "2024", "{name}");
        assert!(package["description"].is_string(), "{name}");
    }
}

#[test]
fn the_engine_brings_few_crates_into_a_build() {
    let workspace = Workspace::read();
    let tree = workspace.tree(workspace.id_of("kvguard"), false);
    assert!(tree.len() <= MOST_CRATES, "{}: {tree:#?}", tree.len());
}

#[test]
fn nothing_points_back_from_the_engine() {
    let workspace = Workspace::read();
    let tree = workspace.tree(workspace.id_of("kvguard"), true);
    let mut others: Vec<_> = workspace
        .members
        .iter()
        .filter(|id| tree.contains(id.as_str()))
        .map(|id| workspace.packages[id]["name"].as_str().unwrap())
        .collect();
    others.sort_unstable();
    assert_eq!(others, ["kvguard", "kvguard-contract"]);
}

#[test]
fn what_guard_and_services_share_depends_on_nothing() {
    let workspace = Workspace::read();
    let tree = workspace.tree(workspace.id_of("kvguard-contract"), false);
    assert_eq!(tree.len(), 1, "{tree:#?}");
}

#[test]
fn the_command_knows_what_runs_in_services_only_with_its_feature_live() {
    let workspace = Workspace::read();
    let command = &workspace.packages[workspace.id_of("cargo-kvguard")];
    let of_services = ["kvguard-runtime", "kvguard-macros"];
    let dependencies = command["dependencies"].as_array().unwrap();
    let is_built = |dependency: &&Value| dependency["kind"].is_null();
    for dependency in dependencies.iter().filter(is_built) {
        let name = dependency["name"].as_str().unwrap();
        let is_of_services = of_services.contains(&name);
        assert!(!is_of_services || dependency["optional"] == true, "{name}");
    }
    for (feature, brings) in command["features"].as_object().unwrap() {
        let brings = brings.to_string();
        let is_of_services = of_services.iter().any(|name| brings.contains(name));
        assert_eq!(is_of_services, feature == "live", "{feature}: {brings}");
    }
}
