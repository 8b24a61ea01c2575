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

use super::super::common::{about_workload, descriptor_label, presents_label, role_name};
use super::super::mend::Mend;
use crate::access::{Access, AccessTable};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for deployment in &model.deployments {
        let Some(table) = deployment.table.table() else {
            continue;
        };
        for workload in &deployment.workloads {
            let (Access::Insufficient { grant }, true) =
                (&workload.access, workload.is_kv_sourced())
            else {
                continue;
            };
            let who = format!("workload `{}`", workload.workload.name);
            let service = workload.mapped.service();
            let finding = finding(model, deployment, table, *grant, service, &who)
                .label(presents_label(workload));
            findings.push(about_workload(model, deployment, workload, finding));
        }
        // A grant that is there before the workload is to be right by then.
        for (position, service) in deployment.services.iter().enumerate() {
            let Access::Insufficient { grant } = &service.access else {
                continue;
            };
            let descriptor = &model.services[position];
            let name = &descriptor.name.value;
            let excused = service.not_in.is_some() || model.is_carried(name);
            if excused || deployment.runs_from_store(service) {
                continue;
            }
            let who = format!("service `{name}`");
            findings.push(
                finding(model, deployment, table, *grant, Some(position), &who)
                    .label(descriptor_label(descriptor))
                    .deployment(deployment.name())
                    .service(name),
            );
        }
    }
}

fn finding(
    model: &Model,
    deployment: &Deployment,
    table: &AccessTable,
    grant: usize,
    service: Option<usize>,
    who: &str,
) -> Finding {
    let role = &table.grants[grant].role;
    let (need, stated) = model.need(service, deployment.name());
    let need = role_name(model, need);
    let message = format!(
        "{who} of `{}` needs the role `{need}` and is granted `{}`",
        deployment.name(),
        role.value
    );
    let primary = Label::new(role.span, format!("`{need}` is needed"));
    let mend = Mend {
        model,
        deployment,
        table,
        // What a workload that is no declared service needs, nobody says.
        is_meant: service.is_some(),
    };
    let finding = Finding::new(RuleId::InsufficientRole, message, primary).subject(need);
    let mut finding = mend.write_role(finding, grant, need, "raise the role");
    if mend.is_looped(role.span) {
        finding = finding.cause(
            format!("{:?} {need}", role.span),
            format!(
                "the role `{need}` is needed by {{who}}, and a loop of the templates grants `{}` to all of its list",
                role.value
            ),
        );
    }
    match stated {
        Some(span) => finding.label(Label::new(span, "the policy states the need")),
        None => finding,
    }
}
