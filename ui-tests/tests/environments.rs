//! The guard and the runtime judge the same environments alike: thousands are made, run through a compose project by the one and read
//! as a service does by the other, and each verdict is counted.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and handles its own files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kvguard::check::{Options, Report, check};
use kvguard::contract::{Backend, Contract, Role, SPIFFE_ENDPOINT_SOCKET};
use kvguard::policy::date::Date;
use kvguard::resolve::{Mode, ResolvedWorkload, SourceState};
use kvguard_runtime::environment::{ConfigSource, Connection, NatsSecurity, read_by};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

/// How many environments are made of several changes, for each kind of client.
const MIXED: usize = 400;

/// The rules that judge an environment by itself.
const RULES: [&str; 5] = ["KV201", "KV203", "KV204", "KV210", "KV308"];

type Variables = BTreeMap<String, String>;

/// What an environment means to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Refused,
    File,
    /// A store, in a mode by its standard word.
    Kv(Backend, String),
}

/// What is done to a variable.
#[derive(Debug, Clone, Copy)]
enum Form {
    Absent,
    Empty,
    Blank,
    OtherCase,
    LeadingBlank,
    TrailingBlank,
    Value(&'static str),
}

const FORMS: [Form; 6] = [
    Form::Absent,
    Form::Empty,
    Form::Blank,
    Form::OtherCase,
    Form::LeadingBlank,
    Form::TrailingBlank,
];

/// A whole environment for each kind of client.
const CLIENTS: [(&str, &str); 5] = [
    ("store:50057", "mtls"),
    ("store.example:50057", "spiffe"),
    ("tls://nats:4222", "mtls"),
    ("nats://nats.example", "credentials"),
    ("nats://[::1]:4222", "nkey"),
];

/// Right and wrong values of a role.
fn values(role: Role) -> &'static [&'static str] {
    match role {
        Role::Source => &["kv", "file", "etcd"],
        Role::Service => &["gauge", "core", "nobody"],
        Role::Key => &["config/other.json", "config/a b", "/config", "_kv"],
        Role::Address => &[
            "store:50057",
            "[::1]:1",
            "nats://nats:4222",
            "tls://user:word@nats",
            "store",
            "store:0",
            "http://store:80",
            "nats://",
            "NATS://nats:4222",
            "a..b:80",
        ],
        Role::Bucket => &["config", "con.fig"],
        Role::Mode => &["mtls", "spiffe", "credentials", "nkey", "quantum"],
        Role::Certificate | Role::PrivateKey | Role::Authority => &["a.pem", "/certs/a.pem"],
        Role::CertificateDirectory => &["/certs"],
        Role::ServerName => &["store.example", "10.0.0.1", "a b", "-a", "1.2.3"],
        Role::TrustDomain => &["brook.example", "spiffe://brook.example", "brook/example"],
        Role::ServerIdentity => &[
            "spiffe://brook.example/store",
            "brook.example/store",
            "spiffe://brook.example//store",
            "spiffe://brook.example/{{store}}",
        ],
        Role::WorkloadSocket => &[
            "unix:/run/agent.sock",
            "/run/agent.sock",
            "tcp://10.0.0.1:1",
            "unix:",
        ],
        Role::CredentialsFile | Role::NkeyFile => &["gauge.creds"],
        Role::InboxPrefix => &["_INBOX_gauge", "a..b"],
    }
}

/// The contract's words for what the standard ones mean.
fn word(contract: &Contract, role: Role, value: &str) -> String {
    let written = match role {
        Role::Source if value == "kv" => Some(&*contract.kv),
        Role::Source if value == "file" => contract.others.first().map(|word| &**word),
        Role::Mode => contract
            .modes
            .iter()
            .find(|mode| {
                mode.means
                    .is_some_and(|means| means.standard_word() == value)
            })
            .map(|mode| &*mode.word),
        _ => None,
    };
    written.unwrap_or(value).to_owned()
}

fn whole(contract: &Contract, (address, mode): (&str, &str)) -> Variables {
    let mut variables: Variables = Role::ALL
        .into_iter()
        .filter(|role| !matches!(role, Role::Key | Role::ServerName | Role::InboxPrefix))
        .map(|role| {
            let value = match role {
                Role::Address => address,
                Role::Mode => mode,
                _ => values(role)[0],
            };
            let name = contract.shown_name(role).to_owned();
            (name, word(contract, role, value))
        })
        .collect();
    for mode in &*contract.modes {
        for name in mode.required.iter().chain(&*contract.required) {
            variables.insert(name.to_string(), "north".to_owned());
        }
    }
    variables
}

fn changed(contract: &Contract, variables: &Variables, role: Role, form: Form) -> Variables {
    let mut variables = variables.clone();
    let name = contract.shown_name(role).to_owned();
    let before = variables
        .get(&name)
        .cloned()
        .unwrap_or_else(|| values(role)[0].to_owned());
    let value = match form {
        Form::Absent => {
            variables.remove(&name);
            return variables;
        }
        Form::Empty => String::new(),
        Form::Blank => " \t".to_owned(),
        Form::OtherCase => {
            let upper = before.to_uppercase();
            if upper == before {
                before.to_lowercase()
            } else {
                upper
            }
        }
        Form::LeadingBlank => format!(" {before}"),
        Form::TrailingBlank => format!("{before}\t"),
        Form::Value(value) => word(contract, role, value),
    };
    variables.insert(name, value);
    variables
}

fn forms(role: Role) -> Vec<(Role, Form)> {
    let values = values(role).iter().map(|value| Form::Value(value));
    FORMS
        .into_iter()
        .chain(values)
        .map(|form| (role, form))
        .collect()
}

/// Each whole environment, each with one change, and many with several.
fn environments(contract: &Contract) -> Vec<Variables> {
    let all: Vec<(Role, Form)> = Role::ALL.into_iter().flat_map(forms).collect();
    let several = prop::collection::vec(select(all.clone()), 2..5);
    let mut runner = TestRunner::deterministic();
    let mut made: BTreeSet<Variables> = BTreeSet::from([Variables::new()]);
    for client in CLIENTS {
        let whole = whole(contract, client);
        for (role, form) in &all {
            made.insert(changed(contract, &whole, *role, *form));
        }
        for name in whole.keys() {
            let mut lacking = whole.clone();
            lacking.remove(name);
            made.insert(lacking);
        }
        for socket in ["unix:/run/agent.sock", "tcp://10.0.0.1:1", ""] {
            let mut other = whole.clone();
            other.remove(contract.shown_name(Role::WorkloadSocket));
            other.insert(SPIFFE_ENDPOINT_SOCKET.to_owned(), socket.to_owned());
            made.insert(other);
        }
        for _ in 0..MIXED {
            let changes = several.new_tree(&mut runner).unwrap().current();
            let mixed = changes
                .into_iter()
                .fold(whole.clone(), |mixed, (role, form)| {
                    changed(contract, &mixed, role, form)
                });
            made.insert(mixed);
        }
        made.insert(whole);
    }
    made.into_iter().collect()
}

/// A fleet whose only deployment has a workload for each environment.
fn checked(policy: &str, environments: &[Variables]) -> Report {
    let directory = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments");
    let at = |name: &str| directory.path().join(name);
    std::fs::copy(fixtures.join("registry.json"), at("registry.json")).unwrap();
    let contract = std::fs::read_to_string(fixtures.join(policy)).unwrap();
    let aliases: Vec<String> = (0..environments.len())
        .map(|number| format!("w{number}"))
        .collect();
    let policy = format!(
        r#"{contract}
[registry]
file = "registry.json"

[service.gauge]
aliases = {}

[[deployment]]
name = "compose"
kind = "compose"
files = ["compose.yaml"]
access_table = {{ file = "table.json", pointer = "/roles" }}
"#,
        json!(aliases)
    );
    std::fs::write(at("kvguard.toml"), policy).unwrap();
    std::fs::write(
        at("table.json"),
        r#"{"roles": [{"identity": "CN=a", "role": "writer"}]}"#,
    )
    .unwrap();
    let services: BTreeMap<&String, serde_json::Value> = aliases
        .iter()
        .zip(environments)
        .map(|(name, variables)| {
            let escaped: BTreeMap<&String, String> = variables
                .iter()
                .map(|(name, value)| (name, value.replace('$', "$$")))
                .collect();
            (name, json!({ "image": "gauge", "environment": escaped }))
        })
        .collect();
    // JSON is YAML, too.
    std::fs::write(
        at("compose.yaml"),
        json!({ "services": services }).to_string(),
    )
    .unwrap();
    check(&Options {
        root: directory.path().to_owned(),
        policy: None,
        deployments: Vec::new(),
        services: Vec::new(),
        levels: Vec::new(),
        today: Date::parse("2026-01-31").unwrap(),
        variables: Vec::new(),
        reads_code: false,
    })
}

fn of_guard(contract: &Contract, refused: &BTreeSet<&str>, workload: &ResolvedWorkload) -> Verdict {
    let name = workload.workload.name.as_str();
    if refused.contains(name) {
        return Verdict::Refused;
    }
    if !workload.is_kv_sourced() {
        return Verdict::File;
    }
    let Mode::Known { name: mode, .. } = &workload.mode else {
        panic!("no rule tells that `{name}` has no mode");
    };
    let means = contract.mode(mode).unwrap().means.unwrap();
    Verdict::Kv(workload.backend.unwrap(), means.standard_word().to_owned())
}

fn of_runtime(contract: &'static Contract, variables: &Variables) -> Verdict {
    let found = match read_by(contract, Some("gauge"), variables) {
        Err(_) => return Verdict::Refused,
        Ok(ConfigSource::File) => return Verdict::File,
        Ok(ConfigSource::Kv(found)) => found,
    };
    let (backend, mode) = match found.connection {
        Connection::DatasvcMtls(_) => (Backend::Datasvc, "mtls"),
        Connection::DatasvcSpiffe(_) => (Backend::Datasvc, "spiffe"),
        Connection::Nats { security, .. } => match security {
            NatsSecurity::Mtls(_) => (Backend::Nats, "mtls"),
            NatsSecurity::Credentials { .. } => (Backend::Nats, "credentials"),
            NatsSecurity::Nkey { .. } => (Backend::Nats, "nkey"),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    Verdict::Kv(backend, mode.to_owned())
}

/// Compares the verdicts under a policy, and counts them.
fn agrees(policy: &str) -> BTreeMap<Verdict, usize> {
    let contract = checked(policy, &[]).model.unwrap().policy.contract;
    let contract: &'static Contract = Box::leak(Box::new(contract));
    let environments = environments(contract);
    let report = checked(policy, &environments);
    assert_eq!(report.failures, [], "{policy}");
    let deployment = &report.model.as_ref().unwrap().deployments[0];
    assert_eq!(deployment.workloads.len(), environments.len());
    let reads_file: BTreeSet<&str> = deployment
        .workloads
        .iter()
        .filter(|workload| matches!(workload.source, SourceState::Other { .. }))
        .map(|workload| workload.workload.name.as_str())
        .collect();
    let judging = report
        .findings
        .iter()
        .filter(|finding| RULES.contains(&finding.rule.rule().code))
        // That a workload says it reads a file, where others of its service use the store, is no fault of its environment by itself.
        .filter(|finding| {
            let is_of_instances = finding.message.contains("beside it from the store");
            let reads_file = |name: &String| reads_file.contains(name.as_str());
            !(is_of_instances && finding.workloads.iter().all(reads_file))
        });
    let refused: BTreeSet<&str> = judging
        .flat_map(|finding| finding.workloads.iter().map(String::as_str))
        .collect();
    let mut counts = BTreeMap::new();
    for workload in &deployment.workloads {
        let number: usize = workload.workload.name[1..].parse().unwrap();
        let variables = &environments[number];
        let verdict = of_runtime(contract, variables);
        assert_eq!(
            of_guard(contract, &refused, workload),
            verdict,
            "{policy}: {variables:?}"
        );
        *counts.entry(verdict).or_default() += 1;
    }
    counts
}

#[test]
fn the_guard_finds_just_the_environments_that_the_runtime_refuses() {
    for policy in ["standard.toml", "trimmed.toml", "renamed.toml"] {
        let counts = agrees(policy);
        let count = |verdict: &Verdict| counts.get(verdict).copied().unwrap_or_default();
        assert!(count(&Verdict::Refused) > 800, "{policy}: {counts:?}");
        assert!(count(&Verdict::File) > 40, "{policy}: {counts:?}");
        for (backend, mode) in [
            (Backend::Datasvc, "mtls"),
            (Backend::Datasvc, "spiffe"),
            (Backend::Nats, "mtls"),
            (Backend::Nats, "credentials"),
            (Backend::Nats, "nkey"),
        ] {
            let verdict = Verdict::Kv(backend, mode.to_owned());
            assert!(count(&verdict) > 40, "{policy}: {verdict:?} {counts:?}");
        }
    }
}
