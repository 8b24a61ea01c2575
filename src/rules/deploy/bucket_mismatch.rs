//! A client of a NATS server whose bucket is another one than the store's.
//!
//! ## Why
//!
//! The connection, the login and the key are right, and the value is not there: the client reads a bucket that nobody seeds, or
//! one of another fleet.
//!
//! The rule looks at clients whose address is that of a NATS server, where the store's bucket is known: from `bucket` under
//! `[[deployment.store]]`, or else from the bucket variable of the store's own workload.
//!
//! ## Example
//!
//! `[[deployment.store]]` states `bucket = "acme-config"`; `sync` has `KV_BUCKET=acme-configs`.
//!
//! ## What to do
//!
//! Set the bucket that the message names. If the service uses another store, describe that with a `[[deployment.store]]` that
//! names it in `services`.

use kvguard_contract::syntax::is_bucket;
use kvguard_contract::{Backend, Contract, Role};

use super::super::common::{about_workload, workload_label};
use crate::access::placeholder;
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload, Store};
use crate::rules::RuleId;
use crate::source::Span;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let finding = judge(model, deployment, workload);
        findings
            .extend(finding.map(|finding| about_workload(model, deployment, workload, finding)));
    }
}

fn judge(model: &Model, deployment: &Deployment, workload: &ResolvedWorkload) -> Option<Finding> {
    let contract = &model.policy.contract;
    // A client of a data service leaves the bucket to that.
    if workload.backend != Some(Backend::Nats) {
        return None;
    }
    let (bucket, variable) = workload.said(contract, Role::Bucket)?;
    let store = deployment.store_of(model.service_of(workload))?;
    let (right, place) = bucket_of(contract, deployment, store)?;
    if bucket == right {
        return None;
    }
    let name = contract.shown_name(Role::Bucket);
    let what = format!("is `{bucket}`, and the store's bucket is `{right}`");
    let span = variable.shown_span();
    let finding = Finding::new(
        RuleId::BucketMismatch,
        format!(
            "`{name}` of workload `{}` of `{}` {what}",
            workload.workload.name,
            deployment.name()
        ),
        Label::new(span, "the store has another bucket"),
    )
    .subject(bucket)
    .cause(
        format!("{place:?} {what}"),
        format!("`{name}` of {{who}} {what}"),
    )
    .label(workload_label(workload))
    .label(Label::new(place, "the store's bucket"))
    .help(format!("set `{name}` to `{right}`"));
    Some(match model.service_of(workload) {
        Some(service) => offer(finding, deployment, store, service, bucket),
        None => finding,
    })
}

/// Offers to say that a service uses another bucket. Each service has one store in the policy: what names it already is changed.
fn offer(
    finding: Finding,
    deployment: &Deployment,
    store: &Store,
    service: &str,
    bucket: &str,
) -> Finding {
    let lines = format!("`services = [\"{service}\"]` and `bucket = \"{bucket}\"`");
    let of = deployment.name();
    let policy = store.policy.as_ref();
    let named = policy.and_then(|policy| Some((policy, policy.services.as_ref()?)));
    let Some((policy, services)) = named else {
        return finding.help(format!(
            "if `{service}` uses another store, describe that in the policy: a `[[deployment.store]]` of `{of}` with {lines}"
        ));
    };
    let finding = finding.label(Label::new(policy.span, "the store in the policy"));
    if services.len() > 1 {
        return finding.help(format!(
            "if `{service}` uses another store, take it out of the `services` of this one in the policy, and describe the other: a `[[deployment.store]]` of `{of}` with {lines}"
        ));
    }
    let place = match policy.bucket {
        Some(_) => "in place of the one that the policy has",
        None => "directly below the store's `[[deployment.store]]` in the policy",
    };
    finding.help(format!(
        "if the store of `{service}` has that bucket, say so, {place}: `bucket = \"{bucket}\"`"
    ))
}

/// A store's bucket and where it is said.
fn bucket_of<'m>(
    contract: &Contract,
    deployment: &'m Deployment,
    store: &'m Store,
) -> Option<(&'m str, Span)> {
    let stated = store
        .policy
        .as_ref()
        .and_then(|policy| policy.bucket.as_ref());
    if let Some(stated) = stated {
        return Some((&stated.value, stated.span));
    }
    let bearer = deployment.workloads.get(*store.workloads.first()?)?;
    let (bucket, variable) = bearer.said(contract, Role::Bucket)?;
    // The store is no client, so no other rule looks at what its variable holds.
    let is_meant = is_bucket(bucket) && placeholder::find_in_value(bucket).is_none();
    is_meant.then(|| (bucket, variable.shown_span()))
}
