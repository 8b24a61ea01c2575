//! `cargo kvguard render`

use kvguard::deploy::{Known, MountSource};
use kvguard::emit::json::Writer;
use kvguard::resolve::{Model, ResolvedWorkload};
use kvguard::source::{Node, Scalar, ScalarKind, Value};

use super::{Outcome, common};
use crate::cli::{Render, Scope};
use crate::fleet;
use crate::output::print;

/// Prints a deployment's workloads as the guard sees them, as JSON. Of the environment only what decides
/// about the store is shown; every other value is masked. On Kubernetes the documents follow that they were
/// read from, so that they can be compared with other tools': there only the values of Secrets are masked.
pub fn run(arguments: &Render) -> Outcome {
    let scope = Scope {
        deployment: vec![arguments.deployment.clone()],
        service: Vec::new(),
    };
    let report = fleet::report(&arguments.fleet, &scope)?;
    for (model, deployment) in report.deployments() {
        let mut json = Writer::default();
        json.object(|json| {
            json.key("deployment").string(deployment.name());
            json.key("workloads")
                .array(&deployment.workloads, |json, one| {
                    workload(json, model, one);
                });
            if !deployment.documents.is_empty() {
                json.key("documents")
                    .array(&deployment.documents, |json, one| {
                        document(json, one, false);
                    });
            }
        });
        print(&json.finish());
    }
    Ok(common::exit_code(&report))
}

fn workload(json: &mut Writer, model: &Model, workload: &ResolvedWorkload) {
    let contract = &model.policy.contract;
    let shown = [
        &contract.source_variable,
        &contract.service_variable,
        &contract.mode_variable,
    ];
    json.object(|json| {
        json.key("name").string(&workload.workload.name);
        json.key("service");
        match model.service_of(workload) {
            Some(service) => json.string(service),
            None => json.raw("null"),
        }
        json.key("environment").object(|json| {
            for (name, variable) in &workload.workload.environment {
                let value = match &variable.value {
                    Known::Text(text) if text.is_empty() => "",
                    Known::Text(text) if shown.contains(&name) => text.as_str(),
                    Known::Text(_) => "***",
                    Known::Opaque => "(given by the host)",
                };
                json.key(name).string(value);
            }
        });
        json.key("mounts")
            .array(&workload.workload.mounts, |json, mount| {
                let source = match &mount.source {
                    MountSource::Path(path) => path.clone(),
                    MountSource::Host(path) => format!("host {path}"),
                    MountSource::Volume(name) => format!("volume {name}"),
                    MountSource::Inline(_) => "inline".to_owned(),
                    MountSource::ConfigMap(_) => "ConfigMap".to_owned(),
                };
                json.object(|json| {
                    json.key("target").string(&mount.target);
                    json.key("source").string(&source);
                });
            });
    });
}

fn is_secret(document: &Node) -> bool {
    document.get("kind").and_then(Node::as_str) == Some("Secret")
}

/// A document as JSON, the values of Secrets masked wherever they are: in a list, too.
fn document(json: &mut Writer, node: &Node, masked: bool) {
    let masked = masked || is_secret(node);
    match &node.value {
        Value::Mapping(mapping) => json.object(|json| {
            for entry in mapping.entries() {
                json.key(&entry.key.text);
                match &*entry.key.text {
                    // Of annotations, too: the one of what was applied last holds every value.
                    "data" | "stringData" | "annotations" if masked => mask(json, &entry.value),
                    _ => document(json, &entry.value, masked),
                }
            }
        }),
        Value::Sequence(items) => json.array(items, |json, item| document(json, item, masked)),
        Value::Scalar(scalar) => match json_scalar(scalar) {
            Some(text) => json.raw(&text),
            None => json.string(&scalar.text),
        },
    }
}

/// The keys of what is secret.
fn mask(json: &mut Writer, node: &Node) {
    match node.as_mapping() {
        Some(mapping) => json.object(|json| {
            for entry in mapping.entries() {
                json.key(&entry.key.text).string("***");
            }
        }),
        None if node.is_null() => json.raw("null"),
        None => json.string("***"),
    }
}

/// What a scalar is in JSON if it is no string there.
fn json_scalar(scalar: &Scalar) -> Option<String> {
    match scalar.kind {
        ScalarKind::Null => Some("null".to_owned()),
        ScalarKind::Bool(value) => Some(value.to_string()),
        ScalarKind::Integer => integer(&scalar.text).map(|number| number.to_string()),
        ScalarKind::Float => {
            let number: f64 = scalar.text.replace('_', "").parse().ok()?;
            number.is_finite().then(|| number.to_string())
        }
        ScalarKind::String | ScalarKind::DateTime => None,
    }
}

/// A whole number as YAML 1.1 writes it: decimal, `0x…`, `0b…`, `0o…` or with a leading zero.
fn integer(text: &str) -> Option<i128> {
    let text = text.replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let radixes = [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)];
    let prefixed = radixes.iter().find_map(|(prefix, radix)| {
        let rest = digits
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty())?;
        Some((rest, *radix))
    });
    let (digits, radix) = prefixed.unwrap_or((digits, 10));
    let number = i128::from_str_radix(digits, radix).ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::integer;

    #[test]
    fn whole_numbers_are_read_as_yaml_writes_them() {
        for (text, number) in [
            ("0", Some(0)),
            ("-12", Some(-12)),
            ("+1_000", Some(1000)),
            ("0644", Some(420)),
            ("0o644", Some(420)),
            ("0x1F", Some(31)),
            ("0b11", Some(3)),
            ("1:30", None),
        ] {
            assert_eq!(integer(text), number, "{text}");
        }
    }
}
