//! What the fuzzer runs: the engine's readers on any bytes. They must neither panic nor stall.

use std::collections::BTreeMap;

use kvguard::check::{Options, POLICY_FILE, check};
use kvguard::deploy::{compose, systemd};
use kvguard::emit;
use kvguard::inputs::Inputs;
use kvguard::policy::date::Date;
use kvguard::registry::{Spanned, read_go};
use kvguard::source::{Fragment, Sources, Syntax, read};

/// Reads JSON.
pub fn json(bytes: &[u8]) {
    document(bytes, Syntax::Json);
}

/// Reads YAML.
pub fn yaml(bytes: &[u8]) {
    document(bytes, Syntax::Yaml);
}

/// Reads TOML.
pub fn toml(bytes: &[u8]) {
    document(bytes, Syntax::Toml);
}

fn document(bytes: &[u8], syntax: Syntax) {
    let mut sources = Sources::new();
    let id = sources.add_bytes("file", bytes);
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, syntax);
    for problem in &documents.problems {
        let _ = sources.location(problem.span);
    }
}

/// Reads a registry in Go.
pub fn go_registry(bytes: &[u8]) {
    let mut sources = Sources::new();
    let id = sources.add_bytes("registry.go", bytes);
    let registry = read_go(&mut sources, id, None);
    for problem in &registry.problems {
        let _ = sources.location(problem.span);
    }
}

/// Reads a compose project of one file.
pub fn compose(bytes: &[u8]) {
    in_directory("compose.yaml", bytes, |inputs, files| {
        compose::read(
            inputs,
            &compose::Options {
                files,
                interpolation_files: &[],
                variables: &BTreeMap::new(),
                profiles: None,
            },
        );
    });
}

/// Reads a systemd unit.
pub fn systemd_unit(bytes: &[u8]) {
    in_directory("a.service", bytes, |inputs, units| {
        systemd::read(
            inputs,
            &systemd::Options {
                units,
                path_map: &|_| Some("a.service".to_owned()),
            },
        );
    });
}

/// Checks a fleet of nothing but a policy, and shows what comes of it.
pub fn policy(bytes: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(POLICY_FILE), bytes).unwrap();
    let report = check(&Options {
        root: directory.path().to_path_buf(),
        policy: None,
        deployments: Vec::new(),
        services: Vec::new(),
        levels: Vec::new(),
        today: Date::from_days_since_epoch(20_000),
        variables: Vec::new(),
        reads_code: false,
    });
    let _ = emit::human::report(&report, emit::human::Style::default());
    let _ = emit::json::report(&report);
}

fn in_directory(name: &str, bytes: &[u8], read: impl FnOnce(&mut Inputs, &[Spanned<String>])) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(name), bytes).unwrap();
    let mut inputs = Inputs::new(directory.path()).unwrap();
    let id = inputs.read(name).unwrap();
    let span = inputs.sources().whole(id);
    read(&mut inputs, &[Spanned::new(name.to_owned(), span)]);
}
