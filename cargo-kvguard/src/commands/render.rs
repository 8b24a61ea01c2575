//! `cargo kvguard render`

use kvguard::contract::Role;
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
/// read from, of which names are shown; unmasked, they can be compared with another tool's.
pub fn run(arguments: &Render) -> Outcome {
    let scope = Scope {
        deployment: vec![arguments.deployment.clone()],
        service: Vec::new(),
    };
    let shown = if arguments.unmasked {
        Shown::Values
    } else {
        Shown::Names
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
                        document(json, one, shown, false);
                    });
            }
        });
        print(&json.finish());
    }
    let code = common::exit_code(&report);
    // As after a check: the process ends here.
    std::mem::forget(report);
    Ok(code)
}

fn workload(json: &mut Writer, model: &Model, workload: &ResolvedWorkload) {
    let contract = &model.policy.contract;
    let shown = [
        contract.shown_name(Role::Source),
        contract.shown_name(Role::Service),
        contract.shown_name(Role::Mode),
    ];
    json.object(|json| {
        json.key("name").string(&workload.workload.name);
        json.key("service");
        match model.service_of(workload) {
            Some(service) => json.string(service),
            None => json.raw("null"),
        }
        json.key("environment").object(|json| {
            for (name, variable) in workload.workload.environment.iter() {
                let value = match &variable.value {
                    Known::Text(text) if text.is_empty() => "",
                    Known::Text(text) if shown.contains(&name) => text.as_str(),
                    Known::Text(_) => "***",
                    Known::Opaque => "(given by the host)",
                    Known::Computed => "(set by the command)",
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

/// What is shown of the values in a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// All of them.
    Values,
    /// Those that name what there is.
    Names,
    /// None.
    Nothing,
}

/// The fields whose values are names, which say nothing that would be secret.
const NAMES: [&str; 8] = [
    "apiVersion",
    "key",
    "kind",
    "mountPath",
    "name",
    "namespace",
    "serviceAccountName",
    "spiffeIDTemplate",
];

/// The fields that hold names only.
const MAPS_OF_NAMES: [&str; 2] = ["labels", "matchLabels"];

fn is_secret(document: &Node) -> bool {
    document.get("kind").and_then(Node::as_str) == Some("Secret")
}

/// A document as JSON, the values of Secrets masked wherever they are: in a list, too.
fn document(json: &mut Writer, node: &Node, shown: Shown, in_secret: bool) {
    let in_secret = in_secret || is_secret(node);
    match &node.value {
        Value::Mapping(mapping) => json.object(|json| {
            for entry in mapping.entries() {
                let key = &*entry.key.text;
                json.key(key);
                let inside = match shown {
                    // Of annotations, too: the one of what was applied last holds every value.
                    _ if in_secret && matches!(key, "data" | "stringData" | "annotations") => {
                        Shown::Nothing
                    }
                    Shown::Names if MAPS_OF_NAMES.contains(&key) => Shown::Values,
                    Shown::Names if matches!(key, "data" | "binaryData") => Shown::Nothing,
                    Shown::Names
                        if NAMES.contains(&key)
                            && matches!(entry.value.value, Value::Scalar(_)) =>
                    {
                        Shown::Values
                    }
                    _ => shown,
                };
                document(json, &entry.value, inside, in_secret);
            }
        }),
        Value::Sequence(items) => {
            json.array(items, |json, item| document(json, item, shown, in_secret));
        }
        Value::Scalar(scalar) => match json_scalar(scalar) {
            _ if shown != Shown::Values && !node.is_null() => json.string("***"),
            Some(text) => json.raw(&text),
            None => json.string(&scalar.text),
        },
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
