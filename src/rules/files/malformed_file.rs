//! A file that does not parse: where and why.
//!
//! ## Why
//!
//! The tool that uses the file fails on it, or takes it for something else than its author meant (of two
//! equal keys one wins). What depends on it cannot be checked; everything else still is.
//!
//! ## Example
//!
//! A missing `---` between two documents, a duplicate key, a tab as indentation, an unterminated quote.
//!
//! ## What to do
//!
//! Mend the place that the message names.

use super::super::common::file_problem;
use crate::finding::Finding;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let rule = RuleId::MalformedFile;
    findings.extend(
        model
            .registry_problems
            .iter()
            .map(|problem| file_problem(rule, problem, "the registry: ")),
    );
    let code = model.code.iter().flat_map(|code| &code.problems);
    findings.extend(code.map(|problem| file_problem(rule, problem, "")));
    for deployment in &model.deployments {
        let problems = deployment.malformed.iter();
        findings.extend(
            problems.map(|problem| file_problem(rule, problem, "").deployment(deployment.name())),
        );
    }
}
