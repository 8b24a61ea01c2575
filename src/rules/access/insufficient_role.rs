//! A grant below the need.
//!
//! ## Why
//!
//! A service seeds its key at the first start. With a role that may only read, the seed is refused, the
//! key stays absent, and the service runs with its file for ever.
//!
//! ## Example
//!
//! The access table grants `reader` to `spiffe://acme.dev/services/sync`; the policy's need is `writer`.
//!
//! ## What to do
//!
//! Raise the role. Where reading is really all that the service does, say so in the policy, with the
//! reason: `[[service.sync.need]] role = "reader"`.

use super::super::common::{about_workload, presents_label, role_name};
use crate::access::Access;
use crate::finding::{Edit, Finding, Label};
use crate::resolve::Model;
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let (Access::Insufficient { grant }, Some(table)) =
            (&workload.access, deployment.table.table())
        else {
            continue;
        };
        let grant = &table.grants[*grant];
        let (need, stated) = model.need(workload.mapped.service(), deployment.name());
        let need = role_name(model, need);
        let message = format!(
            "workload `{}` of `{}` needs the role `{need}` and is granted `{}`",
            workload.workload.name,
            deployment.name(),
            grant.role.value
        );
        let primary = Label::new(grant.role.span, format!("`{need}` is needed"));
        let mut finding = Finding::new(RuleId::InsufficientRole, message, primary)
            .label(presents_label(workload));
        if let Some(span) = stated {
            finding = finding.label(Label::new(span, "the policy states the need"));
        }
        let edit = Edit {
            span: grant.role.span,
            replacement: table.written(need),
        };
        finding = finding.help_edit("raise the role", edit);
        findings.push(about_workload(model, deployment, workload, finding));
    }
}
