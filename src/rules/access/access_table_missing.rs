//! The deployment's access table is not where the policy says, or is empty.
//!
//! ## Why
//!
//! A store without a table grants nothing to anybody. A key that slid to another level, or a file that was
//! replaced by one without `rbac`, does that to the whole deployment at once.
//!
//! ## Example
//!
//! The policy names `/rbac/roles` in `datasvc.json`; the file has `"rbac": {}`. Or the list is there, and its entries are
//! `{"principal": …, "access": …}`, while the policy does not state these names.
//!
//! ## What to do
//!
//! Put the table back where the policy's pointer looks for it, or mend the pointer. Where the store has other names for the two
//! fields of a grant, state them beside the pointer: `identity_field = "principal"`, `role_field = "access"`.

use crate::finding::{Finding, Label};
use crate::resolve::{Model, TableState};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let TableState::Missing {
            span,
            reason,
            meant,
        } = &deployment.table
        else {
            continue;
        };
        let pointer = &deployment.policy.access_table.pointer;
        let fields = &deployment.policy.access_table.fields;
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
        .help(match meant {
            Some(meant) => format!("correct the pointer in the policy: `pointer = {meant:?}`"),
            None => format!(
                "put a list of `{{{}, {}}}` at `{}` of the file in which it is looked for, or write in the policy's `pointer` where that file has it",
                fields.identity, fields.role, pointer.value
            ),
        });
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
