//! Runs kustomize, which is the oracle.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// What kustomize makes of each directory: the documents, or why it refuses.
pub fn build_all(directories: &[PathBuf]) -> Vec<Result<Vec<Value>, String>> {
    let program = program();
    let results = Mutex::new(vec![None; directories.len()]);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((position, directory)) = {
                    let position = next.fetch_add(1, Ordering::Relaxed);
                    directories
                        .get(position)
                        .map(|directory| (position, directory))
                } {
                    let result = build(&program, directory);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results[position] = Some(result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(Option::unwrap).collect()
}

/// A program that builds overlays, and the argument that makes it do so.
fn program() -> (&'static str, &'static str) {
    let candidates = [
        ("kustomize", "build", "version"),
        ("kubectl", "kustomize", "version"),
    ];
    for (program, verb, version) in candidates {
        let mut command = Command::new(program);
        command.arg(version);
        if program == "kubectl" {
            command.arg("--client");
        }
        let Ok(output) = command.output() else {
            continue;
        };
        let version = String::from_utf8_lossy(&output.stdout);
        // What `go install` builds does not know its version.
        if version.contains("v5.5.") || version.contains("(devel)") {
            return (program, verb);
        }
    }
    panic!(
        "these tests need kustomize 5.5, alone or in kubectl 1.32: \
         go install sigs.k8s.io/kustomize/kustomize/v5@v5.5.0"
    );
}

fn build((program, verb): &(&str, &str), directory: &Path) -> Result<Vec<Value>, String> {
    let output = Command::new(program)
        .arg(verb)
        .arg(directory)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    // No line of a document is `---`: those of block scalars are indented.
    let documents = text.split("\n---\n").map(|document| {
        let value: Value = serde_yaml::from_str(document).unwrap();
        normal(value)
    });
    Ok(documents.filter(|document| !document.is_null()).collect())
}

/// Numbers without a fraction are whole ones.
fn normal(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| (name, normal(value)))
            .collect(),
        Value::Number(number) => match number.as_f64() {
            Some(value) if number.as_i64().is_none() => super::number(value),
            _ => Value::Number(number),
        },
        other => other,
    }
}
