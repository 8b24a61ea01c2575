//! A service whose code has no KV bootstrap test.
//!
//! ## Why
//!
//! Wiring that is lost in a refactoring fails no other test: the service starts, and reads its file.
//!
//! ## Example
//!
//! The policy says that the code of `trapd` is in `services/trapd`, and nothing there or in any other service's
//! code has `#[kv_bootstrap_test("trapd")]`.
//!
//! ## What to do
//!
//! Write one. The rule is off by default, and is judged by the command, which reads the code of services whose
//! `sources` the policy tells; a build script does not.

use super::super::common::descriptor_label;
use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let Some(code) = &model.code else { return };
    for service in &code.services {
        let name = &service.service;
        let Some(position) = model.service_position(name) else {
            continue;
        };
        if code.tested.contains(name) || model.is_carried(name) {
            continue;
        }
        findings.push(
            Finding::new(
                RuleId::UntestedService,
                format!("service `{name}` has no KV bootstrap test"),
                Label::new(service.directory.span, "its code is here"),
            )
            .label(descriptor_label(&model.services[position]))
            .service(name)
            .help(format!(
                "write a test with #[kv_bootstrap_test(\"{name}\")] in `{}/tests`",
                service.directory.value
            )),
        );
    }
}
