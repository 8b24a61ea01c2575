//! Reads a baseline.

use super::{BASELINE_FILE, Baseline, Entry};
use crate::deploy::Failure;
use crate::finding::Fingerprint;
use crate::inputs::Inputs;
use crate::policy::{BASELINE_SCHEMA, validate_as};
use crate::rules::RuleId;
use crate::source::{Fragment, Node, Problem, Syntax};

/// The version of the form that is read.
const VERSION: &str = "1";

/// The baseline at the root, if there is one. One that cannot be read is a failure.
pub(in crate::allowed) fn read(
    inputs: &mut Inputs,
    failures: &mut Vec<Failure>,
) -> Option<Baseline> {
    let id = match inputs.read_if_there(BASELINE_FILE) {
        Ok(id) => id?,
        Err(error) => {
            failures.push(Failure::new(format!("the baseline {error}"), None));
            return None;
        }
    };
    let fragment = Fragment::of_source(inputs.sources(), id);
    let documents = crate::source::read(inputs.sources_mut(), &fragment, Syntax::Toml);
    let mut baseline = Baseline::default();
    let mut problems = documents.problems.clone();
    if let (Some(root), true) = (documents.single(), problems.is_empty()) {
        problems = validate_as(root, &BASELINE_SCHEMA, "the baseline");
        if problems.is_empty() {
            baseline = of_node(root, &mut problems);
        }
    }
    failures.extend(problems.into_iter().map(|problem| {
        let message = format!("the baseline: {}", problem.message);
        Failure::new(message, Some(problem.span))
    }));
    Some(baseline)
}

fn of_node(root: &Node, problems: &mut Vec<Problem>) -> Baseline {
    let mut baseline = Baseline::default();
    if let Some(version) = root.get("version")
        && version
            .as_scalar()
            .is_some_and(|scalar| &*scalar.text != VERSION)
    {
        problems.push(Problem::new(
            version.span,
            "this version of kvguard reads version 1; use the version that wrote it",
        ));
    }
    let findings = root.get("finding").and_then(Node::as_sequence);
    for node in findings.unwrap_or_default() {
        let (fingerprint, entry) = match finding(node) {
            Ok(found) => found,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        match baseline.entries.get(&fingerprint) {
            None => {
                baseline.entries.insert(fingerprint, entry);
            }
            Some(first) => problems.push(Problem {
                related: first.span.map(|span| (span, "first here".to_owned())),
                ..Problem::new(
                    node.span,
                    "this finding is listed twice; remove one, and write `count = 2` in the other if there are two",
                )
            }),
        }
    }
    baseline
}

fn finding(node: &Node) -> Result<(Fingerprint, Entry), Problem> {
    let text = |name: &str| node.get(name).and_then(Node::as_str).map(str::to_owned);
    let rule = text("rule").unwrap_or_default();
    let rule = RuleId::parse(&rule).map_err(|message| {
        let span = node.get("rule").map_or(node.span, |rule| rule.span);
        Problem::new(span, message)
    })?;
    let count = node.get("count").and_then(Node::as_scalar);
    let count = count.and_then(|count| count.text.parse().ok()).unwrap_or(1);
    let fingerprint = Fingerprint {
        rule,
        deployments: names(node.get("deployment")),
        services: names(node.get("service")),
        subject: text("subject"),
    };
    let entry = Entry {
        count,
        reason: text("reason"),
        span: Some(node.span),
    };
    Ok((fingerprint, entry))
}

/// One name, or several.
fn names(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else {
        return Vec::new();
    };
    if let Some(name) = node.as_str() {
        return vec![name.to_owned()];
    }
    let items = node.as_sequence().unwrap_or_default().iter();
    let mut names: Vec<String> = items.filter_map(Node::as_str).map(str::to_owned).collect();
    names.sort();
    names
}
