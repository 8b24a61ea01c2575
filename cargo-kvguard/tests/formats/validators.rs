//! Asks the schemas.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

/// The schema of kvguard's own JSON.
pub static REPORT: LazyLock<Validator> =
    LazyLock::new(|| validator(&read("../docs/report.schema.json")));

/// The schema of SARIF.
pub static SARIF: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema = read("tests/schemas/sarif-schema-2.1.0.json");
    // A bracket in it closes nothing. JavaScript takes that for the sign itself; the validator refuses it.
    let mut corrected = 0;
    for object in ["run", "toolComponent"] {
        let pattern = &mut schema["definitions"][object]["properties"]["language"]["pattern"];
        if let Some(text) = pattern.as_str() {
            *pattern = text.replace("]?$", "\\]?$").into();
            corrected += 1;
        }
    }
    assert_eq!(corrected, 2);
    validator(&schema)
});

/// Where a file of this package is.
pub fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// A file as JSON.
pub fn read(file: &str) -> Value {
    let text = std::fs::read_to_string(path(file)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options
        .build(schema)
        .unwrap_or_else(|error| panic!("{}: {error}", schema["$id"]))
}

/// Fails unless a text is valid JSON by a schema; gives it.
pub fn assert_valid(validator: &Validator, text: &str, what: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{what}: {error}"));
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}:\n{}", errors.join("\n"));
    value
}

/// Fails unless texts are valid JUnit XML.
pub fn assert_junit(texts: &[(String, String)]) {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new("xmllint");
    // No network, and no entities from elsewhere.
    command.args(["--noout", "--nonet", "--huge", "--schema"]);
    command.arg(path("tests/schemas/junit-10.xsd"));
    for (number, (_, text)) in texts.iter().enumerate() {
        let file = directory.path().join(format!("{number}.xml"));
        std::fs::write(&file, text).unwrap();
        command.arg(file);
    }
    let told = command.output().unwrap_or_else(|error| {
        panic!("xmllint cannot be run ({error}): `apt-get install libxml2-utils`, or `cargo xtask test`, which gets it")
    });
    let errors = String::from_utf8_lossy(&told.stderr);
    let names: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(number, (name, _))| format!("{number}.xml is {name}"))
        .collect();
    assert!(told.status.success(), "{errors}\n{}", names.join("\n"));
    assert_eq!(
        errors.matches(" validates").count(),
        texts.len(),
        "{errors}"
    );
}
