//! Runs the oracle: builds it once, and gives it all projects at a time.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::Project;

/// What compose-go makes of each project: its services, or why it refuses it.
pub fn load(projects: &[Project]) -> Vec<Result<Value, String>> {
    let asked: Vec<Value> = projects
        .iter()
        .map(|project| {
            json!({
                "root": project.root,
                "files": project.files,
                "env_files": project.env_files,
                "variables": project.variables,
                "profiles": project.profiles,
            })
        })
        .collect();
    let mut child = Command::new(program())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle was built and runs");
    let mut input = child.stdin.take().unwrap();
    let asked = serde_json::to_vec(&asked).unwrap();
    // It reads everything before it answers, so this cannot block.
    input.write_all(&asked).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the oracle failed");
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results.len(), projects.len());
    results.iter().map(answer).collect()
}

/// An answer in the form that ours is compared in.
fn answer(result: &Value) -> Result<Value, String> {
    if let Some(error) = result["error"].as_str() {
        return Err(error.to_owned());
    }
    let mut services = serde_json::Map::new();
    for (name, service) in result["services"].as_object().into_iter().flatten() {
        let environment: serde_json::Map<String, Value> = service["environment"]
            .as_object()
            .into_iter()
            .flatten()
            // What is null is not set in the container.
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mounts = service["mounts"].as_array().into_iter().flatten();
        let mut mounts: Vec<Value> = mounts.map(mount).collect();
        mounts.sort_by_key(Value::to_string);
        services.insert(
            name.clone(),
            json!({"environment": environment, "mounts": mounts}),
        );
    }
    Ok(Value::Object(services))
}

fn mount(mount: &Value) -> Value {
    let source = mount["source"].as_str().unwrap_or_default();
    let kind = match mount["type"].as_str() {
        Some("bind" | "file") if source.starts_with('/') => "host",
        Some("bind" | "file") => "path",
        Some("inline") => "inline",
        _ => "unknown",
    };
    // The project directory itself is the empty path.
    let source = if source == "." { "" } else { source };
    json!([mount["target"], kind, source])
}

/// The oracle, built once.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compose-oracle");
        let status = Command::new("go")
            .args(["build", "-trimpath", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/compose"))
            .status();
        match status {
            Ok(status) => assert!(status.success(), "`go build` of `tests/oracles/compose` failed"),
            Err(error) => panic!(
                "this test needs Go 1.24 or later ({error}): install it from https://go.dev/dl/ or with your package manager, and put `go` on the PATH"
            ),
        }
        program
    })
}
