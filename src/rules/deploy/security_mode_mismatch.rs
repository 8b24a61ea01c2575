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

use super::super::common::{policy_key, workload_label};
use super::super::links::{self, Link, Verdict};
use crate::deploy::Variable;
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Mode, Model, Undecided};
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
    let of = deployment.name();
    let message = format!(
        "workload `{}` of `{of}` runs in security mode `{mode}`, and its store in `{}`",
        link.workload.workload.name, store.value
    );
    let [of_workload, of_store] = places;
    let finding = Finding::new(RuleId::SecurityModeMismatch, message, of_workload)
        .subject(mode)
        .cause(
            format!("{mode} {:?}", store.span),
            format!(
                "the security mode of {{who}} of {{where}} is `{mode}`, and the store's is `{}`",
                store.value
            ),
        )
        .label(of_store)
        .label(workload_label(link.workload))
        .help(agree(link, mode, &store.value));
    vec![link.broken(finding)]
}

/// How a workload and its store come to one mode.
fn agree(link: &Link<'_>, own: &str, of_store: &str) -> String {
    let contract = link.contract();
    let Some(known) = contract.mode(of_store) else {
        let words: Vec<&str> = contract.mode_words().collect();
        return format!(
            "run the store in `{own}`: by the policy's contract clients know no mode `{of_store}`, only `{}`; if yours do, list every mode of theirs in the policy, `[contract.mode.{}]` among them",
            words.join("`, `"),
            policy_key(of_store)
        );
    };
    let service = link.workload.mapped.service();
    let implemented =
        service.and_then(|service| link.model.service_policy(service)?.modes.as_ref());
    if implemented.is_some_and(|modes| !modes.value.iter().any(|mode| mode == of_store)) {
        return format!(
            "run the store in `{own}`, or teach the client `{of_store}` and add it to the service's `modes` in the policy"
        );
    }
    let is_missing = |name: &&str| link.workload.variable(name).is_none_or(Variable::is_blank);
    let missing = contract.needed_by_mode(known);
    let missing: Vec<&str> = missing.into_iter().filter(is_missing).collect();
    let besides = if missing.is_empty() {
        String::new()
    } else {
        format!(" and set what that needs: `{}`", missing.join("`, `"))
    };
    let store = if has_client_in(link, of_store) {
        format!(" run the store and all of its clients in `{own}`")
    } else {
        format!(
            ", as no client of the store runs in `{of_store}`, write `{own}` for the store's mode"
        )
    };
    format!(
        "set `{}` to `{of_store}`{besides}; or{store}",
        contract.shown_name(Role::Mode)
    )
}

/// Whether a client runs in a mode, of this deployment or of another one whose store takes its mode from the same line.
fn has_client_in(link: &Link<'_>, mode: &str) -> bool {
    let place = |deployment: &Deployment| Some(deployment.store_mode.as_ref()?.span);
    let own = place(link.deployment);
    let mut clients = link.model.kv_sourced();
    clients.any(|(deployment, client)| {
        let is_in = matches!(&client.mode, Mode::Known { name, .. } if name == mode);
        is_in && place(deployment) == own
    })
}
