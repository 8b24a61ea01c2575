//! What macros are given, on a copy of the same fleet.

use std::ffi::OsString;
use std::fs;

use super::{Fleet, errors, warnings};
use crate::build_script::environment::Switch;
use crate::build_script::verdict::Verdict;
use crate::build_script::{Examined, Guard};

impl Fleet {
    /// The variables of a macro in the crate `gate`.
    fn variables(&self, switch: &'static str) -> impl Fn(&str) -> Option<OsString> {
        let manifest_dir = self.path("gate").into_os_string();
        move |name: &str| match name {
            "CARGO_MANIFEST_DIR" => Some(manifest_dir.clone()),
            "CARGO_PKG_NAME" => Some("gate".into()),
            "KVGUARD" => Some(switch.into()),
            _ => None,
        }
    }

    fn examine(&self, guard: &Guard, switch: &'static str) -> Examined {
        guard.examine(&self.variables(switch))
    }
}

#[test]
fn where_an_addition_would_go_unnoticed_is_told_of_the_deployments_that_are_asked_for() {
    let fleet = Fleet::new();
    let of = |guard: &Guard| fleet.examine(guard, "").unnoticed;
    assert_eq!(of(&Guard::new()), ["deploy/units"]);
    assert_eq!(of(&Guard::new().deployment("systemd")), ["deploy/units"]);
    assert_eq!(of(&Guard::new().deployment("compose")), [""; 0]);
}

#[test]
fn a_missing_file_is_an_error_of_the_macro_unless_it_is_optional() {
    let fleet = Fleet::new();
    fs::remove_dir_all(fleet.path("deploy/units")).unwrap();
    for (guard, switch, fails) in [
        (Guard::new(), "", true),
        (Guard::new().optional(), "", false),
        (Guard::new().optional(), "require", true),
    ] {
        let examined = fleet.examine(&guard, switch);
        assert_eq!(!examined.errors.is_empty(), fails, "{switch}: {examined:?}");
        assert_eq!(
            examined.warnings.is_empty(),
            fails,
            "{switch}: {examined:?}"
        );
    }
    let whole = Fleet::new();
    let examined = whole.examine(&Guard::new().optional(), "");
    assert!(
        examined.errors.is_empty() && examined.warnings.is_empty(),
        "{examined:?}"
    );
    whole.drift();
    let drifted = whole.examine(&Guard::new().optional(), "");
    assert!(
        drifted.errors.iter().any(|error| error.contains("KV101")),
        "{drifted:?}"
    );
}

#[test]
fn a_macro_depends_on_ci_only_if_the_policy_caps_levels_apart_for_it() {
    for (build, switch, expected) in [
        ("", "", &[][..]),
        ("[build]\nlocal = \"warn\"\nci = \"warn\"\n", "", &[]),
        ("[build]\nlocal = \"warn\"\nci = \"deny\"\n", "", &["CI"]),
        ("[build]\nlocal = \"warn\"\nci = \"deny\"\n", "deny", &[]),
    ] {
        let fleet = Fleet::new();
        fleet.edit(
            "kvguard.toml",
            "[registry]\n",
            &format!("{build}[registry]\n"),
        );
        let variables = fleet.examine(&Guard::new(), switch).variables;
        let ci: Vec<&str> = variables.into_iter().filter(|name| *name == "CI").collect();
        assert_eq!(ci, expected, "{build} {switch}");
    }
}

#[test]
fn a_missing_policy_is_an_error_unless_the_guard_is_optional_and_not_required() {
    let fleet = Fleet::new();
    fs::remove_file(fleet.path("kvguard.toml")).unwrap();
    let no_policy = "there is no policy";
    for (guard, switch, name, fails) in [
        (Guard::new(), Switch::Unset, "", true),
        (Guard::new().optional(), Switch::Unset, "", false),
        (Guard::new().optional(), Switch::Require, "require", true),
    ] {
        let verdict = Verdict::of(&guard, &fleet.environment("gate", switch));
        let examined = fleet.examine(&guard, name);
        let (script, expanded) = if fails {
            (errors(&verdict), examined.errors)
        } else {
            (warnings(&verdict), examined.warnings)
        };
        let [script] = script[..] else {
            panic!("{switch:?}: {:?}", verdict.messages);
        };
        assert!(script.contains(no_policy), "{switch:?}: {script}");
        assert_eq!(expanded, [script], "{switch:?}");
    }
}

#[test]
fn where_nothing_is_checked_the_registry_is_written_all_the_same() {
    let fleet = Fleet::new();
    fleet.drift();
    let off = fleet.verdict("gate", Switch::Off);
    assert_eq!(errors(&off), [""; 0]);
    let json: serde_json::Value = serde_json::from_str(&off.registry).unwrap();
    assert_eq!(json["checked"], false);
    let services = json["services"].as_array().unwrap();
    let names: Vec<&str> = services
        .iter()
        .filter_map(|service| service["name"].as_str())
        .collect();
    assert_eq!(names, ["trapd", "core", "agent"]);
    assert_eq!(services[0]["key"], "config/trapd.json");
    assert_eq!(services[0]["critical_fields"][0], "listen");
    assert_eq!(services[2]["key_template"], "agents/{{agent_id}}.json");
    assert_eq!(services[2]["variables"][0], "agent_id");
    let registry = fleet.path("registry.json");
    assert!(
        off.watched
            .iter()
            .any(|line| line.ends_with(registry.to_str().unwrap()))
    );
}

#[test]
fn access_tells_only_of_errors_and_of_a_missing_table_to_every_service() {
    let fleet = Fleet::new();
    let errors = |fleet: &Fleet| -> Vec<(String, usize)> {
        let access = Guard::new().access(&fleet.variables(""));
        assert_eq!(access.read.errors, [""; 0]);
        let (deployment, services) = &access.deployments[0];
        assert_eq!(
            (deployment.as_str(), access.deployments.len()),
            ("compose", 2)
        );
        let services = services.iter();
        services
            .map(|granted| (granted.service.clone(), granted.errors.len()))
            .collect()
    };
    let counts = |trapd, core, agent| {
        let counts = [("trapd", trapd), ("core", core), ("agent", agent)];
        counts.map(|(name, count): (&str, usize)| (name.to_owned(), count))
    };
    assert_eq!(errors(&fleet), counts(0, 0, 0));
    fleet.drift();
    assert_eq!(errors(&fleet), counts(1, 0, 0));
    fleet.edit(
        "kvguard.toml",
        "[registry]\n",
        "[levels]\nmissing-grant = \"warn\"\n[registry]\n",
    );
    assert_eq!(errors(&fleet), counts(0, 0, 0));

    let fleet = Fleet::new();
    fleet.edit("deploy/rbac.json", "\"roles\"", "\"grants\"");
    assert_eq!(errors(&fleet), counts(1, 1, 1));
}

#[test]
fn access_tells_of_an_error_in_the_deployment_that_has_it_and_in_no_other() {
    let fleet = Fleet::new();
    // The units read a table of their own, in which `trapd` is granted nothing.
    fs::copy(
        fleet.path("deploy/rbac.json"),
        fleet.path("deploy/units.json"),
    )
    .unwrap();
    fleet.edit("deploy/units.json", "fleet.test/services/trapd", "x.y/zzz");
    let policy = "files = [\"deploy/units/*.service\"]\naccess_table = { file = \"deploy/";
    fleet.edit(
        "kvguard.toml",
        &format!("{policy}rbac.json\""),
        &format!("{policy}units.json\""),
    );
    let access = Guard::new().access(&fleet.variables(""));
    let errors = access.deployments.iter().map(|(deployment, services)| {
        let services = services.iter().filter(|granted| !granted.errors.is_empty());
        let services = services.map(|granted| granted.service.as_str());
        (deployment.as_str(), services.collect())
    });
    assert_eq!(
        errors.collect::<Vec<(&str, Vec<&str>)>>(),
        [("compose", vec![]), ("systemd", vec!["trapd"])]
    );
}

#[test]
fn access_says_what_could_not_be_read_and_that_nothing_is_checked() {
    let fleet = Fleet::new();
    let off = Guard::new().access(&fleet.variables("off"));
    assert!(off.read.is_off && off.deployments.is_empty());
    let on = Guard::new().access(&fleet.variables(""));
    assert!(!on.read.is_off && !on.read.files.is_empty());
    fs::remove_file(fleet.path("registry.json")).unwrap();
    let unread = Guard::new().access(&fleet.variables("")).read.errors;
    assert!(
        unread
            .iter()
            .any(|error| error.contains("`registry.json` does not exist")),
        "{unread:?}"
    );
}

#[test]
fn what_is_declared_is_of_the_package_that_asks() {
    let fleet = Fleet::new();
    let declared = Guard::new().declared(&fleet.variables(""));
    assert_eq!(declared.errors, [""; 0]);
    let json: serde_json::Value = serde_json::from_str(&declared.registry).unwrap();
    assert_eq!(json["package"], "gate");
    let services = json["services"].as_array().unwrap().iter();
    let names: Vec<_> = services.map(|service| &service["name"]).collect();
    assert_eq!(names, ["trapd", "core", "agent"]);
}

#[test]
fn without_a_policy_a_registry_of_nothing_is_declared_with_the_error() {
    let fleet = Fleet::new();
    fs::remove_file(fleet.path("kvguard.toml")).unwrap();
    let declared = Guard::new().declared(&fleet.variables(""));
    let [error] = declared.errors.as_slice() else {
        panic!("{:?}", declared.errors);
    };
    assert!(error.contains("there is no policy"), "{error}");
    let json: serde_json::Value = serde_json::from_str(&declared.registry).unwrap();
    assert_eq!(json["services"], serde_json::json!([]));
    assert_eq!(json["checked"], false);
}

#[test]
fn access_says_which_file_does_not_parse() {
    let fleet = Fleet::new();
    fleet.edit("deploy/compose.yaml", "services:", "services: [");
    let errors = Guard::new().access(&fleet.variables("")).read.errors;
    assert!(
        errors
            .iter()
            .any(|error| error.starts_with("KV401") && error.contains("deploy/compose.yaml:")),
        "{errors:?}"
    );
}

#[cfg(feature = "rust-sources")]
#[test]
fn coverage_tells_of_each_service_with_sources_whether_it_has_a_bootstrap_test() {
    let fleet = Fleet::new();
    let covered = |fleet: &Fleet| -> Vec<(String, bool)> {
        let coverage = Guard::new().coverage(&fleet.variables(""));
        assert_eq!(coverage.read.errors, [""; 0]);
        let services = coverage.services.into_iter();
        services
            .map(|(service, missing)| (service, missing.is_none()))
            .collect()
    };
    assert_eq!(covered(&fleet), [("core".to_owned(), false)]);
    fs::create_dir(fleet.path("core/tests")).unwrap();
    fs::write(
        fleet.path("core/tests/boots.rs"),
        "#[kv_bootstrap_test(\"core\")]\nasync fn boots() {}\n",
    )
    .unwrap();
    assert_eq!(covered(&fleet), [("core".to_owned(), true)]);
}
