//! The test report of CI servers.

use crate::support::Fleet;
use crate::validators::assert_junit;
use crate::{drifted, incomplete, printed};

/// The lines from a test suite's beginning to its end.
fn suite<'t>(text: &'t str, name: &str) -> &'t str {
    let begin = text
        .find(&format!("<testsuite name=\"{name}\""))
        .unwrap_or_else(|| panic!("{name}: {text}"));
    let rest = &text[begin..];
    &rest[..rest.find("</testsuite>").unwrap()]
}

/// The lines of a test case.
fn case<'t>(suite: &'t str, name: &str) -> &'t str {
    let begin = suite
        .find(&format!("<testcase name=\"{name}"))
        .unwrap_or_else(|| panic!("{name}: {suite}"));
    let rest = &suite[begin + 1..];
    &rest[..rest.find("<testcase ").unwrap_or(rest.len())]
}

#[test]
fn reports_are_valid_by_the_schema_of_jenkins() {
    let fleets = [
        Fleet::new("clean"),
        drifted("drifted"),
        incomplete("incomplete"),
    ];
    let texts: Vec<(String, String)> = fleets
        .iter()
        .map(|fleet| ("a report".to_owned(), printed(fleet, "junit")))
        .collect();
    assert_junit(&texts);
}

#[test]
fn the_rules_of_a_clean_deployment_are_tests_that_pass() {
    let text = printed(&Fleet::new("clean"), "junit");
    assert!(text.contains(" failures=\"0\" errors=\"0\""), "{text}");
    for deployment in ["kvguard.compose", "kvguard.systemd"] {
        let suite = suite(&text, deployment);
        assert!(
            case(suite, "everything can be checked").contains("/>"),
            "{suite}"
        );
        assert!(case(suite, "KV101 missing-grant").contains("/>"), "{suite}");
    }
}

#[test]
fn a_rule_that_is_off_or_did_not_judge_all_is_skipped() {
    let fleet = Fleet::new("clean");
    let report = crate::json(&fleet, "json");
    let text = printed(&fleet, "junit");
    let not_judged = crate::list(&report["not_judged"]);
    assert!(!not_judged.is_empty());
    for one in not_judged {
        let deployment = format!("kvguard.{}", one["deployment"].as_str().unwrap());
        let case = case(suite(&text, &deployment), one["code"].as_str().unwrap());
        assert!(
            case.contains("<skipped message=\"not all was judged\""),
            "{case}"
        );
    }
    let run = fleet.run(&["check", "--format", "junit", "-A", "missing-grant"]);
    let suite = suite(&run.output, "kvguard.compose");
    for off in ["KV101", "KV501"] {
        let case = case(suite, off);
        assert!(
            case.contains("<skipped message=\"the rule's level is allow"),
            "{case}"
        );
    }
}

#[test]
fn an_error_fails_its_test_and_a_warning_is_printed_by_it() {
    let text = printed(&drifted("drifted"), "junit");
    assert!(text.contains("<failure message="), "{text}");
    let orphan = text.find("warnings, which do not fail the test").unwrap();
    let before = &text[..orphan];
    let case = &before[before.rfind("<testcase ").unwrap()..];
    assert!(
        case.contains("KV107 orphan-grant") && !case.contains("<failure"),
        "{case}"
    );
}

#[test]
fn no_test_passes_in_a_deployment_that_could_not_be_checked() {
    let fleet = incomplete("incomplete");
    let text = printed(&fleet, "junit");
    assert!(!text.contains('\u{fffd}'), "{text}");
    let failed: Vec<&str> = text
        .split("<testsuite ")
        .filter(|suite| suite.contains("<error "))
        .collect();
    assert!(
        failed.len() >= 2,
        "the fleet's own and a deployment's: {text}"
    );
    for suite in failed
        .iter()
        .filter(|suite| !suite.starts_with("name=\"kvguard\""))
    {
        assert!(!suite.contains("\"/>\n    <testcase"), "{suite}");
        let cases = suite.matches("<testcase ").count();
        let ends = ["<error ", "<skipped ", "<failure "];
        let ended: usize = ends.iter().map(|end| suite.matches(end).count()).sum();
        assert_eq!(cases, ended, "{suite}");
    }
}
