//! Every format, of what commands saw of running fleets: the engine's fixtures of the rules about them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the tests read the fixtures, and what they cannot do without fails them"
)]

#[path = "../../../tests/support/seen.rs"]
mod seen;
#[path = "../../tests/formats/validators.rs"]
mod validators;

use kvguard::check::{Options, Report, check};
use kvguard::emit::human::Style;
use kvguard::policy::date::Date;
use kvguard::rules::RULES;
use seen::observe;
use validators::{REPORT, SARIF, assert_junit, assert_valid, path};

use super::{Checked, FORMATS};

/// Stands in every value of the fixtures that nobody may ever see.
const CANARY: &str = "canary";

/// The fixtures of rules about running fleets: the rule's name and the fixture's, and the options to check it.
fn fleets() -> Vec<(&'static str, String, Options)> {
    let root = path("../tests/fixtures/rules");
    let rules = RULES.iter().filter(|rule| rule.id.is_about_running());
    let mut fleets = Vec::new();
    for rule in rules {
        let cases = std::fs::read_dir(root.join(rule.name)).expect("fixtures");
        for case in cases {
            let case = case.expect("an entry");
            let options = Options {
                root: case.path(),
                policy: None,
                deployments: Vec::new(),
                services: Vec::new(),
                levels: Vec::new(),
                today: Date::parse("2026-06-01").expect("a date"),
                variables: Vec::new(),
                reads_code: true,
            };
            let name = case.file_name().into_string().expect("a text");
            fleets.push((rule.name, name, options));
        }
    }
    assert!(fleets.len() > 50, "{} fleets", fleets.len());
    fleets
}

/// What is found of what the fixture says that a command saw.
fn judge(options: &Options) -> Report {
    let mut report = check(options);
    observe(&mut report, options, |_| false);
    report
}

/// A report in the format of a name.
fn text(name: &str, report: &Report, options: &Options) -> String {
    let format = super::Format::parse(name).expect("a format");
    format.text(&Checked::new(report, options, Style::default(), true))
}

#[test]
fn every_format_tells_what_is_found_of_a_running_fleet_and_no_value_of_it() {
    for (rule, case, options) in fleets() {
        let report = judge(&options);
        assert_eq!(report.findings.is_empty(), case.starts_with("good"));
        for format in &FORMATS {
            let text = format.text(&Checked::new(&report, &options, Style::default(), true));
            let what = format!("{} of {rule}/{case}:\n{text}", format.name);
            assert!(!text.contains(CANARY), "a value is in {what}");
            for finding in &report.findings {
                let code = finding.rule.rule().code;
                assert!(text.contains(code), "{code} is not in {what}");
            }
        }
    }
}

#[test]
fn reports_of_running_fleets_are_valid() {
    let mut tests = Vec::new();
    for (rule, case, options) in fleets() {
        let what = format!("{rule}/{case}");
        let report = judge(&options);
        let json = assert_valid(&REPORT, &text("json", &report, &options), &what);
        assert_eq!(json["live"][0]["deployment"], "compose", "{what}");
        let sarif = assert_valid(&SARIF, &text("sarif", &report, &options), &what);
        let results = sarif["runs"][0]["results"].as_array().expect("a list");
        assert_eq!(results.len(), report.findings.len(), "{what}");
        tests.push((what, text("junit", &report, &options)));
    }
    assert_junit(&tests);
}

#[test]
fn the_schema_refuses_a_field_of_what_was_seen_that_it_does_not_describe() {
    let (_, _, options) = fleets().swap_remove(0);
    let text = text("json", &judge(&options), &options);
    let whole = assert_valid(&REPORT, &text, "json");
    for place in ["/live/0", "/live/0/keys/0"] {
        let mut json = whole.clone();
        let object = json.pointer_mut(place).and_then(|own| own.as_object_mut());
        object
            .expect("an object")
            .insert("surprise".to_owned(), true.into());
        assert!(!REPORT.is_valid(&json), "{place}");
    }
}

#[test]
fn a_test_passes_only_where_its_rule_was_asked_and_somebody_looked() {
    let passes = |text: &str, name: &str| {
        let begin = text.find(&format!(
            "<testcase name=\"{name}\" classname=\"kvguard.compose\""
        ));
        let rest = &text[begin.unwrap_or_else(|| panic!("{name}: {text}"))..];
        let end = rest.find('>').expect("an element");
        rest[..end].ends_with('/')
    };
    for (rule, case, options) in fleets() {
        let name = |name: &str| {
            let rule = RULES.iter().find(|rule| rule.name == name).expect("a rule");
            format!("{} {}", rule.code, rule.name)
        };
        let files = text("junit", &check(&options), &options);
        assert!(!passes(&files, &name(rule)), "{rule}/{case}:\n{files}");
        assert!(passes(&files, &name("placeholder-identity")), "{files}");
        let runs = text("junit", &judge(&options), &options);
        assert!(!passes(&runs, &name("placeholder-identity")), "{runs}");
        // `seen.json` says that what this rule judges was looked at, and nothing else. A warning does not fail its test.
        let expected = case.starts_with("good") || rule == "unowned-key";
        let is_passed = passes(&runs, &name(rule)) || runs.contains("warnings, which do not fail");
        assert_eq!(is_passed, expected, "{rule}/{case}:\n{runs}");
        for other in RULES
            .iter()
            .filter(|own| own.id.is_about_running() && own.name != rule)
        {
            assert!(!passes(&runs, &name(other.name)), "{}: {runs}", other.name);
        }
    }
}
