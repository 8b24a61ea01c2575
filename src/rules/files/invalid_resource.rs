//! Something that parses and is not what its kind requires.
//!
//! ## Why
//!
//! A key that slid to another column leaves a file that parses and says something else: a service without
//! a body, an environment that is a number, a grant without a role.
//!
//! ## Example
//!
//! `services: { trapd: }` in a compose file, where a mapping is needed.
//!
//! ## What to do
//!
//! Mend the place that the message names.

use super::super::common::file_problem;
use crate::finding::Finding;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let problems = deployment.invalid.iter();
        findings.extend(problems.map(|problem| {
            file_problem(RuleId::InvalidResource, problem, "").deployment(deployment.name())
        }));
    }
}
