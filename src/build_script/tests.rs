//! Verdicts on a copy of the fleet that `tests/build_script.rs` builds with cargo.

mod files;
mod macros;
mod partial_trees;
mod precedence;
mod unread;

use std::fs;
use std::path::{Path, PathBuf};

use super::Guard;
use super::environment::{Environment, Switch};
use super::output::{Kind, Output};
use super::verdict::Verdict;
use crate::policy::date::Date;

struct Fleet {
    directory: tempfile::TempDir,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    let entries = fs::read_dir(from).unwrap();
    for entry in entries {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Fleet {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workspaces/fleet");
        copy(&original, directory.path());
        fs::create_dir_all(directory.path().join("target/out")).unwrap();
        Self { directory }
    }

    fn path(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.directory.path()).unwrap().join(path)
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        #[expect(clippy::disallowed_methods, reason = "a test's own files")]
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} lacks {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Grants `trapd` to somebody whom nothing resembles, so that one grant is an orphan, too.
    fn drift(&self) {
        self.edit("deploy/rbac.json", "fleet.test/services/trapd", "x.y/zzz");
    }

    fn environment(&self, package: &str, switch: Switch) -> Environment {
        Environment {
            manifest_dir: Some(self.path(package)),
            out_dir: Some(self.path("target/out")),
            package: Some(package.to_owned()),
            root: None,
            switch: Ok(switch),
            is_ci: false,
            is_run_by_cargo: true,
            today: Date::from_days_since_epoch(20_000),
        }
    }

    fn verdict(&self, package: &str, switch: Switch) -> Verdict {
        Verdict::of(&Guard::new(), &self.environment(package, switch))
    }
}

fn told(verdict: &Verdict, kind: Kind) -> Vec<&str> {
    let messages = verdict.messages.iter();
    messages
        .filter(|message| message.kind == kind)
        .map(|message| message.text.as_str())
        .collect()
}

fn errors(verdict: &Verdict) -> Vec<&str> {
    told(verdict, Kind::Error)
}

fn warnings(verdict: &Verdict) -> Vec<&str> {
    told(verdict, Kind::Warning)
}

#[test]
fn a_clean_fleet_is_told_only_what_to_watch() {
    let fleet = Fleet::new();
    let verdict = fleet.verdict("trapd", Switch::Unset);
    assert_eq!(verdict.messages, []);
    let output = Output::of(&verdict, &fleet.environment("trapd", Switch::Unset));
    let watched = |path: &str| format!("cargo::rerun-if-changed={}", fleet.path(path).display());
    let mut expected: Vec<String> = vec![
        watched("trapd/build.rs"),
        "cargo::rerun-if-env-changed=KVGUARD".to_owned(),
        "cargo::rerun-if-env-changed=KVGUARD_ROOT".to_owned(),
    ];
    expected.extend(
        [
            "deploy/compose.yaml",
            "deploy/rbac.json",
            "deploy/templates/agent.json",
            "deploy/templates/core.json",
            "deploy/templates/trapd.json",
            "deploy/units/agent.service",
            "deploy/units/core.service",
            "deploy/units/trapd.service",
            "kvguard.toml",
            "registry.json",
            "deploy/units",
        ]
        .map(watched),
    );
    assert_eq!(output.stdout.lines().collect::<Vec<_>>(), expected);
    assert_eq!(output.exit_code, 0);
}

#[test]
fn the_policy_caps_levels_apart_for_ci_which_is_watched_only_then() {
    let fleet = Fleet::new();
    fleet.drift();
    let watches_ci = |verdict: &Verdict| verdict.watched.iter().any(|line| line.ends_with("=CI"));
    assert!(!watches_ci(&fleet.verdict("trapd", Switch::Unset)));
    let policy = "[registry]\n";
    let capped = "[build]\nlocal = \"allow\"\nci = \"warn\"\n[registry]\n";
    fleet.edit("kvguard.toml", policy, capped);
    let local = fleet.verdict("trapd", Switch::Unset);
    assert_eq!(local.messages, []);
    assert!(watches_ci(&local));
    let mut environment = fleet.environment("trapd", Switch::Unset);
    environment.is_ci = true;
    let ci = Verdict::of(&Guard::new(), &environment);
    assert!(errors(&ci).is_empty() && !warnings(&ci).is_empty());
    assert!(!errors(&fleet.verdict("trapd", Switch::Deny)).is_empty());
}

#[test]
fn deny_raises_what_the_policy_marks_and_leaves_other_warnings() {
    let fleet = Fleet::new();
    fleet.drift();
    fleet.edit(
        "kvguard.toml",
        "[registry]\n",
        "[levels]\nmissing-grant = \"warn\"\ndescriptor-without-grant = \"warn\"\n[registry]\n",
    );
    assert_eq!(errors(&fleet.verdict("gate", Switch::Unset)), [""; 0]);
    let denied = fleet.verdict("gate", Switch::Deny);
    assert!(errors(&denied).iter().any(|text| text.contains("KV101")));
    assert!(errors(&denied).iter().all(|text| !text.contains("KV107")));
    assert!(warnings(&denied).iter().any(|text| text.contains("KV107")));
}

#[test]
fn a_named_service_holds_before_the_crate_s_name() {
    let fleet = Fleet::new();
    fleet.drift();
    let environment = fleet.environment("trapd", Switch::Unset);
    let other = Verdict::of(&Guard::new().service("core"), &environment);
    assert!(errors(&other).is_empty());
    let both = Guard::new().service("core").service("trapd");
    assert!(!errors(&Verdict::of(&both, &environment)).is_empty());
}

#[test]
fn findings_of_other_deployments_than_those_named_are_told_in_one_line() {
    let fleet = Fleet::new();
    fleet.edit("deploy/units/trapd.service", "KV_ADDRESS=store:50057", "");
    let environment = fleet.environment("trapd", Switch::Unset);
    let compose = Verdict::of(&Guard::new().deployment("compose"), &environment);
    assert!(errors(&compose).is_empty());
    assert_eq!(
        warnings(&compose),
        ["1 finding concerns other services or deployments; `cargo kvguard check` shows it"]
    );
    let systemd = Verdict::of(&Guard::new().deployment("systemd"), &environment);
    assert_eq!(errors(&systemd).len(), 1);
}

#[test]
fn a_name_that_nothing_bears_is_an_error_even_where_files_may_be_missing() {
    let fleet = Fleet::new();
    let environment = fleet.environment("trapd", Switch::Unset);
    for guard in [
        Guard::new().service("trap").optional(),
        Guard::new().deployment("compos").optional(),
    ] {
        let verdict = Verdict::of(&guard, &environment);
        let errors = errors(&verdict);
        assert_eq!(errors.len(), 1);
        assert!(errors[0].contains("did you mean"), "{errors:?}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_an_error_even_where_files_may_be_missing() {
    let fleet = Fleet::new();
    fleet.edit("kvguard.toml", "[registry]", "[registri]");
    let environment = fleet.environment("trapd", Switch::Unset);
    let verdict = Verdict::of(&Guard::new().optional(), &environment);
    assert!(!errors(&verdict).is_empty());
    assert!(verdict.registry.contains("\"checked\": false"));
    assert!(verdict.registry.contains("\"services\": []"));
}

#[test]
fn warn_lowers_findings_but_not_what_could_not_be_checked() {
    let fleet = Fleet::new();
    fleet.drift();
    assert!(errors(&fleet.verdict("trapd", Switch::Warn)).is_empty());
    fs::remove_file(fleet.path("deploy/compose.yaml")).unwrap();
    let verdict = fleet.verdict("trapd", Switch::Warn);
    assert!(
        errors(&verdict)
            .iter()
            .any(|text| text.starts_with("could not check: ")),
    );
}

#[test]
fn outside_a_build_script_nothing_is_taken_for_checked() {
    let fleet = Fleet::new();
    let mut environment = fleet.environment("trapd", Switch::Unset);
    environment.out_dir = None;
    assert_eq!(errors(&Verdict::of(&Guard::new(), &environment)).len(), 1);
}

#[test]
fn what_cannot_be_watched_is_told_once() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "deploy/units/*.service",
        "*/units/*.service",
    );
    let verdict = fleet.verdict("trapd", Switch::Unset);
    assert_eq!(errors(&verdict), [""; 0]);
    let warnings = warnings(&verdict);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("`.`"), "{warnings:?}");
    let units = fleet.path("deploy/units");
    assert!(
        verdict
            .watched
            .contains(&format!("cargo::rerun-if-changed={}", units.display()))
    );
}

#[test]
fn what_is_told_of_one_service_shows_no_grant_of_another() {
    let fleet = Fleet::new();
    // One cause for all: the table is that of another trust domain.
    fleet.edit("deploy/rbac.json", "fleet.test", "fleets.test");
    let is_of_others = |text: &str| {
        [
            "services/core",
            "services/agent",
            "rbac.json:4:",
            "rbac.json:5:",
        ]
        .iter()
        .any(|line| text.contains(line))
    };
    let gate = fleet.verdict("gate", Switch::Unset);
    let whole: Vec<&str> = errors(&gate)
        .into_iter()
        .filter(|error| error.contains("KV105"))
        .collect();
    assert!(whole.iter().all(|error| is_of_others(error)), "{whole:?}");

    let verdict = fleet.verdict("trapd", Switch::Unset);
    let own: Vec<&str> = errors(&verdict)
        .into_iter()
        .filter(|error| error.contains("KV105"))
        .collect();
    assert_eq!(own.len(), 2, "one for each deployment: {own:?}");
    for error in own {
        assert!(error.contains("rbac.json:3:"), "{error}");
        assert!(!is_of_others(error), "{error}");
    }
    assert!(
        warnings(&verdict)
            .iter()
            .any(|warning| warning.contains("other services")),
        "{:?}",
        warnings(&verdict)
    );

    let root = fleet.path("");
    let manifest_dir = fleet.path("gate");
    let lookup = |name: &str| match name {
        "CARGO_MANIFEST_DIR" => Some(manifest_dir.clone().into_os_string()),
        "KVGUARD_ROOT" => Some(root.clone().into_os_string()),
        _ => None,
    };
    let access = Guard::new().access(&lookup);
    let (_, services) = &access.deployments[0];
    for granted in services {
        let [error] = granted.errors.as_slice() else {
            panic!("{}: {:?}", granted.service, granted.errors);
        };
        let others = services
            .iter()
            .filter(|other| other.service != granted.service);
        for other in others {
            let grant = format!("services/{}", other.service);
            assert!(!error.contains(&grant), "{}: {error}", granted.service);
        }
    }
}

#[test]
fn without_every_pattern_of_secrets_no_registry_is_left_that_a_service_would_seed_by() {
    let fleet = Fleet::new();
    let import =
        "[secrets]\nimport = [{ file = \"deny.json\", pointer = \"/deny\" }]\n[registry]\n";
    fleet.edit("kvguard.toml", "[registry]\n", import);
    let written = |verdict: &Verdict| verdict.registry.split_whitespace().collect::<String>();
    let has_services = |verdict: &Verdict| written(verdict).contains("\"name\":\"trapd\"");
    for switch in [Switch::Unset, Switch::Off] {
        let verdict = fleet.verdict("trapd", switch);
        assert!(!has_services(&verdict), "{switch:?}");
        let mut told = verdict.messages.iter();
        assert!(
            told.any(|message| message.text.contains("deny.json")),
            "{switch:?}: {:?}",
            verdict.messages
        );
    }
    fs::write(
        fleet.path("deny.json"),
        r#"{"deny": [{"table": "*", "key": "token"}]}"#,
    )
    .unwrap();
    for switch in [Switch::Unset, Switch::Off] {
        let verdict = fleet.verdict("trapd", switch);
        assert!(has_services(&verdict), "{switch:?}");
        assert!(written(&verdict).contains("\"secret_fields\":[\"**.token\"]"));
    }
}

#[test]
fn a_fleet_in_which_nothing_is_recognised_as_a_client_of_the_store_fails_every_build() {
    let fleet = Fleet::new();
    let contract = "[contract]\nsource_variable = \"CONFIG_SUORCE\"\n[registry]\n";
    fleet.edit("kvguard.toml", "[registry]\n", contract);
    for package in ["trapd", "core", "gate"] {
        let verdict = fleet.verdict(package, Switch::Unset);
        let mut told = errors(&verdict).into_iter();
        assert!(
            told.any(|error| error.contains("`CONFIG_SUORCE`, so none loads")),
            "{package}: {:?}",
            verdict.messages
        );
    }
}

#[test]
fn a_warning_of_the_policy_that_counts_as_an_error_says_why() {
    let fleet = Fleet::new();
    fleet.drift();
    let levels = "[levels]\norphan-grant = \"warn\"\n[registry]\n";
    fleet.edit("kvguard.toml", "[registry]\n", levels);
    let why = "the policy sets the level of `orphan-grant` to `warn`; where `KVGUARD` is `deny`";
    let raised = fleet.verdict("gate", Switch::Deny);
    assert!(errors(&raised).iter().any(|error| error.contains(why)));
    let usual = fleet.verdict("gate", Switch::Unset);
    assert!(
        usual
            .messages
            .iter()
            .all(|message| !message.text.contains(why))
    );
}
