//! An `[[allow]]` whose last day is past.
//!
//! ## Why
//!
//! Somebody accepted a finding for a while. The while is over; the finding counts again, and the entry is
//! to go.
//!
//! ## Example
//!
//! `[[allow]] rule = "missing-grant" service = "mapper" reason = "lands next sprint" expires = 2026-01-31`,
//! in February.
//!
//! ## What to do
//!
//! Mend what it excused and take it away; or give it a new day, and a reason for that.

use crate::finding::{Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for allow in &model.policy.allows {
        let Some(expires) = allow.expires.filter(|expires| *expires < model.today) else {
            continue;
        };
        let message = format!(
            "this exception for `{}` expired on {expires}",
            allow.rule.rule().name
        );
        let mut finding = Finding::new(
            RuleId::ExpiredExcuse,
            message,
            Label::new(allow.span, "no longer holds"),
        )
        .subject(allow.rule.rule().name)
        .help("mend what it excused and take it away");
        if let Some(service) = &allow.service {
            finding = finding.service(service);
        }
        if let Some(deployment) = &allow.deployment {
            finding = finding.deployment(deployment);
        }
        findings.push(finding);
    }
}
