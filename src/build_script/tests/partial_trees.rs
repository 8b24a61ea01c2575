//! Verdicts on trees that hold only some of the fleet's deployments.

mod tables;

use std::fs;
use std::path::Path;

use super::{Fleet, errors, warnings};
use crate::build_script::Guard;
use crate::build_script::environment::Switch;
use crate::build_script::verdict::Verdict;

const WITHOUT_UNITS: &str = "not checked: deployment `systemd`: this tree lacks `deploy/units/*.service`; checked: deployment `compose`";

impl Fleet {
    fn without_units(&self) {
        fs::remove_dir_all(self.path("deploy/units")).unwrap();
    }

    fn optional(&self, switch: Switch) -> Verdict {
        Verdict::of(&Guard::new().optional(), &self.environment("gate", switch))
    }

    /// Grants something to a workload that only the hosts have.
    fn grant_something_to_a_unit(&self) {
        let unit = "[Service]\nExecStart=/usr/bin/clock\n";
        fs::write(self.path("deploy/units/clock.service"), unit).unwrap();
        self.edit(
            "deploy/rbac.json",
            "  \"roles\": [",
            "  \"roles\": [\n    { \"identity\": \"spiffe://fleet.test/services/clock\", \"role\": \"reader\" },",
        );
    }
}

/// The errors of one deployment.
fn of<'v>(verdict: &'v Verdict, deployment: &str) -> Vec<&'v str> {
    let name = format!("`{deployment}`");
    let errors = errors(verdict).into_iter();
    errors.filter(|error| error.contains(&name)).collect()
}

#[test]
fn a_deployment_whose_files_are_all_there_is_checked_and_the_others_are_named() {
    let fleet = Fleet::new();
    fleet.without_units();
    let clean = fleet.optional(Switch::Unset);
    assert_eq!(errors(&clean), [""; 0]);
    assert_eq!(warnings(&clean), [WITHOUT_UNITS]);
    assert!(clean.registry.contains("\"checked\": false"));

    fleet.edit("deploy/compose.yaml", "  KV_ADDRESS: store:50057\n", "");
    let drifted = fleet.optional(Switch::Unset);
    assert_eq!(of(&drifted, "compose").len(), 3, "{:?}", drifted.messages);
    assert_eq!(of(&drifted, "systemd"), [""; 0]);
    assert_eq!(warnings(&drifted), [WITHOUT_UNITS]);
}

#[test]
fn a_finding_of_a_deployment_that_is_checked_is_that_of_the_whole_tree() {
    let drifts = [
        (
            "deploy/compose.yaml",
            "KV_SEC_MODE: spiffe",
            "KV_SEC_MODE: spife",
        ),
        (
            "deploy/compose.yaml",
            "CONFIG_SOURCE: kv",
            "CONFIG_SOURCE: KV",
        ),
        (
            "deploy/rbac.json",
            "services/core\", \"role\": \"writer",
            "services/core\", \"role\": \"reader",
        ),
        (
            "deploy/rbac.json",
            "services/trapd\"",
            "services/other-thing\"",
        ),
    ];
    for (file, from, to) in drifts {
        let fleet = Fleet::new();
        fleet.edit(file, from, to);
        // The two deployments share a line, so that the finding names both; asked for alone, it names one.
        let guard = Guard::new().optional().deployment("compose");
        let whole = Verdict::of(&guard, &fleet.environment("gate", Switch::Unset));
        let expected: Vec<String> = of(&whole, "compose")
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert!(!expected.is_empty(), "{to}: {:?}", whole.messages);
        fleet.without_units();
        let partial = fleet.optional(Switch::Unset);
        assert_eq!(of(&partial, "compose"), expected, "{to}");
        assert_eq!(
            errors(&partial).len(),
            expected.len(),
            "{to}: {:?}",
            partial.messages
        );
    }
}

#[test]
fn what_the_policy_excuses_in_a_deployment_that_is_not_there_is_not_called_unused() {
    for (deployment, is_unused) in [
        ("", false),
        ("deployment = \"systemd\"\n", false),
        ("deployment = \"compose\"\n", true),
    ] {
        let fleet = Fleet::new();
        fleet.edit("deploy/units/core.service", " KV_SEC_MODE=spiffe", "");
        let allow = format!(
            "[[allow]]\nrule = \"incomplete-kv-environment\"\nservice = \"core\"\n{deployment}reason = \"being mended\"\n\n[registry]\n"
        );
        fleet.edit("kvguard.toml", "[registry]\n", &allow);
        let unused = |verdict: &Verdict| {
            let mut messages = verdict.messages.iter();
            messages.any(|message| message.text.contains("KV601"))
        };
        let whole = fleet.optional(Switch::Unset);
        assert_eq!(unused(&whole), is_unused, "{:?}", whole.messages);
        fleet.without_units();
        let partial = fleet.optional(Switch::Unset);
        assert_eq!(unused(&partial), is_unused, "{:?}", partial.messages);
        assert_eq!(errors(&partial), [""; 0], "{deployment}");
    }
}

#[test]
fn a_service_that_only_a_missing_deployment_runs_from_the_store_still_carries_others() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "[service.core]\n",
        "[service.trapd]\ncarried_by = \"core\"\n\n[service.core]\nexpected_source = [{ source = \"file\", deployment = \"compose\", reason = \"a test\" }]\n",
    );
    let core = "  core:\n    image: fleet/core\n    environment: *kv\n";
    let trapd = "  trapd:\n    image: fleet/trapd\n    environment: *kv\n";
    fleet.edit(
        "deploy/compose.yaml",
        core,
        "  core:\n    image: fleet/core\n    environment: { CONFIG_SOURCE: file }\n",
    );
    fleet.edit("deploy/compose.yaml", trapd, "");
    fleet.without_units();
    let partial = fleet.optional(Switch::Unset);
    let mut messages = partial.messages.iter();
    assert!(
        !messages.any(|message| message.text.contains("carried by")),
        "{:?}",
        partial.messages
    );
}

#[test]
fn without_the_registry_or_a_file_of_secret_patterns_nothing_is_checked() {
    let import =
        "[secrets]\nimport = [{ file = \"deny.json\", pointer = \"/deny\" }]\n[registry]\n";
    let fleet = Fleet::new();
    fleet.drift();
    fleet.edit("kvguard.toml", "[registry]\n", import);
    let without_patterns = fleet.optional(Switch::Unset);
    assert_eq!(errors(&without_patterns), [""; 0]);
    assert_eq!(
        warnings(&without_patterns),
        ["nothing is checked: this tree lacks `deny.json`"]
    );
    // What is secret is not known either.
    let json: serde_json::Value = serde_json::from_str(&without_patterns.registry).unwrap();
    assert_eq!(json["services"], serde_json::json!([]));

    let fleet = Fleet::new();
    fleet.drift();
    fs::remove_file(fleet.path("registry.json")).unwrap();
    fleet.without_units();
    let without_registry = fleet.optional(Switch::Unset);
    assert_eq!(errors(&without_registry), [""; 0]);
    assert_eq!(
        warnings(&without_registry),
        ["nothing is checked: this tree lacks `deploy/units/*.service`, `registry.json`"]
    );
}

#[test]
fn where_no_deployment_is_whole_nothing_is_checked_and_each_is_named() {
    let fleet = Fleet::new();
    fleet.drift();
    fs::remove_file(fleet.path("deploy/compose.yaml")).unwrap();
    let environment = fleet.environment("gate", Switch::Unset);
    let asked = Verdict::of(&Guard::new().optional().deployment("compose"), &environment);
    assert_eq!(
        warnings(&asked)[0],
        "nothing is checked: deployment `compose`: this tree lacks `deploy/compose.yaml`"
    );
    fleet.without_units();
    let verdict = fleet.optional(Switch::Unset);
    assert_eq!(errors(&verdict), [""; 0]);
    assert_eq!(
        warnings(&verdict),
        [
            "nothing is checked: deployments `compose`, `systemd`: this tree lacks `deploy/compose.yaml`, `deploy/units/*.service`"
        ]
    );
}

#[test]
fn what_else_keeps_a_deployment_from_being_checked_is_an_error_although_another_is_missing() {
    let fleet = Fleet::new();
    fleet.without_units();
    fleet.edit(
        "kvguard.toml",
        "files = [\"deploy/compose.yaml\"]\naccess_table = { file = \"deploy/rbac.json\", pointer = \"/roles\" }",
        "files = [\"deploy/compose.yaml\"]\naccess_table = { file = \"deploy/rbac.json\", pointer = \"/roles\", mode = \"/mode\" }",
    );
    let verdict = fleet.optional(Switch::Unset);
    let [error] = errors(&verdict)[..] else {
        panic!("{:?}", verdict.messages);
    };
    assert!(
        error.starts_with("could not check: deployment `compose`: "),
        "{error}"
    );
}

#[test]
fn a_partial_tree_fails_where_all_is_required_or_the_crate_is_not_optional() {
    let fleet = Fleet::new();
    fleet.without_units();
    let required = fleet.optional(Switch::Require);
    let needed = fleet.verdict("gate", Switch::Unset);
    for verdict in [required, needed] {
        let mut errors = errors(&verdict).into_iter();
        assert!(
            errors
                .any(|error| error
                    .starts_with("could not check: `deploy/units/*.service` matches no")),
            "{:?}",
            verdict.messages
        );
    }
}

#[test]
fn a_name_that_nothing_bears_is_an_error_in_a_partial_tree_too() {
    let fleet = Fleet::new();
    fleet.without_units();
    let environment = fleet.environment("gate", Switch::Unset);
    for guard in [
        Guard::new().service("trap"),
        Guard::new().deployment("compos"),
    ] {
        let verdict = Verdict::of(&guard.optional(), &environment);
        assert_eq!(errors(&verdict).len(), 1, "{:?}", verdict.messages);
        assert!(errors(&verdict)[0].contains("did you mean"));
    }
}

#[test]
fn the_macro_checks_of_a_partial_tree_what_a_build_script_checks() {
    let fleet = Fleet::new();
    fleet.without_units();
    fleet.edit("deploy/compose.yaml", "  KV_ADDRESS: store:50057\n", "");
    let verdict = fleet.optional(Switch::Unset);
    let manifest_dir = fleet.path("gate");
    let lookup =
        |name: &str| (name == "CARGO_MANIFEST_DIR").then(|| manifest_dir.clone().into_os_string());
    let examined = Guard::new().optional().examine(&lookup);
    assert_eq!(examined.warnings, warnings(&verdict));
    assert_eq!(examined.errors, errors(&verdict));
    assert_eq!(examined.errors.len(), 3);
}

#[test]
fn without_a_part_of_the_example_fleet_the_rest_of_it_is_as_clean_as_the_whole() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
    for (missing, left_out) in [
        (
            "deploy/compose/docker-compose.override.yml",
            "deployment `compose`",
        ),
        ("deploy/systemd/units", "deployment `systemd`"),
        (
            "deploy/kubernetes/overlays/lower-river",
            "deployment `lower-river`",
        ),
        (
            "deploy/kubernetes/overlays/upper-river",
            "deployment `upper-river`",
        ),
        (
            "deploy/kubernetes",
            "deployments `lower-river`, `upper-river`",
        ),
        ("deploy/helm/lower.yaml", "deployment `chart-lower`"),
        (
            "deploy/helm/brook",
            "deployments `chart-lower`, `chart-upper`",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        for part in ["kvguard.toml", "registry", "config", "deploy"] {
            let (from, to) = (example.join(part), directory.path().join(part));
            if from.is_dir() {
                super::copy(&from, &to);
            } else {
                fs::copy(from, to).unwrap();
            }
        }
        fs::create_dir_all(directory.path().join("target/out")).unwrap();
        let fleet = Fleet { directory };
        assert_eq!(
            fleet.optional(Switch::Unset).messages,
            [],
            "the whole fleet"
        );
        let path = fleet.path(missing);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        let verdict = fleet.optional(Switch::Unset);
        let [warning] = warnings(&verdict)[..] else {
            panic!("{missing}: {:?}", verdict.messages);
        };
        assert!(
            warning.starts_with(&format!("not checked: {left_out}: this tree lacks ")),
            "{warning}"
        );
        assert_eq!(errors(&verdict), [""; 0], "{missing}");
    }
}
