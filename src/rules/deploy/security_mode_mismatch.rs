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

use super::super::common::workload_label;
use super::super::links::{self, Link, Verdict};
use crate::finding::{Finding, Label};
use crate::resolve::{Mode, Model, Undecided};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    links::findings(model, judge, findings);
}

pub(in crate::rules) fn judge(link: &Link<'_>) -> Vec<Verdict> {
    let Mode::Known { name: mode, span } = &link.workload.mode else {
        // Other rules speak of it.
        return Vec::new();
    };
    let deployment = link.deployment;
    let Some(store) = &deployment.store_mode else {
        // Where the policy tells its place and it is not there, that is a failure.
        let is_stated = deployment.policy.access_table.mode.is_some();
        let why = link.not_judged(Undecided::StoreModeUntold, mode, None);
        return (!is_stated).then_some(why).into_iter().collect();
    };
    let places = [
        Label::new(*span, "the workload's mode"),
        Label::new(store.span, "the store's mode"),
    ];
    if store.value == *mode {
        let what = format!("`{mode}`, which is also the store's mode");
        return vec![Verdict::holds(what, places.into())];
    }
    let message = format!(
        "workload `{}` of `{}` runs in security mode `{mode}`, and its store in `{}`",
        link.workload.workload.name,
        deployment.name(),
        store.value
    );
    let [of_workload, of_store] = places;
    let finding = Finding::new(RuleId::SecurityModeMismatch, message, of_workload)
        .label(of_store)
        .label(workload_label(link.workload))
        .cause(
            format!("{span:?} {}", store.value),
            format!(
                "the security mode `{mode}` of {{who}} is not the mode of the store, `{}`",
                store.value
            ),
        )
        .help(format!(
            "set `{}` to `{}`, and what that mode needs",
            link.contract().shown_name(Role::Mode),
            store.value
        ));
    vec![link.broken(finding)]
}
