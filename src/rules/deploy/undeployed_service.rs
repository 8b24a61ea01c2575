//! A descriptor with no workload in a deployment.
//!
//! ## Why
//!
//! It may be meant; but a service that one deployment lost in a clean-up looks just the same.
//!
//! ## Example
//!
//! The registry declares `mapper`; the systemd packages have no unit for it.
//!
//! ## What to do
//!
//! Deploy it, or state in the policy why not: `[[service.mapper.not_in]]`. The rule is off by default; turn
//! it on where every deployment is meant to run every service.

use super::super::common::descriptor_label;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        // Its workload may be in a document that could not be read, which is told by itself.
        if deployment.may_have_lost_workloads() {
            continue;
        }
        for (descriptor, service) in model.services.iter().zip(&deployment.services) {
            let name = &descriptor.name.value;
            if !service.workloads.is_empty() || service.not_in.is_some() || model.is_carried(name) {
                continue;
            }
            let message = format!(
                "service `{name}` is declared and has no workload in `{}`",
                deployment.name()
            );
            findings.push(
                Finding::new(
                    RuleId::UndeployedService,
                    message,
                    descriptor_label(descriptor),
                )
                .label(Label::new(
                    deployment.policy.name.span,
                    "has no workload for it",
                ))
                .deployment(deployment.name())
                .service(name)
                .help(format!(
                    "deploy it, or say why not: [[service.{name}.not_in]] with deployment = \"{}\" and a reason in the policy",
                    deployment.name()
                )),
            );
        }
    }
}
