//! `#[kv_bootstrap_test]` on real services, built by real cargo: one that is well passes each case, and each defect is found by the
//! case that is about it, which tells what to do.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and handles its own files"
)]

#[path = "workspaces/verdicts.rs"]
mod verdicts;
#[path = "workspaces/workspace.rs"]
mod workspace;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use verdicts::{run, told, verdicts};
use workspace::Workspace;

/// The services with a defect, each with the case that is about it, and words of its message and help.
const DEFECTS: &[(&str, &str, &str)] = &[
    (
        "ignores_the_store",
        "compose::reads_its_key",
        "without asking the store for anything: a silent fallback to its file",
    ),
    (
        "ignores_the_store",
        "compose::outage_is_not_silent",
        "a silent fallback to its file",
    ),
    (
        "reads_anothers_key",
        "compose::reads_its_key",
        "never read its key `config/gauge.json`; it asked for `config/clock.json`",
    ),
    (
        "reads_two_keys",
        "compose::reads_its_key",
        "reads `config/clock.json`, which is not its key",
    ),
    (
        "lets_the_file_win",
        "compose::kv_value_wins",
        "is not in what was loaded, the file's is",
    ),
    (
        "replaces_the_file",
        "compose::file_values_survive",
        "field by field, instead of putting it in the file's place",
    ),
    (
        "never_seeds",
        "compose::seeds_missing_key",
        "was not seeded from the template",
    ),
    (
        "seeds_its_secrets",
        "compose::seeds_missing_key",
        "the value of a secret field was written to `config/gauge.json`",
    ),
    (
        "seeds_at_the_edge",
        "edge::seeds_missing_key",
        "--> kvguard.toml:13:39 the policy says so here",
    ),
    (
        "seeds_at_every_start",
        "compose::seeds_missing_key",
        "written again when the service started a second time",
    ),
    (
        "seeds_at_every_start",
        "compose::does_not_overwrite",
        "was replaced by put",
    ),
    (
        "seeds_over_another",
        "compose::does_not_overwrite",
        "another writer set `config/gauge.json`",
    ),
    (
        "writes_elsewhere",
        "compose::writes_only_what_it_may",
        "wants to put `status/gauge`",
    ),
    (
        "swallows_an_outage",
        "compose::outage_is_not_silent",
        "the store cannot be reached, and it went on",
    ),
    (
        "swallows_a_denial",
        "compose::denied_is_not_silent",
        "the access table grants it nothing, and it went on",
    ),
    (
        "swallows_a_malformed_value",
        "compose::rejects_malformed_value",
        "held garbage, and it went on",
    ),
    (
        "panics_at_a_malformed_value",
        "compose::rejects_malformed_value",
        "panics: config/gauge.json",
    ),
    (
        "names_no_key",
        "compose::rejects_malformed_value",
        "the error does not name the key",
    ),
    (
        "takes_empty_fields",
        "compose::critical_fields_present",
        "holds the critical field `listen` empty",
    ),
    (
        "reads_no_site",
        "compose::critical_fields_present",
        "the variable `SITE` supplies it",
    ),
    (
        "outgrew_its_template",
        "compose::template_loads",
        "--> templates/gauge.json:1:1 the template",
    ),
    (
        "gives_up_at_an_invalid_update",
        "compose::applies_watch_update",
        "ended with an invalid update",
    ),
    (
        "applies_an_invalid_update",
        "compose::applies_watch_update",
        "an invalid value was applied",
    ),
    (
        "never_watches",
        "compose::applies_watch_update",
        "`watch = true` says that it has to",
    ),
    (
        "restarts_for_the_initial_value",
        "compose::initial_value_is_no_update",
        "was taken for an update",
    ),
    (
        "exits",
        "compose::outage_is_not_silent",
        "exited with 0 before there was a verdict",
    ),
    (
        "executes_itself",
        "compose::outage_is_not_silent",
        "the service ended or replaced the process that it is in",
    ),
];

/// The services that are well.
const GOOD: &[&str] = &["good::boots", "good::panics", "good_watch::boots"];

/// The tests of what connects by itself that have to fail, each with words of its message.
const CONNECTING_DEFECTS: &[(&str, &str)] = &[
    (
        "swallows::compose::outage_is_not_silent",
        "the store cannot be reached, and it went on",
    ),
    (
        "exits::compose::outage_is_not_silent",
        "ends the process, which exited with 0, before it gives anything",
    ),
    (
        "exits::compose::denied_is_not_silent",
        "which exited with 0",
    ),
    (
        "executes_itself::compose::denied_is_not_silent",
        "ends the process",
    ),
    (
        "fleet_binary::compose::outage_is_not_silent",
        "gets ready and tells nothing of it: a silent fallback to its file",
    ),
    (
        "fleet_binary::compose::denied_is_not_silent",
        "a silent fallback to its file",
    ),
    (
        "fleet_binary::compose::rejects_malformed_value",
        "the program gets ready and tells nothing of it",
    ),
    (
        "fleet_binary_with_an_old_client::compose::reads_its_key",
        "never asked the store for anything: a silent fallback to its file",
    ),
    (
        "exiting_binary::compose::reads_its_key",
        "not judged: `gauge` in `compose`: with a store that is well, the program exited with 0 before it asked the store for anything",
    ),
    (
        "exiting_binary::compose::outage_is_not_silent",
        "not judged: `gauge` in `compose`: with a store that is well, the program exited with 0",
    ),
    (
        "forking_binary::compose::reads_its_key",
        "exited with 0 before it asked the store for anything",
    ),
    (
        "restarting_binary::compose::initial_value_is_no_update",
        "the program loads its configuration again",
    ),
];

/// The suites of what connects by itself, and is well.
const CONNECTING_GOOD: &[&str] = &[
    "given::",
    "good::",
    "good_watch::",
    "good_binary::",
    "fleet_binary::compose::reads_its_key",
    "fleet_binary::compose::seeds_missing_key",
];

struct Suites {
    _workspace: Workspace,
    executable: PathBuf,
    connecting: PathBuf,
    /// What became of each test, by its name: whether it passed.
    verdicts: BTreeMap<String, bool>,
    output: String,
}

/// The suites of all services, built and run once.
fn suites() -> &'static Suites {
    static SUITES: OnceLock<Suites> = OnceLock::new();
    SUITES.get_or_init(|| {
        let workspace = Workspace::copy_of("bootstrap");
        let build = workspace.cargo_with("test", "services", &[], &["--no-run"]);
        assert!(build.passed, "{}", build.output);
        let tests = build.tests();
        let (_, executable) = tests.iter().find(|(name, _)| name == "suites").unwrap();
        let output = run(executable, &[]);
        let verdicts = verdicts(&output);
        let (_, connecting) = tests.iter().find(|(name, _)| name == "connecting").unwrap();
        Suites {
            connecting: connecting.clone(),
            executable: executable.clone(),
            _workspace: workspace,
            verdicts,
            output,
        }
    })
}

#[test]
fn each_defect_is_found_by_the_case_that_is_about_it() {
    let suites = suites();
    for (service, case, words) in DEFECTS {
        let test = format!("{service}::boots::{case}");
        let passed = suites.verdicts.get(&test);
        assert_eq!(passed, Some(&false), "{test}\n{}", suites.output);
        let told = told(&suites.output, &test);
        assert!(told.contains(words), "{test}: {told}");
        assert!(told.contains("  --> deploy/"), "{test}: {told}");
    }
}

#[test]
fn a_service_that_is_well_passes_each_case_in_each_deployment() {
    let suites = suites();
    for service in GOOD {
        let own: Vec<_> = suites
            .verdicts
            .iter()
            .filter(|(name, _)| name.starts_with(&format!("{service}::")))
            .collect();
        assert!(own.len() >= 13, "{service}: {own:?}");
        for (name, passed) in own {
            assert!(passed, "{name}: {}", told(&suites.output, name));
        }
    }
}

#[test]
fn a_defect_alone_fails_the_case_that_is_about_it_and_few_others() {
    let suites = suites();
    for (service, at_most) in [
        ("reads_two_keys", 1),
        ("replaces_the_file", 1),
        ("never_seeds", 1),
        ("seeds_its_secrets", 1),
        ("seeds_over_another", 1),
        ("writes_elsewhere", 1),
        ("swallows_an_outage", 1),
        ("swallows_a_denial", 1),
        ("names_no_key", 1),
        ("takes_empty_fields", 1),
        ("restarts_for_the_initial_value", 1),
        ("gives_up_at_an_invalid_update", 1),
    ] {
        let prefix = format!("{service}::boots::compose::");
        let failed: Vec<_> = suites
            .verdicts
            .iter()
            .filter(|(name, passed)| name.starts_with(&prefix) && !**passed)
            .collect();
        assert_eq!(failed.len(), at_most, "{failed:?}");
    }
}

/// As nextest runs them: a process for each test.
#[test]
fn a_test_by_itself_has_the_same_verdict() {
    let suites = suites();
    for (test, passes) in [
        ("good::boots::compose::reads_its_key", true),
        ("exits::boots::compose::outage_is_not_silent", false),
        (
            "executes_itself::boots::compose::outage_is_not_silent",
            false,
        ),
    ] {
        let status = Command::new(&suites.executable)
            .args(["--exact", test, "--nocapture"])
            .output()
            .unwrap()
            .status;
        assert_eq!(status.success(), passes, "{test}: {status}");
    }
}

#[test]
fn services_that_connect_by_themselves_and_binaries_are_tested_unchanged() {
    let suites = suites();
    let mut arguments: Vec<&str> = CONNECTING_GOOD.to_vec();
    arguments.extend(CONNECTING_DEFECTS.iter().map(|(test, _)| *test));
    let output = run(&suites.connecting, &arguments);
    let verdicts = verdicts(&output);
    for (test, words) in CONNECTING_DEFECTS {
        assert_eq!(verdicts.get(*test), Some(&false), "{test}\n{output}");
        let told = told(&output, test);
        assert!(told.contains(words), "{test}: {told}");
    }
    for prefix in CONNECTING_GOOD {
        let mut own = verdicts
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .peekable();
        assert!(own.peek().is_some(), "{prefix}: {output}");
        for (name, passed) in own {
            assert!(passed, "{name}: {}", told(&output, name));
        }
    }
}
