//! A construct that kvguard does not implement, so that the result is unknown.
//!
//! ## Why
//!
//! What is not understood is never taken for right.
//!
//! ## Example
//!
//! A compose file that includes another one from a remote repository.
//!
//! ## What to do
//!
//! Write it in a way that kvguard reads, or ask for it: the message names the construct.

use super::super::common::file_problem;
use crate::finding::Finding;
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let problems = deployment.unsupported.iter();
        findings.extend(problems.map(|problem| {
            file_problem(RuleId::UnsupportedConstruct, problem, "").deployment(deployment.name())
        }));
    }
}
