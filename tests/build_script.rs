//! The guard in real build scripts, run by real cargo, without a network, on copies of `tests/workspaces`.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and handles its own files"
)]

#[path = "build_script/workspace.rs"]
mod workspace;

use std::path::PathBuf;

use workspace::{Workspace, rules_rust};

#[test]
fn drift_fails_the_build_with_its_lines_and_mending_it_lets_it_pass() {
    let fleet = Workspace::copy_of("fleet");
    let granted = fleet.edit("deploy/rbac.json", |text| {
        text.replace("services/trapd\"", "services/trap\"")
    });
    let build = fleet.check("trapd").run();
    assert!(!build.passed, "{build}");
    // Once for both deployments, which have one access table.
    assert_eq!(build.count("KV105"), 1, "{build}");
    let first = "error: trapd: KV105 near-miss-identity: service `trapd`, deployments `compose`, `systemd`: deploy/";
    assert_eq!(build.count(first), 1, "{build}");
    assert!(build.says("  --> deploy/compose.yaml:9:3"), "{build}");
    assert!(build.says("(2 more places: see the report)"), "{build}");
    assert!(
        build.says("  | \"spiffe://fleet.test/services/trapd\""),
        "{build}"
    );
    assert!(!build.says("cargo:"), "directives are told twice: {build}");
    let lines: Vec<&str> = build.lines("error: trapd: ").collect();
    assert!(lines.len() <= 6 + 1, "{build}");
    assert!(lines.iter().all(|line| line.trim().len() > 2), "{build}");
    let place = "the report shows each place with its lines: ";
    let report = lines
        .last()
        .and_then(|line| line.strip_prefix(place))
        .map(PathBuf::from);
    let report = report.unwrap_or_else(|| panic!("the last line names no report: {build}"));
    let whole = std::fs::read_to_string(&report).unwrap();
    assert_eq!(whole.matches("error[KV105]").count(), 1, "{whole}");
    assert!(
        whole.contains("deploy/units/trapd.service:1:1"),
        "each place: {whole}"
    );
    assert!(
        whole.contains("services/trap\""),
        "the line itself: {whole}"
    );

    fleet.write("deploy/rbac.json", &granted);
    let build = fleet.check("trapd").run();
    assert!(build.passed, "{build}");
    assert!(!build.says("warning:"), "{build}");
    assert!(!report.exists(), "the report is that of an earlier build");
}

#[test]
fn the_script_runs_again_only_if_what_was_read_changes_appears_or_disappears() {
    let fleet = Workspace::copy_of("fleet");
    let first = fleet.check("trapd").run();
    assert!(first.passed && first.ran_script_of("trapd"), "{first}");
    let again = |what: &str, expected: bool| {
        let build = fleet.check("trapd").run();
        assert!(build.passed, "{what}: {build}");
        assert_eq!(build.ran_script_of("trapd"), expected, "{what}: {build}");
    };
    again("nothing changed", false);

    fleet.edit("trapd/src/lib.rs", |text| format!("{text}\n"));
    fleet.write("core/src/another.rs", "");
    fleet.write("README.md", "The fleet.\n");
    again("what the guard does not read changed", false);

    fleet.edit("deploy/rbac.json", |text| format!("{text}\n"));
    again("the access table changed", true);
    again("nothing changed since", false);

    fleet.edit("kvguard.toml", |text| format!("{text}\n"));
    again("the policy changed", true);

    let unit = "deploy/units/clock.service";
    fleet.write(unit, "[Service]\nExecStart=/usr/bin/clock\n");
    again("a unit appeared", true);
    again("nothing changed since", false);
    fleet.remove(unit);
    again("a unit disappeared", true);
    again("nothing changed since", false);

    fleet.edit("trapd/build.rs", |text| format!("{text}\n"));
    again("the build script changed", true);
}

#[test]
fn a_service_s_crate_fails_on_its_own_findings_and_tells_of_others_in_one_line() {
    let fleet = Workspace::copy_of("fleet");
    fleet.edit("deploy/rbac.json", |text| {
        text.replace(
            "services/core\", \"role\": \"writer",
            "services/core\", \"role\": \"reader",
        )
    });
    let other = fleet.check("trapd").run();
    assert!(other.passed, "{other}");
    assert_eq!(other.count("warning: trapd:"), 1, "{other}");
    assert!(
        other.says("concern other services; `cargo kvguard check` shows them")
            || other.says("concerns other services; `cargo kvguard check` shows it"),
        "{other}"
    );

    // Its package is called otherwise: the policy's `sources` tell whose it is.
    let own = fleet.check("core-server").run();
    assert!(!own.passed, "{own}");
    assert!(own.says("error: core-server: KV102"), "{own}");

    let gate = fleet.check("gate").run();
    assert!(!gate.passed, "{gate}");
    assert!(gate.says("error: gate: KV102"), "{gate}");
    assert!(!gate.says("other services"), "{gate}");
}

#[test]
fn a_file_that_does_not_parse_fails_the_crate_of_every_service() {
    let fleet = Workspace::copy_of("fleet");
    fleet.edit("deploy/compose.yaml", |text| format!("{text}\n\tx: 1\n"));
    let build = fleet.check("trapd").run();
    assert!(!build.passed, "{build}");
    assert!(build.says("error: trapd: KV401"), "{build}");
}

#[test]
fn the_variable_switches_and_sets_levels() {
    let fleet = Workspace::copy_of("fleet");
    fleet.edit("deploy/rbac.json", |text| {
        text.replace("services/trapd\"", "services/trap\"")
    });
    let off = fleet.check("trapd").with("KVGUARD", "off").run();
    assert!(off.passed, "{off}");
    assert_eq!(off.count("warning: trapd:"), 1, "{off}");
    assert!(
        off.says("not checked: the variable `KVGUARD` is `off`"),
        "{off}"
    );

    let warn = fleet.check("trapd").with("KVGUARD", "warn").run();
    assert!(warn.passed, "{warn}");
    assert!(warn.says("warning: trapd: KV1"), "{warn}");

    fleet.edit("kvguard.toml", |text| {
        format!("{text}\n[build]\nlocal = \"warn\"\n")
    });
    let local = fleet.check("trapd").run();
    assert!(local.passed, "{local}");
    let ci = fleet.check("trapd").with("CI", "true").run();
    assert!(!ci.passed, "{ci}");
    let deny = fleet.check("trapd").with("KVGUARD", "deny").run();
    assert!(!deny.passed, "{deny}");

    let unknown = fleet.check("trapd").with("KVGUARD", "hunter2").run();
    assert!(!unknown.passed, "{unknown}");
    assert!(
        unknown.says("`off`, `warn`, `deny` and `require`"),
        "{unknown}"
    );
    assert!(!unknown.says("hunter2"), "{unknown}");
}

#[test]
fn the_registry_is_left_for_the_crate_also_where_nothing_is_checked() {
    let fleet = Workspace::copy_of("fleet");
    for (switch, checked) in [("off", false), ("deny", true)] {
        let check = fleet.check("gate").with("KVGUARD", switch);
        let registry = check.out_dir().join("kvguard-registry.json");
        let text = std::fs::read_to_string(registry).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["version"], 3);
        let inputs = json["made_from"]["inputs"].as_array().unwrap();
        let table = inputs
            .iter()
            .find(|input| input["path"].to_string().contains("registry.json"));
        assert_eq!(table.unwrap()["digest"].as_str().map(str::len), Some(16));
        assert_eq!(json["checked"], checked);
        let names: Vec<&str> = json["services"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|service| service["name"].as_str())
            .collect();
        assert_eq!(names, ["trapd", "core", "agent"]);
        assert_eq!(json["services"][0]["secret_fields"][0], "community");
        assert_eq!(json["services"][0]["location"]["file"], "registry.json");
        assert_eq!(json["services"][0]["location"]["line"], 4);
        assert_eq!(json["services"][2]["variables"][0], "agent_id");
    }
}

#[test]
fn a_missing_policy_is_an_error_unless_the_crate_calls_it_optional() {
    let fleet = Workspace::copy_of("fleet");
    fleet.remove("kvguard.toml");
    let needed = fleet.check("trapd").run();
    assert!(!needed.passed, "{needed}");
    assert!(needed.says("`cargo kvguard init` writes one"), "{needed}");

    let optional = fleet.check("agent").run();
    assert!(optional.passed, "{optional}");
    assert_eq!(optional.count("warning: agent:"), 1, "{optional}");
    assert!(
        optional.says("not checked: there is no policy"),
        "{optional}"
    );

    let required = fleet.check("agent").with("KVGUARD", "require").run();
    assert!(!required.passed, "{required}");
}

#[test]
fn a_policy_that_appears_at_the_workspace_s_root_is_noticed_by_a_crate_that_built_without_one() {
    let fleet = Workspace::copy_of("fleet");
    let policy = fleet.read("kvguard.toml");
    fleet.remove("kvguard.toml");
    let without = fleet.check("agent").run();
    assert!(without.passed, "{without}");

    let table = fleet.edit("deploy/rbac.json", |text| text.replace("writer", "reader"));
    fleet.write("kvguard.toml", &policy);
    let drifted = fleet.check("agent").run();
    assert!(!drifted.passed, "{drifted}");
    assert!(drifted.says("insufficient-role"), "{drifted}");

    fleet.write("deploy/rbac.json", &table);
    let mended = fleet.check("agent").run();
    assert!(mended.passed, "{mended}");
}

#[test]
fn an_image_with_half_the_tree_checks_the_deployments_that_are_whole() {
    let fleet = Workspace::copy_of("fleet");
    // As an image has it into which a few directories are copied.
    fleet.remove("deploy/units");
    let needed = fleet.check("trapd").run();
    assert!(!needed.passed, "{needed}");
    assert!(
        needed.says("`deploy/units/*.service` matches no"),
        "{needed}"
    );

    let half = fleet.check("agent").run();
    let not_checked = "not checked: deployment `systemd`: this tree lacks `deploy/units/*.service`; checked: deployment `compose`";
    assert!(half.passed, "{half}");
    assert_eq!(half.count("warning: agent:"), 1, "{half}");
    assert!(half.says(not_checked), "{half}");
    let again = fleet.check("agent").run();
    assert!(!again.ran_script_of("agent"), "{again}");
    let required = fleet.check("agent").with("KVGUARD", "require").run();
    assert!(!required.passed, "{required}");

    let table = fleet.edit("deploy/rbac.json", |text| {
        text.replace(
            "services/agent\", \"role\": \"writer",
            "services/agent\", \"role\": \"reader",
        )
    });
    let drifted = fleet.check("agent").run();
    assert!(!drifted.passed, "{drifted}");
    assert!(drifted.says(not_checked), "{drifted}");
    assert!(drifted.says("insufficient-role"), "{drifted}");
    fleet.write("deploy/rbac.json", &table);

    fleet.remove("deploy/compose.yaml");
    let none = fleet.check("agent").run();
    assert!(none.passed, "{none}");
    assert!(
        none.says("nothing is checked: deployments `compose`, `systemd`: this tree lacks `deploy/compose.yaml`, `deploy/units/*.service`"),
        "{none}"
    );

    // What appears is noticed.
    let whole = Workspace::copy_of("fleet");
    fleet.write("deploy/compose.yaml", &whole.read("deploy/compose.yaml"));
    let half = fleet.check("agent").run();
    assert!(half.passed && half.ran_script_of("agent"), "{half}");
    assert!(half.says(not_checked), "{half}");
}

#[test]
fn a_vendored_crate_leaves_its_adopter_s_fleet_alone() {
    let adopter = Workspace::copy_of("vendored");
    let build = adopter.check("app").run();
    assert!(build.passed, "{build}");
    assert!(!build.says("error:"), "{build}");
    let again = adopter.check("app").run();
    assert!(!again.ran_script_of("shipped"), "{again}");
}

#[test]
fn a_runner_that_does_not_know_cargo_error_fails_by_the_exit_code() {
    let fleet = Workspace::copy_of("fleet");
    let build = fleet.check("trapd").run();
    assert!(build.passed, "{build}");
    let script = fleet.check("trapd").script();

    let clean = rules_rust::run(&fleet, &script, "trapd");
    assert!(clean.passes(), "{clean:?}");
    assert_eq!(clean.stderr, "");

    fleet.edit("deploy/rbac.json", |text| {
        text.replace("services/trapd\"", "services/trap\"")
    });
    let drifted = rules_rust::run(&fleet, &script, "trapd");
    assert!(!drifted.passes(), "{drifted:?}");
    assert_eq!(
        drifted.stderr.matches("error[KV1").count(),
        1,
        "{drifted:?}"
    );
    assert!(drifted.stderr.contains("deploy/rbac.json"), "{drifted:?}");
    assert!(!drifted.stdout.contains("KV1"), "told twice: {drifted:?}");
    assert_eq!(drifted.metadata(), [""; 0], "{drifted:?}");
}
