//! A workload that runs in another security mode than its deployment's store.
//!
//! ## Why
//!
//! A store that serves SPIFFE identities does not accept a client with certificate files, nor the other way
//! round: the connection fails, and the client falls back to its file. It happens when a deployment moves
//! from one mode to the other and a workload, or the store, is left behind.
//!
//! ## Example
//!
//! The store's configuration says `"security": {"mode": "mtls"}`; `sync` still has `KV_SEC_MODE=spiffe`.
//!
//! ## What to do
//!
//! Run the workload in the store's mode. The rule looks at deployments whose policy says where the store
//! keeps its mode: `mode = "/security/mode"` under `access_table`.

use kvguard_contract::Role;

use super::super::common::{about_workload, workload_label};
use crate::finding::{Finding, Label};
use crate::resolve::{Mode, Model};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let (Some(store), Mode::Known { name: mode, span }) =
            (&deployment.store_mode, &workload.mode)
        else {
            continue;
        };
        if store.value == *mode {
            continue;
        }
        let message = format!(
            "workload `{}` of `{}` runs in security mode `{mode}`, and its store in `{}`",
            workload.workload.name,
            deployment.name(),
            store.value
        );
        let finding = Finding::new(
            RuleId::SecurityModeMismatch,
            message,
            Label::new(*span, "the workload's mode"),
        )
        .label(Label::new(store.span, "the store's mode"))
        .label(workload_label(workload))
        .help(format!(
            "set `{}` to `{}`, and what that mode needs",
            model.policy.contract.shown_name(Role::Mode),
            store.value
        ));
        findings.push(about_workload(model, deployment, workload, finding));
    }
}
