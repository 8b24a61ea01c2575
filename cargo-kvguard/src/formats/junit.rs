//! JUnit XML, as Jenkins and GitLab read it.
//!
//! A deployment is a test suite, and each rule is a test case in it, so that a test keeps its name from run to run and a server can tell
//! since when it fails. A clean fleet is a file full of tests that pass. A rule that is off, that was not asked, or that did not judge all,
//! is skipped, and so is every rule of a deployment that could not be checked: a test passes only where its rule looked at everything.

mod xml;

use kvguard::finding::{Finding, Level};
use kvguard::resolve::{Deployment, Model};
use kvguard::rules::{RULES, Rule};
use kvguard::source::Span;

use self::xml::{Attributes, Xml};
use super::Checked;
use super::text::{counted, explained, helps, line, not_judged};

/// The name of the test that fails where something could not be checked.
const CAN_BE_CHECKED: &str = "everything can be checked";

/// How many findings one test case tells; more are counted.
const MAX_FINDINGS: usize = 100;

/// A test suite: a deployment, or what belongs to none.
struct Suite {
    name: String,
    cases: Vec<Case>,
}

/// A test case, what it prints, and how it ends.
struct Case {
    name: String,
    end: End,
    output: String,
}

/// How a test case ends.
enum End {
    Passed,
    Skipped { message: String, text: String },
    Failed { message: String, text: String },
    Error { message: String, text: String },
}

/// The report as XML.
pub fn write(checked: &Checked) -> String {
    let mut suites = vec![fleet(checked)];
    let deployments = checked.report.deployments();
    suites.extend(deployments.map(|(model, deployment)| of_deployment(model, deployment, checked)));
    let count = |is: fn(&End) -> bool| count(suites.iter().flat_map(|suite| &suite.cases), is);
    let totals: Attributes = vec![
        ("name", "kvguard".to_owned()),
        ("tests", count(|_| true)),
        ("failures", count(is_failed)),
        ("errors", count(is_error)),
    ];
    let mut xml = Xml::default();
    xml.element("testsuites", &totals, |xml| {
        for suite in &suites {
            self::suite(xml, suite);
        }
    });
    xml.finish()
}

/// What concerns no single deployment: whether the fleet can be checked, and findings about services and the policy.
fn fleet(checked: &Checked) -> Suite {
    let report = checked.report;
    let failures = report.failures.iter();
    let failures: Vec<String> = failures
        .map(|failure| told(&failure.message, failure.span, checked))
        .collect();
    let mut cases = vec![can_be_checked(&failures)];
    let is_its = |finding: &Finding| finding.deployments.is_empty();
    for rule in RULES {
        let mut findings = report.findings.iter();
        if findings.any(|finding| finding.rule == rule.id && is_its(finding)) {
            cases.push(case(rule, &is_its, None, checked));
        }
    }
    Suite {
        name: "kvguard".to_owned(),
        cases,
    }
}

fn of_deployment(model: &Model, deployment: &Deployment, checked: &Checked) -> Suite {
    let name = deployment.name();
    let is_its = |names: &[String]| names.iter().any(|other| other == name);
    // Without names, it keeps all deployments from being checked.
    let failures = checked.report.failures.iter();
    let failures = failures.filter(|one| one.deployments.is_empty() || is_its(&one.deployments));
    let failures: Vec<String> = failures
        .map(|failure| told(&failure.message, failure.span, checked))
        .collect();
    let whole = failures.is_empty();
    let mut cases = vec![can_be_checked(&failures)];
    for rule in RULES {
        let skipped = if whole {
            skipped(rule, model, deployment, checked)
        } else {
            Some(off("something could not be checked"))
        };
        let is_its = |finding: &Finding| is_its(&finding.deployments);
        cases.push(case(rule, &is_its, skipped, checked));
    }
    Suite {
        name: format!("kvguard.{name}"),
        cases,
    }
}

fn can_be_checked(failures: &[String]) -> Case {
    let end = match failures.first() {
        None => End::Passed,
        Some(first) => {
            let shown: Vec<&str> = failures
                .iter()
                .take(MAX_FINDINGS)
                .map(String::as_str)
                .collect();
            End::Error {
                message: line(first.trim_end()),
                text: shown.join("\n") + &more(failures.len()),
            }
        }
    };
    Case {
        name: CAN_BE_CHECKED.to_owned(),
        end,
        output: String::new(),
    }
}

/// A rule's test: it fails on errors; warnings and what is allowed are only printed.
fn case(
    rule: &Rule,
    is_its: &dyn Fn(&Finding) -> bool,
    skipped: Option<End>,
    checked: &Checked,
) -> Case {
    let report = checked.report;
    let is_its = |finding: &&Finding| finding.rule == rule.id && is_its(finding);
    let findings = report.findings.iter().filter(is_its);
    let (errors, warnings): (Vec<&Finding>, Vec<&Finding>) =
        findings.partition(|finding| finding.level == Level::Deny);
    let allowed = report.allowed.iter().map(|allowed| &allowed.finding);
    let allowed = allowed.filter(is_its).count();
    let end = match (errors.first(), skipped) {
        (Some(first), _) => End::Failed {
            message: message(first, errors.len()),
            text: texts(&errors, checked),
        },
        (None, Some(skipped)) => skipped,
        (None, None) => End::Passed,
    };
    let mut output = String::new();
    if !warnings.is_empty() {
        let texts = texts(&warnings, checked);
        output += &format!("warnings, which do not fail the test:\n{texts}");
    }
    if allowed > 0 {
        let allowed = counted(allowed, "finding");
        output += &format!("allowed, which does not fail the test: {allowed}\n");
    }
    Case {
        name: format!("{} {}", rule.code, rule.name),
        end,
        output,
    }
}

/// Why a rule did not look at all of a deployment.
fn skipped(rule: &Rule, model: &Model, deployment: &Deployment, checked: &Checked) -> Option<End> {
    let commanded = checked.options.levels.iter().rev();
    let mut commanded = commanded.filter(|(asked, _)| *asked == rule.id);
    let level = commanded.next().map(|(_, level)| level);
    let level = level.or_else(|| deployment.policy.levels.get(&rule.id));
    let level = level.or_else(|| model.policy.levels.get(&rule.id));
    if *level.unwrap_or(&rule.default_level) == Level::Allow {
        return Some(off("the rule's level is allow"));
    }
    if let Some(why) = checked.report.not_asked(rule.id, deployment.name()) {
        return Some(off(why));
    }
    let unjudged = checked.report.not_judged.iter();
    let unjudged =
        unjudged.filter(|one| one.rule == rule.id && one.deployment == deployment.name());
    let unjudged: Vec<String> = unjudged.take(MAX_FINDINGS).map(not_judged).collect();
    (!unjudged.is_empty()).then(|| End::Skipped {
        message: "not all was judged".to_owned(),
        text: unjudged.join("\n"),
    })
}

fn off(why: &str) -> End {
    End::Skipped {
        message: why.to_owned(),
        text: String::new(),
    }
}

fn message(first: &Finding, count: usize) -> String {
    let message = line(&first.message);
    match count {
        1 => message,
        _ => format!("{message} (and {} more)", count - 1),
    }
}

fn texts(findings: &[&Finding], checked: &Checked) -> String {
    let shown = findings.iter().take(MAX_FINDINGS);
    let texts: Vec<String> = shown.map(|finding| text(finding, checked)).collect();
    texts.join("\n") + &more(findings.len())
}

fn text(finding: &Finding, checked: &Checked) -> String {
    let mut text = told(&finding.message, Some(finding.primary.span), checked);
    for help in helps(finding, checked) {
        text += &format!("  help: {}\n", help.replace('\n', "\n    "));
    }
    text + &format!("  {}\n", explained(finding))
}

fn told(message: &str, span: Option<Span>, checked: &Checked) -> String {
    let place = span.map_or_else(String::new, |span| format!("{}: ", checked.places.at(span)));
    format!("{}{}\n", line(&place), line(message))
}

fn more(count: usize) -> String {
    match count.saturating_sub(MAX_FINDINGS) {
        0 => String::new(),
        left_out => {
            format!("\n{left_out} more; `cargo kvguard check --max-findings all` shows all\n")
        }
    }
}

fn is_failed(end: &End) -> bool {
    matches!(end, End::Failed { .. })
}

fn is_error(end: &End) -> bool {
    matches!(end, End::Error { .. })
}

fn is_skipped(end: &End) -> bool {
    matches!(end, End::Skipped { .. })
}

fn count<'s>(cases: impl Iterator<Item = &'s Case>, is: fn(&End) -> bool) -> String {
    cases.filter(|case| is(&case.end)).count().to_string()
}

fn suite(xml: &mut Xml, suite: &Suite) {
    let count = |is| count(suite.cases.iter(), is);
    let attributes = vec![
        ("name", suite.name.clone()),
        ("tests", count(|_| true)),
        ("failures", count(is_failed)),
        ("errors", count(is_error)),
        ("skipped", count(is_skipped)),
    ];
    xml.element("testsuite", &attributes, |xml| {
        for case in &suite.cases {
            let attributes = vec![
                ("name", case.name.clone()),
                ("classname", suite.name.clone()),
            ];
            xml.element("testcase", &attributes, |xml| contents(xml, case));
        }
    });
}

fn contents(xml: &mut Xml, case: &Case) {
    match &case.end {
        End::Passed => {}
        End::Skipped { message, text } => ended(xml, "skipped", message, text),
        End::Failed { message, text } => ended(xml, "failure", message, text),
        End::Error { message, text } => ended(xml, "error", message, text),
    }
    if !case.output.is_empty() {
        xml.text("system-out", &Vec::new(), &case.output);
    }
}

/// How a case ended, where it did not pass.
fn ended(xml: &mut Xml, name: &'static str, message: &str, text: &str) {
    let attributes = vec![
        ("message", message.to_owned()),
        ("type", "kvguard".to_owned()),
    ];
    xml.text(name, &attributes, text);
}
