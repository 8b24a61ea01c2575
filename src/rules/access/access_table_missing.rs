//! The deployment's access table is not where the policy says, or is empty.
//!
//! ## Why
//!
//! A store without a table grants nothing to anybody. A key that slid to another level, or a file that was
//! replaced by one without `rbac`, does that to the whole deployment at once.
//!
//! ## Example
//!
//! The policy names `/rbac/roles` in `datasvc.json`; the file has `"rbac": {}`.
//!
//! ## What to do
//!
//! Put the table back where the policy's pointer looks for it, or mend the pointer.

use crate::finding::{Finding, Label};
use crate::resolve::{Model, TableState};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let TableState::Missing { span, reason } = &deployment.table else {
            continue;
        };
        let pointer = &deployment.policy.access_table.pointer;
        let message = format!(
            "deployment `{}` has no access table: {reason}",
            deployment.name()
        );
        let place = crate::source::Span {
            end: (span.start + 1).min(span.end.max(span.start)),
            ..*span
        };
        let mut finding = Finding::new(
            RuleId::AccessTableMissing,
            message,
            Label::new(place, "looked for here"),
        )
        .label(Label::new(pointer.span, "where the policy looks for it"))
        .deployment(deployment.name())
        .help(format!(
            "put a list of `{{identity, role}}` at `{}`",
            pointer.value
        ));
        for workload in deployment
            .workloads
            .iter()
            .filter(|workload| workload.is_kv_sourced())
        {
            finding = finding.workload(&workload.workload.name);
        }
        findings.push(finding);
    }
}
