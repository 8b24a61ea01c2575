//! Every rule on every fixture: each finds what is wrong in its own `bad` fleets, and nothing in any other.
//!
//! A fixture is a fleet in `tests/fixtures/rules/<rule>/`: `bad` (and `bad-…` for other ways to break the
//! rule), each with one defect, and `good`, the same fleet mended, with what is legal and looks similar.
//! Findings of other rules that cannot be kept out of a `bad` fleet are named in its `also.txt`, one a line,
//! `<rule>: <reason>`.
//!
//! Rules about a running fleet judge what a command saw: the fixture's `seen.json`. Its files alone are clean.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use kvguard::access::Access;
use kvguard::check::check;
use kvguard::finding::Level;
use kvguard::live::{Seen, SeenRestarts};
use kvguard::resolve::Undecided;
use kvguard::rules::{RULES, Rule, RuleId};
use serde_json::Value;
use support::seen::{SEEN_FILE, observe};
use support::{CANARY, copy_fleet, directories, fixtures, options, tell, text};

/// The rules' fixtures whose name is `kind` or begins with `kind-`, with the rule and the fixture's name.
fn fleets(kind: &str) -> Vec<(&'static Rule, String)> {
    let root = fixtures().join("rules");
    RULES
        .iter()
        .flat_map(|rule| {
            let cases: Vec<String> = directories(&root.join(rule.name))
                .into_iter()
                .filter(|case| {
                    case.strip_prefix(kind)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                })
                .collect();
            cases
                .into_iter()
                .map(move |case| (rule, format!("{}/{case}", rule.name)))
        })
        .collect()
}

fn path_of(fleet: &str) -> std::path::PathBuf {
    fixtures().join("rules").join(fleet)
}

#[test]
fn every_rule_has_its_fixtures_and_every_fixture_its_rule() {
    let root = fixtures().join("rules");
    let mut missing = Vec::new();
    for rule in RULES {
        for case in ["bad", "good"] {
            if !root
                .join(rule.name)
                .join(case)
                .join("kvguard.toml")
                .is_file()
            {
                missing.push(format!("tests/fixtures/rules/{}/{case}", rule.name));
            }
        }
    }
    assert!(missing.is_empty(), "there is no {}", missing.join(", "));
    for directory in directories(&root) {
        assert!(
            RULES.iter().any(|rule| rule.name == directory),
            "tests/fixtures/rules/{directory} is of no rule"
        );
        for case in directories(&root.join(&directory)) {
            let kind = case.split('-').next();
            assert!(
                matches!(kind, Some("bad" | "good")),
                "tests/fixtures/rules/{directory}/{case} is neither bad nor good"
            );
        }
    }
}

#[test]
fn a_bad_fleet_is_found_by_its_rule_and_by_no_other() {
    for (rule, fleet) in fleets("bad") {
        let told = tell(&options(&path_of(&fleet)));
        assert_eq!(told.report.failures, [], "{fleet}");
        let found: BTreeSet<&str> = told
            .report
            .findings
            .iter()
            .map(|finding| finding.rule.rule().name)
            .collect();
        let mut expected = also(&path_of(&fleet));
        expected.insert(rule.name);
        assert_eq!(found, expected, "{fleet}\n{}", told.human);
        let denied = told
            .report
            .findings
            .iter()
            .any(|finding| finding.level == Level::Deny);
        assert_eq!(told.report.exit_code(), u8::from(denied), "{fleet}");
    }
}

#[test]
fn what_runs_is_judged_only_where_a_command_looked_and_files_only_where_it_asks() {
    let mut live = 0;
    for (rule, fleet) in fleets("bad").into_iter().chain(fleets("good")) {
        let options = options(&path_of(&fleet));
        let is_live = path_of(&fleet).join(SEEN_FILE).is_file();
        assert_eq!(is_live, rule.id.is_about_running(), "{fleet}");
        if !is_live {
            continue;
        }
        live += 1;
        let report = check(&options);
        assert_eq!(report.findings, [], "{fleet}: the files");
        assert_eq!(report.exit_code(), 0, "{fleet}: the files");
    }
    assert!(live > 40, "{live} fleets");
}

#[test]
fn a_command_that_looks_may_ask_for_rules_about_files_besides() {
    let directory = tempfile::tempdir().expect("a directory");
    copy_fleet(&path_of("missing-key/bad"), directory.path());
    let table = directory.path().join("store/datasvc.json");
    let drifted = text(&table).replace(
        "services/worker\", \"role\": \"writer",
        "services/worker\", \"role\": \"reader",
    );
    assert_ne!(drifted, text(&table));
    std::fs::write(&table, drifted).expect("writable");
    let options = options(directory.path());
    let found = |also: fn(RuleId) -> bool| {
        let mut report = check(&options);
        observe(&mut report, &options, also);
        let findings = report.findings.iter();
        findings.map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(check(&options).findings[0].rule, RuleId::InsufficientRole);
    assert_eq!(found(|_| false), [RuleId::MissingKey]);
    let mut both = found(|rule| rule == RuleId::InsufficientRole);
    both.sort_unstable();
    assert_eq!(both, [RuleId::InsufficientRole, RuleId::MissingKey]);
}

#[test]
fn what_is_seen_of_an_unknown_deployment_or_service_is_never_a_pass() {
    let options = options(&path_of("missing-key/good"));
    let nowhere = Seen {
        deployment: "nowhere".to_owned(),
        ..Seen::default()
    };
    let nobody = Seen {
        deployment: "compose".to_owned(),
        restarts: vec![SeenRestarts {
            service: "nobody".to_owned(),
            place: String::new(),
            count: 1,
            expected: 0,
        }],
        ..Seen::default()
    };
    for (seen, name) in [(nowhere, "`nowhere`"), (nobody, "`nobody`")] {
        let mut report = check(&options);
        report.observe(&options, vec![seen], |_| false);
        assert_eq!(report.exit_code(), 2, "{name}");
        let mut failures = report.failures.iter();
        assert!(failures.any(|failure| failure.message.contains(name)));
    }
}

/// The rules whose findings a fixture cannot do without.
fn also(fleet: &Path) -> BTreeSet<&'static str> {
    let path = fleet.join("also.txt");
    if !path.is_file() {
        return BTreeSet::new();
    }
    text(&path)
        .lines()
        .map(|line| {
            let (name, reason) = line.split_once(": ").unwrap_or((line, ""));
            assert!(
                !reason.trim().is_empty(),
                "{}: `{name}` has no reason",
                path.display()
            );
            let rule = RULES.iter().find(|rule| rule.name == name);
            rule.unwrap_or_else(|| panic!("{}: no rule `{name}`", path.display()))
                .name
        })
        .collect()
}

#[test]
fn what_one_deployment_is_told_hides_nothing_of_another() {
    let fleet = path_of("unsupported-construct/bad-missing-in-one-deployment");
    for (deployments, expected) in [
        (vec!["cluster"], vec!["dangling-reference"]),
        (vec!["field"], vec!["unsupported-construct"]),
        (vec![], vec!["dangling-reference", "unsupported-construct"]),
    ] {
        let mut options = options(&fleet);
        options.deployments = deployments.iter().map(ToString::to_string).collect();
        let told = tell(&options);
        let findings = told.report.findings.iter();
        let found: Vec<&str> = findings.map(|finding| finding.rule.rule().name).collect();
        assert_eq!(found, expected, "{deployments:?}\n{}", told.human);
        assert_eq!(told.report.exit_code(), 1, "{deployments:?}");
    }
}

#[test]
fn of_two_findings_about_one_missing_secret_the_more_serious_one_is_told() {
    for (levels, expected) in [
        (vec![], ["untold-value"]),
        (vec![(RuleId::UntoldValue, Level::Deny)], ["untold-value"]),
        (
            vec![(RuleId::DanglingReference, Level::Deny)],
            ["dangling-reference"],
        ),
    ] {
        let mut options = options(&path_of("untold-value/bad-secret"));
        options.levels = levels;
        let told = tell(&options);
        let findings = told.report.findings.iter();
        let found: Vec<&str> = findings.map(|finding| finding.rule.rule().name).collect();
        assert_eq!(found, expected, "{}", told.human);
    }
}

#[test]
fn a_good_fleet_is_clean() {
    for (_, fleet) in fleets("good") {
        let told = tell(&options(&path_of(&fleet)));
        assert!(
            told.report.findings.is_empty() && told.report.failures.is_empty(),
            "{fleet}\n{}",
            told.human
        );
        assert_eq!(told.report.exit_code(), 0, "{fleet}");
    }
}

#[test]
fn what_people_are_told_of_a_bad_fleet() {
    for (_, fleet) in fleets("bad") {
        let told = tell(&options(&path_of(&fleet)));
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(fleet.replace('/', "-"), told.human);
        });
    }
}

#[test]
fn what_programs_are_told_has_the_promised_form_and_real_places() {
    for (_, fleet) in fleets("bad").into_iter().chain(fleets("good")) {
        let root = path_of(&fleet);
        let told = tell(&options(&root));
        let json: Value = serde_json::from_str(&told.json)
            .unwrap_or_else(|error| panic!("{fleet}: {error}\n{}", told.json));
        assert_eq!(json["version"], 2, "{fleet}");
        let mut expected = vec![
            "allowed",
            "deployments",
            "failures",
            "findings",
            "not_judged",
            "summary",
            "version",
        ];
        if root.join(SEEN_FILE).is_file() {
            expected.push("live");
            expected.sort_unstable();
        }
        assert_eq!(keys(&json), expected, "{fleet}");
        let findings = json["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), told.report.findings.len());
        for finding in findings {
            finding_has_its_form(finding, &root, &fleet);
        }
        let not_judged = json["not_judged"].as_array().expect("a list");
        assert_eq!(not_judged.len(), told.report.not_judged.len(), "{fleet}");
        for not_judged in not_judged {
            not_judged_has_its_form(not_judged, &root, &fleet);
        }
        for deployment in json["deployments"].as_array().expect("a list") {
            assert_eq!(keys(deployment), ["name", "workloads"], "{fleet}");
            for workload in deployment["workloads"].as_array().expect("a list") {
                workload_has_its_form(workload, &fleet);
            }
        }
        assert_eq!(
            json["summary"]["exit_code"],
            told.report.exit_code(),
            "{fleet}"
        );
    }
}

fn finding_has_its_form(finding: &Value, root: &Path, fleet: &str) {
    let expected = [
        "code",
        "deployments",
        "edits",
        "fingerprint",
        "help",
        "level",
        "locations",
        "message",
        "rule",
        "services",
        "workloads",
    ];
    assert_eq!(keys(finding), expected, "{fleet}");
    let rule = RULES.iter().find(|rule| finding["rule"] == rule.name);
    assert_eq!(finding["code"], rule.expect("a rule").code, "{fleet}");
    assert!(finding["level"] == "deny" || finding["level"] == "warn");
    for list in ["deployments", "services", "workloads", "help"] {
        let texts = finding[list].as_array().expect("a list");
        assert!(texts.iter().all(Value::is_string), "{fleet}: {list}");
    }
    let message = finding["message"].as_str().expect("a text");
    assert!(
        !message.is_empty() && !message.contains('\n') && !message.ends_with('.'),
        "{fleet}: {message}"
    );
    let locations = finding["locations"].as_array().expect("a list");
    assert!(!locations.is_empty(), "{fleet}");
    for location in locations {
        location_is_real(location, root, fleet);
    }
    let helps = finding["help"].as_array().expect("a list").len() as u64;
    for edit in finding["edits"].as_array().expect("a list") {
        assert_eq!(keys(edit), in_order(&["help", "replacement"]), "{fleet}");
        assert!(edit["help"].as_u64().expect("a number") < helps, "{fleet}");
        range_is_real(edit, root, fleet);
    }
}

fn not_judged_has_its_form(not_judged: &Value, root: &Path, fleet: &str) {
    let expected = [
        "code",
        "deployment",
        "help",
        "locations",
        "message",
        "reason",
        "rule",
        "services",
        "workloads",
    ];
    assert_eq!(keys(not_judged), expected, "{fleet}");
    let is_known = |reason: &Undecided| not_judged["reason"] == reason.name();
    assert!(Undecided::ALL.iter().any(is_known), "{fleet}: {not_judged}");
    for text in ["deployment", "help", "message"] {
        let text = not_judged[text].as_str().expect("a text");
        assert!(!text.is_empty() && !text.contains('\n'), "{fleet}: {text}");
    }
    let workloads = not_judged["workloads"].as_array().expect("a list");
    assert!(!workloads.is_empty(), "{fleet}: {not_judged}");
    for location in not_judged["locations"].as_array().expect("a list") {
        location_is_real(location, root, fleet);
    }
}

fn location_is_real(location: &Value, root: &Path, fleet: &str) {
    assert_eq!(keys(location), in_order(&["label"]), "{fleet}");
    range_is_real(location, root, fleet);
}

/// The names of a range's members and others, sorted.
fn in_order(others: &[&'static str]) -> Vec<&'static str> {
    let mut names = vec!["file", "line", "column", "end_line", "end_column"];
    names.extend(others);
    names.sort_unstable();
    names
}

fn range_is_real(range: &Value, root: &Path, fleet: &str) {
    let file = range["file"].as_str().expect("a path");
    let text = text(&root.join(file));
    let lines: Vec<&str> = text.split('\n').collect();
    let place = |line: &str, column: &str| {
        let line = range[line].as_u64().expect("a number");
        let column = range[column].as_u64().expect("a number");
        let index = usize::try_from(line).expect("small").checked_sub(1);
        let at = index.and_then(|index| lines.get(index));
        let length = at.map_or(0, |line| line.chars().count());
        assert!(
            (1..=length as u64 + 1).contains(&column),
            "{fleet}: {file}:{line}:{column} is no place"
        );
        (line, column)
    };
    let (start, end) = (place("line", "column"), place("end_line", "end_column"));
    assert!(start <= end, "{fleet}: {range}");
}

fn workload_has_its_form(workload: &Value, fleet: &str) {
    let expected = [
        "access",
        "findings",
        "identities",
        "kv_sourced",
        "name",
        "role",
        "service",
    ];
    assert_eq!(keys(workload), expected, "{fleet}");
    let access = workload["access"].as_str();
    assert_eq!(access.is_some(), workload["kv_sourced"] == true, "{fleet}");
    let is_rule = |name: &str| RULES.iter().any(|rule| rule.name == name);
    assert!(
        access.is_none_or(|access| access == "ok" || is_rule(access)),
        "{fleet}: {access:?}"
    );
}

#[test]
fn programs_are_told_every_workload_with_the_rules_of_its_own_findings() {
    for (_, fleet) in fleets("bad").into_iter().chain(fleets("good")) {
        let told = tell(&options(&path_of(&fleet)));
        let json: Value = serde_json::from_str(&told.json).expect("JSON");
        let findings = json["findings"].as_array().expect("a list");
        let model = told.report.model.as_ref().expect("a model");
        let written = json["deployments"].as_array().expect("a list");
        assert_eq!(written.len(), model.deployments.len(), "{fleet}");
        for (deployment, written) in model.deployments.iter().zip(written) {
            assert_eq!(written["name"], deployment.name(), "{fleet}");
            let workloads = written["workloads"].as_array().expect("a list");
            assert_eq!(workloads.len(), deployment.workloads.len(), "{fleet}");
            for (workload, written) in deployment.workloads.iter().zip(workloads) {
                let name = workload.workload.name.as_str();
                assert_eq!(written["name"], name, "{fleet}");
                let rules: BTreeSet<&str> = findings
                    .iter()
                    .filter(|finding| names(&finding["deployments"]).contains(&deployment.name()))
                    .filter(|finding| names(&finding["workloads"]).contains(&name))
                    .map(|finding| finding["rule"].as_str().expect("a name"))
                    .collect();
                let rules: Vec<&str> = rules.into_iter().collect();
                assert_eq!(names(&written["findings"]), rules, "{fleet}: {name}");
                // A workload has a grant's role only if it presents exactly the grant's identity.
                let granted = match &workload.access {
                    Access::Granted { grant }
                    | Access::Insufficient { grant }
                    | Access::UnknownRole { grant } => Some(*grant),
                    _ => None,
                };
                let role = granted.filter(|_| workload.is_kv_sourced()).map(|grant| {
                    let table = deployment.table.table().expect("a table");
                    table.grants[grant].role.value.as_str()
                });
                assert_eq!(written["role"].as_str(), role, "{fleet}: {name}");
            }
        }
    }
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|name| name.as_str().expect("a name"))
        .collect()
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// `tell` asserts that no canary is told; here, that there is one to tell in every fleet, at the very least
/// in its deployment's files.
#[test]
fn every_fleet_holds_values_that_must_not_be_told() {
    for (_, fleet) in fleets("bad").into_iter().chain(fleets("good")) {
        let root = path_of(&fleet);
        assert!(holds_canary(&root), "{fleet} holds no `{CANARY}`");
    }
}

fn holds_canary(directory: &Path) -> bool {
    let in_files = support::files(directory)
        .iter()
        .any(|file| text(&directory.join(file)).contains(CANARY));
    in_files
        || directories(directory)
            .iter()
            .any(|name| holds_canary(&directory.join(name)))
}
