//! A clean fleet, of which each test breaks one thing.

use std::path::Path;

use kvguard::check::Options;
use kvguard::deploy::Failure;
use kvguard::inputs::Inputs;
use tempfile::TempDir;

use crate::support::{self, Told, options, tell};

pub const POLICY: &str = r#"
[registry]
file = "registry.json"

[[path_map]]
from = "/etc/acme"
to = "etc"

[[deployment]]
name = "packages"
kind = "systemd"
files = ["systemd/*.service"]
templates = ["templates/{service}.{format}"]

[deployment.access_table]
file = "store.json"
pointer = "/rbac/roles"

[[deployment.identity]]
form = "spiffe"
pattern = "spiffe://acme.dev/{workload}"

[[deployment]]
name = "compose"
kind = "compose"
files = ["docker-compose.yml"]
interpolation_files = ["compose.env"]
templates = ["templates/{service}.{format}"]
access_table = { workload = "store", mounted_at = "/etc/store.json", pointer = "/rbac/roles" }

[[deployment.identity]]
form = "spiffe"
pattern = "spiffe://acme.dev/{workload}"
"#;

pub const STORE: &str = r#"{
  "password": "canary",
  "rbac": {"roles": [
    {"identity": "spiffe://acme.dev/api", "role": "writer"},
    {"identity": "spiffe://acme.dev/worker", "role": "writer"}
  ]}
}
"#;

const FILES: &[(&str, &str)] = &[
    ("kvguard.toml", POLICY),
    (
        "registry.json",
        r#"[{"name": "api", "kv_key": "config/api.json"}, {"name": "worker", "kv_key": "config/worker.json"}]"#,
    ),
    (
        "systemd/api.service",
        "[Service]\nExecStart=/usr/bin/api\nEnvironmentFile=/etc/acme/kv.env\nEnvironment=TOKEN=canary\n",
    ),
    (
        "systemd/worker.service",
        "[Service]\nExecStart=/usr/bin/worker\nEnvironmentFile=/etc/acme/kv.env\n",
    ),
    (
        "etc/kv.env",
        "CONFIG_SOURCE=kv\nKV_ADDRESS=kv:50057\nKV_SEC_MODE=spiffe\nKV_TRUST_DOMAIN=acme.dev\nKV_SERVER_SPIFFE_ID=spiffe://acme.dev/store\nPASSWORD=canary\n",
    ),
    ("store.json", STORE),
    (
        "docker-compose.yml",
        "x-kv: &kv
  CONFIG_SOURCE: kv
  KV_ADDRESS: store:50057
  KV_SEC_MODE: spiffe
  KV_TRUST_DOMAIN: ${TRUST_DOMAIN}
  KV_SERVER_SPIFFE_ID: spiffe://${TRUST_DOMAIN}/store
  TOKEN: canary
services:
  api: {image: api, environment: *kv}
  worker: {image: worker, environment: *kv}
  store:
    image: store
    volumes: [\"./store.json:/etc/store.json:ro\"]
",
    ),
    ("compose.env", "TRUST_DOMAIN=acme.dev\nOTHER=canary\n"),
    ("templates/api.json", "{\"greeting\": \"canary\"}"),
    ("templates/worker.json", "{\"greeting\": \"canary\"}"),
];

/// A copy of the clean fleet that a test may break.
pub struct Fleet {
    directory: TempDir,
    pub options: Options,
}

impl Fleet {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let fleet = Self {
            options: options(directory.path()),
            directory,
        };
        for (path, text) in FILES {
            fleet.write(path, text);
        }
        fleet
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path().join(path)).expect("a file to remove");
    }

    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = support::text(&self.path().join(path));
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, &text.replacen(from, to, 1));
    }

    pub fn tell(&self) -> Told {
        tell(&self.options)
    }

    /// Something could not be checked, and one of the failures says this.
    pub fn fails(&self, with: &str) {
        let told = self.tell();
        assert_eq!(told.report.exit_code(), 2, "{}", told.human);
        let failures = &told.report.failures;
        assert!(
            failures
                .iter()
                .any(|failure| failure.message.contains(with)),
            "no failure says `{with}`:\n{}",
            told.human
        );
        let json: serde_json::Value = serde_json::from_str(&told.json).expect("JSON");
        let told_to_programs = json["failures"].as_array().expect("a list").iter();
        let told_to_programs: Vec<_> = told_to_programs.map(|own| &own["message"]).collect();
        let messages: Vec<_> = failures.iter().map(|own| &own.message).collect();
        assert_eq!(told_to_programs, messages);
        if let Some(inputs) = &told.report.inputs {
            for failure in failures {
                names_what_is_missing(failure, inputs);
            }
        }
    }

    /// Something could not be checked: a failure says this, and points at this text of this file.
    pub fn fails_at(&self, (file, text): (&str, &str), with: &str) {
        let told = self.tell();
        assert_eq!(told.report.exit_code(), 2, "{}", told.human);
        let sources = told.report.sources();
        let failures = told.report.failures.iter();
        let places: Vec<(String, String)> = failures
            .filter(|failure| failure.message.contains(with))
            .filter_map(|failure| failure.span)
            .map(|span| (sources.location(span).file, sources.text(span).to_owned()))
            .collect();
        let place = (file.to_owned(), text.to_owned());
        assert!(
            places.contains(&place),
            "no failure says `{with}` at `{text}` of {file}, but at {places:?}:\n{}",
            told.human
        );
    }

    /// A rule denies it, and says this.
    pub fn denies(&self, rule: &str, with: &str) {
        let told = self.tell();
        assert_eq!(told.report.exit_code(), 1, "{}", told.human);
        self.tells(rule, with);
    }

    /// A rule says this, whatever else is the matter.
    pub fn tells(&self, rule: &str, with: &str) {
        let told = self.tell();
        assert!(
            told.report
                .findings
                .iter()
                .any(|finding| finding.rule.rule().name == rule && finding.message.contains(with)),
            "no {rule} says `{with}`:\n{}",
            told.human
        );
    }
}

/// A failure whose message names a path that does not exist, or a pattern that matches nothing, also has it as data; only without a
/// policy there is nothing to leave out.
fn names_what_is_missing(failure: &Failure, inputs: &Inputs) {
    let message = &failure.message;
    let is_named = |path: &&str| message.contains(&format!("`{path}`"));
    let missing = inputs.missing().chain(inputs.unmatched()).find(is_named);
    let expected = missing.filter(|_| !message.starts_with("there is no policy"));
    assert_eq!(failure.missing.as_deref(), expected, "{message}");
}
