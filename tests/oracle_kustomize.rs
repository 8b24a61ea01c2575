//! Overlays are built as kustomize builds them: the same documents, field by field, in the same order,
//! and the same overlays refused. The oracle is `kubectl kustomize` or `kustomize build`.

#![cfg(feature = "kustomize")]
#![expect(
    clippy::unwrap_used,
    reason = "what these tests are made of is as they made it"
)]

#[path = "oracle_kustomize/generate.rs"]
mod generate;
#[path = "oracle_kustomize/oracle.rs"]
mod oracle;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kvguard::deploy::kustomize;
use kvguard::inputs::Inputs;
use kvguard::registry::Spanned;
use kvguard::source::{Node, Scalar, ScalarKind};
use serde_json::{Map, Value};

/// What comes out where we differ from kustomize on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    /// We refuse what kustomize accepts, and build the same documents.
    AlsoRefused,
    /// We refuse what kustomize accepts, and what we build is another thing.
    OnlyRefused,
}

/// Every deliberate difference: the overlay, why, and what comes out.
const DIFFERENCES: [(&str, &str, Ours); 4] = [
    (
        "differs-null-data",
        "the API server refuses data that is null, where a key slid to the left",
        Ours::AlsoRefused,
    ),
    (
        "differs-duplicate-key",
        "kustomize takes the last of two equal keys of a kustomization",
        Ours::OnlyRefused,
    ),
    (
        "differs-crds",
        "which fields a CRD's annotations make references is not read",
        Ours::AlsoRefused,
    ),
    (
        "differs-transformer-annotations",
        "how a document was made is not written into it",
        Ours::OnlyRefused,
    ),
];

/// An overlay for both.
struct Overlay {
    name: String,
    root: PathBuf,
    /// Relative to the root.
    directory: String,
}

/// What an overlay comes to.
#[derive(Debug)]
struct Outcome {
    documents: Vec<Value>,
    refused: Vec<String>,
}

fn fixtures() -> Vec<Overlay> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kustomize");
    #[expect(clippy::disallowed_methods, reason = "a test looks for its fixtures")]
    let entries = std::fs::read_dir(directory).unwrap();
    let mut roots: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    roots.sort();
    roots
        .into_iter()
        .map(|root| Overlay {
            name: root.file_name().unwrap().to_str().unwrap().to_owned(),
            directory: if root.join("overlay").is_dir() {
                "overlay"
            } else {
                ""
            }
            .to_owned(),
            root,
        })
        .collect()
}

fn ours(overlay: &Overlay) -> Outcome {
    let mut inputs = Inputs::new(&overlay.root).unwrap();
    let policy = inputs.sources_mut().add("kvguard.toml", "policy");
    let span = inputs.sources().whole(policy);
    let directory = Spanned::new(overlay.directory.clone(), span);
    let (rendered, failures) = kustomize::render(&mut inputs, &directory);
    let sources = inputs.sources();
    let mut refused: Vec<String> = failures
        .into_iter()
        .map(|failure| failure.message)
        .collect();
    for problem in rendered
        .malformed
        .iter()
        .chain(&rendered.invalid)
        .chain(&rendered.unsupported)
    {
        let location = sources.location(problem.span);
        refused.push(format!(
            "{}:{}:{}: {}",
            location.file, location.line, location.column, problem.message
        ));
    }
    Outcome {
        documents: rendered.documents.iter().map(json).collect(),
        refused,
    }
}

fn json(node: &Node) -> Value {
    match &node.value {
        kvguard::source::Value::Mapping(mapping) => {
            let entries = mapping.entries().iter();
            let entries: Map<String, Value> = entries
                .map(|entry| (entry.key.text.to_string(), json(&entry.value)))
                .collect();
            Value::Object(entries)
        }
        kvguard::source::Value::Sequence(items) => items.iter().map(json).collect(),
        kvguard::source::Value::Scalar(scalar) => scalar_json(scalar),
    }
}

fn scalar_json(scalar: &Scalar) -> Value {
    let text = &*scalar.text;
    match scalar.kind {
        ScalarKind::Null => Value::Null,
        ScalarKind::Bool(value) => Value::Bool(value),
        ScalarKind::Integer => {
            let octal = text.strip_prefix("0o").or(text.strip_prefix('0'));
            let octal = octal.and_then(|digits| i64::from_str_radix(digits, 8).ok());
            octal
                .or_else(|| text.parse().ok())
                .map_or_else(|| text.into(), Value::from)
        }
        ScalarKind::Float => text.parse::<f64>().map_or_else(|_| text.into(), number),
        ScalarKind::String | ScalarKind::DateTime => text.into(),
    }
}

/// A number as JSON has it: one without a fraction is a whole one.
fn number(value: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only what has no fraction is converted"
    )]
    let whole = value as i64;
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "this is what is asked"
    )]
    if whole as f64 == value {
        return Value::from(whole);
    }
    Value::from(value)
}

/// How two values differ first, by path.
fn difference(path: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
            names.sort();
            names.dedup();
            names.into_iter().find_map(|name| {
                let null = Value::String("<absent>".to_owned());
                let path = format!("{path}/{name}");
                difference(
                    &path,
                    ours.get(name).unwrap_or(&null),
                    theirs.get(name).unwrap_or(&null),
                )
            })
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => ours
            .iter()
            .zip(theirs)
            .enumerate()
            .find_map(|(index, (ours, theirs))| {
                difference(&format!("{path}/{index}"), ours, theirs)
            }),
        _ if ours == theirs => None,
        _ => Some(format!("{path}: ours {ours}, kustomize's {theirs}")),
    }
}

fn name_of(document: &Value) -> String {
    let text = |pointer| {
        document
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    format!(
        "{} {} {}",
        text("/kind"),
        text("/metadata/namespace"),
        text("/metadata/name")
    )
}

fn compare(overlay: &Overlay, theirs: &Result<Vec<Value>, String>) -> Option<String> {
    let ours = ours(overlay);
    let on_purpose = DIFFERENCES
        .iter()
        .find(|(name, _, _)| *name == overlay.name);
    let theirs = match (theirs, on_purpose) {
        (Err(_), Some(_)) => return Some("kustomize refuses it, too".to_owned()),
        (Err(message), None) if ours.refused.is_empty() => {
            return Some(format!("kustomize refuses it, and we do not: {message}"));
        }
        (Err(_), None) => return None,
        (Ok(theirs), _) => theirs,
    };
    match on_purpose {
        Some(_) if ours.refused.is_empty() => return Some("we do not refuse it".to_owned()),
        Some((_, _, Ours::OnlyRefused)) => return None,
        None if !ours.refused.is_empty() => {
            return Some(format!(
                "we refuse it, and kustomize does not: {:#?}",
                ours.refused
            ));
        }
        _ => {}
    }
    let names = |documents: &[Value]| documents.iter().map(name_of).collect::<Vec<_>>();
    if names(&ours.documents) != names(theirs) {
        return Some(format!(
            "the documents are ours {:#?}, kustomize's {:#?}",
            names(&ours.documents),
            names(theirs)
        ));
    }
    ours.documents
        .iter()
        .zip(theirs)
        .find_map(|(ours, theirs)| difference(&name_of(ours), ours, theirs))
}

fn compare_all(overlays: &[Overlay]) {
    let directories: Vec<PathBuf> = overlays
        .iter()
        .map(|overlay| overlay.root.join(&overlay.directory))
        .collect();
    let theirs = oracle::build_all(&directories);
    let mut report = String::new();
    for (overlay, theirs) in overlays.iter().zip(&theirs) {
        if let Some(difference) = compare(overlay, theirs) {
            writeln!(report, "{}: {difference}", overlay.name).unwrap();
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn overlays_are_built_and_refused_as_kustomize_does() {
    let overlays = fixtures();
    assert!(overlays.len() >= 40, "only {} overlays", overlays.len());
    compare_all(&overlays);
}

#[test]
fn random_overlays_are_built_as_kustomize_does() {
    let directory = tempfile::tempdir().unwrap();
    let mut overlays = Vec::new();
    for seed in 0..64 {
        let root = directory.path().join(format!("{seed}"));
        generate::overlay(seed, &root);
        overlays.push(Overlay {
            name: format!("seed {seed}"),
            root,
            directory: "overlay".to_owned(),
        });
    }
    compare_all(&overlays);
}
