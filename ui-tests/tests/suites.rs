//! `kv_access_test!` and `kv_bootstrap_coverage!` in a real crate: which tests there are, and what they say.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and handles its own files"
)]

#[path = "workspaces/workspace.rs"]
mod workspace;

use workspace::Workspace;

/// A fleet whose crate `plain` is the service `trapd`, with both suites.
fn fleet() -> Workspace {
    let fleet = Workspace::copy();
    fleet.append("kvguard.toml", "\n[service.trapd]\nsources = [\"plain\"]\n");
    std::fs::create_dir_all(fleet.path().join("plain/tests")).unwrap();
    fleet.write(
        "plain/tests/fleet.rs",
        "fleet_guard::kv_access_test!();\nfleet_guard::kv_bootstrap_coverage!();\n",
    );
    fleet
}

#[track_caller]
fn told(output: &str, line: &str) {
    assert!(
        output.lines().any(|told| told.trim() == line),
        "`{line}` is not in\n{output}"
    );
}

#[test]
fn each_service_has_a_test_of_its_access_in_each_deployment() {
    let fleet = fleet();
    fleet.write(
        "plain/tests/boots.rs",
        "// #[kv_bootstrap_test(\"trapd\")] in a comment is none.\n",
    );
    let tested = fleet.cargo("test", "plain", &[]);
    for (test, verdict) in [
        ("kv_access::compose::agent", "ok"),
        ("kv_access::compose::trapd", "ok"),
        ("kv_access::systemd::agent", "ok"),
        ("kv_access::systemd::trapd", "ok"),
        ("kv_bootstrap_coverage::trapd", "FAILED"),
    ] {
        told(&tested.output, &format!("test {test} ... {verdict}"));
    }
    assert!(
        tested
            .output
            .contains("service `trapd` has no KV bootstrap test"),
        "{}",
        tested.output
    );
    assert!(tested.output.contains("kvguard.toml:"), "{}", tested.output);

    fleet.edit("deploy/rbac.json", |table| {
        table.replace(
            "services/trapd\", \"role\": \"writer\"",
            "services/trapd\", \"role\": \"reader\"",
        )
    });
    let tested = fleet.cargo("test", "plain", &[]);
    for (test, verdict) in [
        ("kv_access::compose::agent", "ok"),
        ("kv_access::compose::trapd", "FAILED"),
        ("kv_access::systemd::trapd", "FAILED"),
    ] {
        told(&tested.output, &format!("test {test} ... {verdict}"));
    }
    assert!(
        tested.output.contains("deploy/rbac.json:3:"),
        "{}",
        tested.output
    );
}

#[test]
fn what_cannot_be_checked_is_an_error_and_no_test() {
    let fleet = fleet();
    fleet.write("deploy/compose.yaml", "services: [\n");
    let tested = fleet.cargo("test", "plain", &[]);
    assert!(!tested.passed);
    assert!(
        tested
            .errors()
            .iter()
            .any(|error| error.message.contains("deploy/compose.yaml:")),
        "{}",
        tested.output
    );
    let off = fleet.cargo("test", "plain", &[("KVGUARD", "off")]);
    assert!(off.passed, "{}", off.output);
    told(
        &off.output,
        "test kv_access::checked ... ignored, not checked: the variable `KVGUARD` is `off`",
    );
}
