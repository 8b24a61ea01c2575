//! Mutants of single lines: references, names, namespaces, ports, addresses to listen on.

use super::{File, Mutant, entry, indent};

/// A value that something else refers to, or that refers to something else: its key, and the key that it stands under.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("ConfigMap reference renamed", "configMapKeyRef", "name"),
    ("ConfigMap reference renamed", "configMapRef", "name"),
    ("ConfigMap reference renamed", "configMap", "name"),
    ("ConfigMap key renamed", "configMapKeyRef", "key"),
    ("Secret reference renamed", "secretKeyRef", "name"),
    ("Secret reference renamed", "secretRef", "name"),
    ("Secret key renamed", "secretKeyRef", "key"),
    ("object renamed", "metadata", "name"),
];

/// The same, wherever the key stands.
const NAMES: &[(&str, &str)] = &[
    ("service account renamed", "serviceAccountName"),
    ("environment file renamed", "env_file"),
    ("label renamed", "app"),
    ("template of SPIFFE IDs renamed", "spiffeIDTemplate"),
    ("mount moved", "mountPath"),
];

pub fn mutants(file: &File<'_>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (at, line) in file.lines.iter().enumerate() {
        let replaced = |kind, value: &str, with: &str| {
            file.mutant(kind, at..at + 1, &[replace_last(line, value, with)])
        };
        if file.is_yaml() {
            mutants.extend(of_yaml(file, at, line, replaced));
        }
        if let Some(path) = line.strip_prefix("EnvironmentFile=") {
            mutants.push(replaced(
                "environment file renamed",
                path,
                &format!("{path}-gone"),
            ));
            mutants.push(file.mutant("environment file removed", at..at + 1, &[]));
        }
        mutants.extend(listening(line).into_iter().flat_map(|address| {
            let (_, port) = address.rsplit_once(':').unwrap_or_default();
            [
                replaced(
                    "store listens on another port",
                    address,
                    &address.replace(port, "59999"),
                ),
                replaced(
                    "store listens on loopback",
                    address,
                    &format!("127.0.0.1:{port}"),
                ),
            ]
        }));
    }
    mutants
}

fn of_yaml(
    file: &File<'_>,
    at: usize,
    line: &str,
    replaced: impl Fn(&'static str, &str, &str) -> Mutant,
) -> Vec<Mutant> {
    let Some((key, value)) = entry(line) else {
        return Vec::new();
    };
    let value = value.trim_matches('"');
    let mut mutants = Vec::new();
    let parent = parent(file, at);
    let references = REFERENCES
        .iter()
        .filter(|(_, under, named)| key == *named && parent == Some(*under))
        .map(|(kind, ..)| *kind);
    let names = NAMES
        .iter()
        .filter(|(_, named)| key == *named)
        .map(|(kind, _)| *kind);
    for kind in references.chain(names).filter(|_| is_plain(value)) {
        mutants.push(replaced(kind, value, &format!("{value}-gone")));
    }
    if let Some(app) = value.strip_prefix("{ app: ") {
        let app = app.trim_end_matches(" }");
        mutants.push(replaced("label renamed", app, &format!("{app}-gone")));
    }
    if matches!(key, "namespace" | "kubernetes.io/metadata.name") && is_plain(value) {
        mutants.push(replaced("namespace renamed", value, "elsewhere"));
    }
    if matches!(key, "port" | "targetPort") && value.parse::<u16>().is_ok() {
        mutants.push(replaced("port of a Service changed", value, "59999"));
    }
    if key == "trustDomain" || key == "trust_domain" {
        mutants.push(replaced("trust domain changed", value, "elsewhere.example"));
    }
    mutants
}

/// Whether a value is written as it is meant, without a template or nothing.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.contains("{{") && !value.starts_with(['{', '[', '|', '>', '&', '*'])
}

/// The key that a line stands under.
fn parent<'f>(file: &File<'f>, at: usize) -> Option<&'f str> {
    let own = indent(file.lines[at]);
    let above = file.lines[..at].iter().rev();
    let mut above = above.filter(|line| !line.trim().is_empty() && indent(line) < own);
    above
        .next()
        .and_then(|line| entry(line))
        .map(|(key, _)| key)
}

/// The address that a line of a store's configuration says to listen on.
fn listening(line: &str) -> Option<&str> {
    let (name, value) = line.trim().trim_start_matches('"').split_once(':')?;
    let is_address = matches!(name.trim_end_matches('"'), "listen_address" | "listen_addr");
    let value = value.trim().trim_end_matches(',').trim_matches('"');
    is_address.then_some(value)
}

fn replace_last(line: &str, value: &str, with: &str) -> String {
    let at = line.rfind(value).expect("the value is on its line");
    format!("{}{with}{}", &line[..at], &line[at + value.len()..])
}
