//! The macros in real crates, built by real cargo, without a network, on copies of `workspaces`: what is built again,
//! and what cargo tells in JSON.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and handles its own files"
)]

#[path = "workspaces/workspace.rs"]
mod workspace;

use workspace::{Build, Told, Workspace};

/// Whether a crate is compiled again, once for each change; and not without one.
fn rebuilt(fleet: &Workspace, package: &str, what: &str) -> bool {
    let build = fleet.check(package, &[]);
    assert!(build.passed, "{what}: {}", build.output);
    let again = fleet.check(package, &[]);
    assert!(
        !again.compiled(package),
        "nothing changed since {what}: {}",
        again.output
    );
    build.compiled(package)
}

/// The error of a build that must have just one.
fn only_error(build: &Build) -> Told {
    let mut errors = build.errors();
    assert_eq!(errors.len(), 1, "one error: {}", build.output);
    errors.remove(0)
}

#[test]
fn a_crate_without_a_build_script_is_compiled_again_if_what_its_macros_read_changes() {
    let fleet = Workspace::copy();
    assert!(rebuilt(&fleet, "plain", "the first build"));

    fleet.write("README.md", "The fleet.\n");
    fleet.append("guarded/src/lib.rs", "\n");
    fleet.append("deploy/compose.yaml", "\n");
    fleet.append("deploy/rbac.json", "\n");
    assert!(!rebuilt(
        &fleet,
        "plain",
        "what the macros do not read changed"
    ));

    fleet.append("kvguard.toml", "\n");
    assert!(rebuilt(&fleet, "plain", "the policy changed"));
    fleet.append("registry.json", "\n");
    assert!(rebuilt(&fleet, "plain", "the registry changed"));

    let root = fleet.path();
    let elsewhere = fleet.check("plain", &[("KVGUARD_ROOT", root.to_str().unwrap())]);
    assert!(
        elsewhere.passed && elsewhere.compiled("plain"),
        "{}",
        elsewhere.output
    );
    assert!(rebuilt(&fleet, "plain", "the variable is gone"));
    let off = fleet.check("plain", &[("KVGUARD", "off")]);
    assert!(
        off.passed && !off.compiled("plain"),
        "a variable it does not read: {}",
        off.output
    );
}

#[test]
fn a_descriptor_that_is_renamed_or_gone_is_an_error_on_the_literal_with_a_span() {
    let fleet = Workspace::copy();
    assert!(fleet.check("plain", &[]).passed);
    let whole = fleet.edit("registry.json", |text| {
        text.replace("\"agent\", \"scope\"", "\"agents\", \"scope\"")
    });
    let build = fleet.check("plain", &[]);
    assert!(!build.passed);
    let error = only_error(&build);
    assert_eq!(
        error.message,
        "there is no service `agent`; did you mean `agents`?\n --> registry.json:4:15 `agents` is declared here"
    );
    assert_eq!(error.code(&fleet), "\"agent\"");
    assert!(error.file.ends_with("plain/src/lib.rs"), "{}", error.file);

    // The critical field of another name is on the field.
    fleet.write(
        "registry.json",
        &whole.replace("[\"listen\"]", "[\"listens\"]"),
    );
    let build = fleet.check("plain", &[]);
    let error = only_error(&build);
    assert_eq!(error.code(&fleet), "listen");
    assert!(
        error.message.contains(" --> registry.json:3:"),
        "{}",
        error.message
    );

    fleet.remove("registry.json");
    let build = fleet.check("plain", &[]);
    let errors = build.errors();
    let [error] = errors.as_slice() else {
        panic!("one error, not one for each macro: {}", build.output);
    };
    assert!(
        error.message.contains("`registry.json` does not exist"),
        "{}",
        error.message
    );
    assert!(
        error.message.contains("\n  --> kvguard.toml:2:8"),
        "{}",
        error.message
    );

    fleet.write("registry.json", &whole);
    let mended = fleet.check("plain", &[]);
    assert!(mended.passed, "{}", mended.output);
}

#[test]
fn a_guarded_crate_is_compiled_again_if_any_file_or_variable_that_the_guard_reads_changes() {
    let fleet = Workspace::copy();
    assert!(rebuilt(&fleet, "guarded", "the first build"));
    fleet.write("README.md", "The fleet.\n");
    fleet.append("plain/src/lib.rs", "\n");
    assert!(!rebuilt(
        &fleet,
        "guarded",
        "what the guard does not read changed"
    ));
    for file in [
        "kvguard.toml",
        "registry.json",
        "deploy/compose.yaml",
        "deploy/values.env",
        "deploy/rbac.json",
        "deploy/templates/trapd.json",
        "deploy/units/trapd.service",
    ] {
        fleet.append(file, "\n");
        assert!(rebuilt(&fleet, "guarded", file), "{file}");
    }
    for (name, value) in [("KVGUARD", "warn"), ("CI", "true")] {
        let set = fleet.check("guarded", &[(name, value)]);
        assert!(
            set.passed && set.compiled("guarded"),
            "{name}: {}",
            set.output
        );
        assert!(rebuilt(&fleet, "guarded", "the variable is gone"), "{name}");
    }

    let compose = fleet.read("deploy/compose.yaml");
    fleet.remove("deploy/compose.yaml");
    let build = fleet.check("guarded", &[]);
    assert!(!build.passed);
    assert!(
        build.errors().iter().any(|error| error
            .message
            .contains("`deploy/compose.yaml` does not exist")),
        "{}",
        build.output
    );
    fleet.write("deploy/compose.yaml", &compose);
    assert!(rebuilt(&fleet, "guarded", "the file is there again"));
}

#[test]
fn a_finding_is_an_error_at_the_call_or_a_warning_by_the_switch() {
    let fleet = Workspace::copy();
    fleet.edit("deploy/rbac.json", |text| {
        text.replace("services/trapd\"", "services/trap\"")
    });
    let build = fleet.check("guarded", &[]);
    assert!(!build.passed);
    let errors = build.errors();
    let finding = errors.iter().find(|error| {
        error.message.starts_with(
            "KV105 near-miss-identity: service `trapd`, deployment `compose`: deploy/rbac.json:3:",
        )
    });
    let finding = finding.unwrap_or_else(|| panic!("{}", build.output));
    assert!(
        finding.message.contains("\n  --> deploy/compose.yaml:9:3"),
        "{}",
        finding.message
    );
    assert!(
        finding.code(&fleet).starts_with("fleet_guard::guard!"),
        "{}",
        finding.code(&fleet)
    );
    assert!(
        finding.file.ends_with("guarded/src/lib.rs"),
        "{}",
        finding.file
    );

    let warned = fleet.check("guarded", &[("KVGUARD", "warn")]);
    assert!(warned.passed, "{}", warned.output);
    assert!(
        warned
            .told("warning")
            .iter()
            .any(|warning| warning.message.contains("KV105")),
        "{}",
        warned.output
    );
    let off = fleet.check("guarded", &[("KVGUARD", "off")]);
    assert!(off.passed, "{}", off.output);
    assert!(
        off.told("warning")
            .iter()
            .any(|warning| warning.message.contains("`KVGUARD` is `off`")),
        "{}",
        off.output
    );
}

/// An editor reads what `cargo check --message-format=json` prints.
#[test]
fn each_finding_is_a_diagnostic_of_its_own_for_editors() {
    let fleet = Workspace::copy();
    fleet.edit("deploy/rbac.json", |text| {
        text.replace("services/trapd\"", "services/trap\"").replace(
            "services/agent\", \"role\": \"writer",
            "services/agent\", \"role\": \"reader",
        )
    });
    let first_lines = |told: &[Told], before: &str| -> Vec<String> {
        let own = told.iter().filter(|told| told.message.contains("KV1"));
        let lines = own.map(|told| {
            assert!(told.file.ends_with("guarded/src/lib.rs"), "{}", told.file);
            assert!(told.code(&fleet).starts_with("fleet_guard::guard!"));
            assert!(told.message.lines().count() <= 6, "{}", told.message);
            let first = told.message.lines().next().unwrap_or_default();
            first.strip_prefix(before).unwrap_or(first).to_owned()
        });
        lines.collect()
    };
    let denied = fleet.check("guarded", &[]);
    assert!(!denied.passed);
    let errors = first_lines(&denied.errors(), "");
    assert_eq!(
        errors,
        [
            "KV105 near-miss-identity: service `trapd`, deployment `compose`: deploy/rbac.json:3:19 differs in the spelling",
            "KV102 insufficient-role: service `agent`, deployment `compose`: deploy/rbac.json:4:65 `writer` is needed",
        ]
    );
    let warned = fleet.check("guarded", &[("KVGUARD", "warn")]);
    assert!(warned.passed, "{}", warned.output);
    let before = "use of deprecated constant `_::kvguard`: ";
    assert_eq!(first_lines(&warned.told("warning"), before), errors);
}

#[test]
fn with_a_build_script_an_addition_is_noticed_too_and_names_come_from_its_registry() {
    let fleet = Workspace::copy();
    assert!(rebuilt(&fleet, "scripted", "the first build"));
    fleet.write("README.md", "The fleet.\n");
    assert!(!rebuilt(&fleet, "scripted", "what nothing reads was added"));
    fleet.write(
        "deploy/units/clock.service",
        "[Service]\nExecStart=/usr/bin/clock\n",
    );
    assert!(rebuilt(&fleet, "scripted", "a unit was added"));
    fleet.remove("deploy/units/clock.service");
    assert!(rebuilt(&fleet, "scripted", "a unit is gone"));
    fleet.append("deploy/values.env", "OTHER=1\n");
    assert!(rebuilt(&fleet, "scripted", "a values file changed"));

    // Where nothing is checked, names still are.
    fleet.edit("registry.json", |text| {
        text.replace("\"agent\", \"scope\"", "\"agents\", \"scope\"")
    });
    let build = fleet.check("scripted", &[("KVGUARD", "off")]);
    let error = only_error(&build);
    assert!(
        error
            .message
            .starts_with("there is no service `agent`; did you mean `agents`?"),
        "{}",
        error.message
    );
    assert_eq!(error.code(&fleet), "\"agent\"");
}

#[test]
fn what_is_tracked_does_not_reach_the_crate() {
    let fleet = Workspace::copy();
    let build = fleet.cargo("build", "guarded", &[]);
    assert!(build.passed, "{}", build.output);
    let artifacts = build.artifacts("guarded");
    assert!(!artifacts.is_empty(), "{}", build.output);
    for artifact in artifacts {
        let bytes = std::fs::read(&artifact).unwrap();
        let canary = b"canary-4b7e1f";
        assert!(
            !bytes.windows(canary.len()).any(|window| window == canary),
            "a value is in {}",
            artifact.display()
        );
    }
}

/// Two checkouts of one commit, and one target directory for both.
#[test]
fn a_checkout_that_shares_a_target_directory_is_checked_by_itself() {
    let first = Workspace::copy();
    let second = first.checkout();
    assert!(rebuilt(&first, "scripted", "the first checkout"));
    assert!(rebuilt(
        &second,
        "scripted",
        "the second checkout, without a change"
    ));

    let table = second.edit("deploy/rbac.json", |text| text.replace("writer", "reader"));
    let build = second.check("scripted", &[]);
    assert!(
        !build.passed,
        "drift in the second checkout: {}",
        build.output
    );
    assert!(
        build.output.contains("insufficient-role"),
        "{}",
        build.output
    );
    assert!(
        first.check("scripted", &[]).passed,
        "the first one has no drift"
    );

    second.write("deploy/rbac.json", &table);
    for file in [
        "registry.json",
        "deploy/compose.yaml",
        "deploy/units/trapd.service",
    ] {
        let text = second.read(file);
        second.write(
            file,
            &text.replace("config/trapd.json", "config/trapd-v2.json"),
        );
    }
    let build = second.check("scripted", &[]);
    assert!(
        build.passed && build.compiled("scripted"),
        "{}",
        build.output
    );
}

#[test]
fn a_registry_of_another_checkout_is_an_error_where_it_is_used() {
    let first = Workspace::copy();
    let second = first.checkout();
    let build = first.check("scripted", &[]);
    assert!(build.passed, "{}", build.output);
    let out_dir = build.out_dir("scripted");
    // As a wrapper around the compiler may do that keeps `OUT_DIR` for all checkouts.
    let registry = std::fs::read(out_dir.join("kvguard-registry.json")).unwrap();
    let build = second.check("scripted", &[]);
    assert!(build.passed, "{}", build.output);
    std::fs::write(
        build.out_dir("scripted").join("kvguard-registry.json"),
        registry,
    )
    .unwrap();
    second.append("scripted/src/lib.rs", "\n");
    let build = second.check("scripted", &[]);
    let error = only_error(&build);
    assert!(
        error
            .message
            .contains("another checkout that shares this target directory"),
        "{}",
        error.message
    );
    assert!(
        error.message.contains("scripted/build.rs"),
        "{}",
        error.message
    );
}

/// `mv`, `cp -p`, `rsync -t` and a restored cache give a file the time that it had elsewhere.
#[test]
fn an_input_that_was_replaced_by_an_older_file_is_an_error_until_the_script_runs_again() {
    let fleet = Workspace::copy();
    assert!(rebuilt(&fleet, "scripted", "the first build"));
    let old = fleet.modified("registry.json");
    fleet.edit("registry.json", |text| {
        text.replace(
            "\"critical_fields\": [\"listen\"]",
            "\"critical_fields\": []",
        )
    });
    fleet.set_modified("registry.json", old);
    fleet.append("scripted/src/lib.rs", "\n");
    let build = fleet.check("scripted", &[]);
    let error = only_error(&build);
    let message = &error.message;
    assert!(
        message.contains("registry.json` changed without a newer time"),
        "{message}"
    );
    assert!(
        message.contains("run `touch ") && message.contains("scripted/build.rs`"),
        "{message}"
    );

    fleet.append("scripted/build.rs", "\n");
    assert!(rebuilt(&fleet, "scripted", "the script ran again"));
}
