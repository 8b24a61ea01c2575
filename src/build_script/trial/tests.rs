//! What services of a copy of the fleet are tried with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::Guard;
use super::{Template, Trials};

/// A fleet with one service, `trapd`, in a deployment `compose`.
struct Fleet(tempfile::TempDir);

const POLICY: &str = r#"
    [registry]
    file = "registry.json"
    [access]
    compare = ["spiffe", "subject-cn-o"]
    [contract]
    template_key = "defaults/{service}.{format}"
    [secrets]
    fields = ["**.token"]
    ignore = [{ field = "metrics.token", reason = "it names a metric" }]
    [service.core]
    carried_by = { service = "trapd", reason = "it reads both" }
    [service.trapd]
    need = [{ role = "reader", reason = "somebody else seeds" }]
    supplied_by = [{ field = "listen", variable = "LISTEN", reason = "each host has its own" }]
    [levels]
    descriptor-without-grant = "allow"
    missing-template = "allow"
    [[deployment]]
    name = "compose"
    kind = "compose"
    files = ["compose.yaml"]
    access_table = { file = "rbac.json", pointer = "/roles" }
    templates = ["templates/{service}.json"]
    [[deployment.identity]]
    form = "spiffe"
    pattern = "spiffe://fleet.test/services/{workload}"
    [[deployment.identity]]
    form = "subject"
    pattern = "CN={workload},OU=x,O=Fleet"
"#;

impl Fleet {
    fn new() -> Self {
        let fleet = Self(tempfile::tempdir().unwrap());
        fleet.write("kvguard.toml", POLICY);
        fleet.write(
            "registry.json",
            r#"[
              { "name": "trapd", "kv_key": "config/trapd.json", "format": "json", "critical_fields": ["listen"], "secret_fields": ["community"] },
              { "name": "core", "kv_key": "config/core.json", "format": "json" }
            ]"#,
        );
        fleet.write(
            "compose.yaml",
            "services:\n  trapd:\n    image: x\n    environment:\n      CONFIG_SOURCE: kv\n      KV_ADDRESS: store:1\n      KV_SEC_MODE: spiffe\n      KV_TRUST_DOMAIN: fleet.test\n      KV_SERVER_SPIFFE_ID: spiffe://fleet.test/store\n      LISTEN: \":162\"\n  core:\n    image: x\n    environment:\n      CONFIG_SOURCE: file\n",
        );
        fleet.write(
            "rbac.json",
            r#"{"roles": [{"identity": "spiffe://fleet.test/services/trapd", "role": "reader"}]}"#,
        );
        fleet.write("templates/trapd.json", r#"{"listen": ""}"#);
        fleet
    }

    fn root(&self) -> PathBuf {
        fs::canonicalize(self.0.path()).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn trials(&self, guard: &Guard, service: &str, switch: &str) -> Trials {
        let variables: BTreeMap<&str, OsString> = [
            ("CARGO_MANIFEST_DIR", self.root().into_os_string()),
            ("KVGUARD", switch.into()),
        ]
        .into();
        guard.trials(service, &|name| variables.get(name).cloned())
    }
}

#[test]
fn a_trial_is_all_that_the_fleet_says_of_a_workload() {
    let fleet = Fleet::new();
    let trials = fleet.trials(&Guard::new(), "trapd", "");
    assert!(trials.examined.errors.is_empty(), "{trials:?}");
    let [trial] = trials.trials.as_slice() else {
        panic!("{trials:?}");
    };
    assert_eq!(
        (trial.deployment.as_str(), trial.workload.as_str()),
        ("compose", "trapd")
    );
    assert_eq!(trial.workload_location, "compose.yaml:2:3");
    assert_eq!(trial.mode.as_deref(), Some("spiffe"));
    let listen = trial
        .environment
        .iter()
        .find(|variable| variable.name == "LISTEN");
    assert_eq!(listen.unwrap().value.as_deref(), Some(":162"));
    let id = "spiffe://fleet.test/services/trapd";
    assert_eq!(trial.spiffe_id.as_deref(), Some(id));
    assert_eq!(trial.subject.as_deref(), Some("CN=trapd,OU=x,O=Fleet"));
    assert_eq!(trial.identity.as_deref(), Some(id));
    assert_eq!(trial.compare, ["spiffe", "subject-cn-o"]);
    let [rule] = trial.rules.as_slice() else {
        panic!("{trial:?}");
    };
    assert_eq!(
        (rule.role.as_str(), rule.location.as_str()),
        ("reader", "rbac.json:1:12")
    );
    assert_eq!(trial.need, "reader");
    assert!(trial.is_need_lowered);
    assert!(
        trial
            .need_location
            .as_deref()
            .unwrap()
            .starts_with("kvguard.toml:")
    );
    let file = fleet.root().join("templates/trapd.json");
    assert_eq!(
        trial.template,
        Some(Template::File(
            file.clone(),
            "templates/trapd.json:1:1".to_owned()
        ))
    );
    assert!(trials.examined.files.contains(&file));
    let [supplied] = trial.supplied.as_slice() else {
        panic!("{trial:?}");
    };
    assert_eq!(supplied.variable.as_deref(), Some("LISTEN"));
    assert_eq!(
        trials.other_keys,
        ["defaults/trapd.json", "config/core.json"]
    );
    assert_eq!(trials.secret_fields, ["community", "**.token"]);
    assert_eq!(trials.not_secret_fields, ["metrics.token"]);
}

#[test]
fn a_need_that_the_policy_does_not_lower_is_the_highest_role() {
    let fleet = Fleet::new();
    let lowered = "    need = [{ role = \"reader\", reason = \"somebody else seeds\" }]\n";
    assert!(POLICY.contains(lowered));
    fleet.write("kvguard.toml", &POLICY.replace(lowered, ""));
    let trials = fleet.trials(&Guard::new(), "trapd", "");
    let [trial] = trials.trials.as_slice() else {
        panic!("{trials:?}");
    };
    assert_eq!(trial.need, "writer");
    assert!(!trial.is_need_lowered);
    assert_eq!(trial.need_location, None);
}

#[test]
fn a_service_that_loads_a_file_has_no_trial_and_it_is_told_why() {
    let fleet = Fleet::new();
    let trials = fleet.trials(&Guard::new(), "core", "");
    assert!(trials.trials.is_empty());
    let [(deployment, why)] = trials.others.as_slice() else {
        panic!("{trials:?}");
    };
    assert_eq!(deployment, "compose");
    assert!(
        why.contains("loads its configuration from a file\n --> compose.yaml:"),
        "{why}"
    );
    let unknown = fleet.trials(&Guard::new(), "nobody", "");
    assert!(unknown.trials.is_empty() && unknown.others.is_empty());
}

#[test]
fn drift_is_among_what_was_examined_and_not_where_nothing_is_checked() {
    let fleet = Fleet::new();
    fleet.write(
        "rbac.json",
        r#"{"roles": [{"identity": "x", "role": "reader"}]}"#,
    );
    let guard = Guard::new().deployment("compose");
    let trials = fleet.trials(&guard, "trapd", "");
    assert!(
        trials
            .examined
            .errors
            .iter()
            .any(|error| error.starts_with("KV101")),
        "{trials:?}"
    );
    assert_eq!(trials.trials.len(), 1);
    let off = fleet.trials(&guard, "trapd", "off");
    assert!(off.examined.errors.is_empty(), "{off:?}");
    assert_eq!(off.trials.len(), 1);
    fs::remove_file(Path::new(&fleet.root()).join("rbac.json")).unwrap();
    let lacking = fleet.trials(&guard, "trapd", "off");
    assert!(
        lacking
            .examined
            .errors
            .iter()
            .any(|error| error.contains("rbac.json")),
        "{lacking:?}"
    );
}

#[test]
fn a_trial_is_told_of_what_is_supplied_in_its_own_deployment_and_in_every_one() {
    let fleet = Fleet::new();
    let all = r#"{ field = "listen", variable = "LISTEN", reason = "each host has its own" }"#;
    assert!(POLICY.contains(all));
    let more = format!(
        r#"{all}, {{ field = "here", deployment = "compose", reason = "why" }}, {{ field = "there", deployment = "other", reason = "why" }}"#
    );
    let other = r#"
    [[deployment]]
    name = "other"
    kind = "compose"
    files = ["other.yaml"]
    access_table = { file = "rbac.json", pointer = "/roles" }
    templates = ["templates/{service}.json"]
    "#;
    fleet.write("kvguard.toml", &(POLICY.replace(all, &more) + other));
    fleet.write("other.yaml", "services:\n  core:\n    image: x\n");
    let trials = fleet.trials(&Guard::new(), "trapd", "");
    let [trial] = trials.trials.as_slice() else {
        panic!("{trials:?}");
    };
    let supplied = trial.supplied.iter();
    let fields: Vec<&str> = supplied.map(|supplied| supplied.field.as_str()).collect();
    assert_eq!(
        (trial.deployment.as_str(), fields),
        ("compose", vec!["listen", "here"])
    );
}
