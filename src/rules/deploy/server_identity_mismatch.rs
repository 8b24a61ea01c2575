//! A KV-sourced workload that expects another SPIFFE ID than its store presents, or a store that presents none.
//!
//! ## Why
//!
//! In mode `spiffe` the client accepts only the server that it is told: with another ID, a misspelt one or that of another
//! namespace, the connection fails however right everything else is. And a store to which nothing gives an ID is refused by all.
//!
//! The rule looks at stores whose workload is known and whose IDs the deployment tells, by `[[deployment.identity]]` or by
//! `ClusterSPIFFEID` objects.
//!
//! ## Example
//!
//! The store runs in the namespace `acme-west` and presents `spiffe://acme.dev/ns/acme-west/sa/store`; `sync` has
//! `KV_SERVER_SPIFFE_ID=spiffe://acme.dev/ns/acme/sa/store`.
//!
//! ## What to do
//!
//! Expect the ID that the message names, or give the store one. If it presents IDs that these files do not tell, state them
//! under `[[deployment.store]]`: `identities = ["spiffe://acme.dev/store"]`.

use kvguard_contract::Role;

use super::super::common::{StoreList, at_first, workload_label};
use super::super::links::{self, Link, Verdict};
use crate::deploy::Variable;
use crate::finding::{Finding, Label};
use crate::policy::IdentityForm;
use crate::resolve::{Deployment, Model, ResolvedWorkload, Store, Undecided};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    links::findings(model, judge, findings);
}

pub(in crate::rules) fn judge(link: &Link<'_>) -> Vec<Verdict> {
    let verdict = links::is_spiffe(link).and_then(|()| judge_expected(link));
    verdict
        .unwrap_or_else(|untold| untold)
        .into_iter()
        .collect()
}

fn judge_expected(link: &Link<'_>) -> Result<Option<Verdict>, Option<Verdict>> {
    let (model, deployment, workload) = (link.model, link.deployment, link.workload);
    // Where no store is for the service, rule store-address-mismatch says so.
    let Some(store) = link.store else {
        return Ok(None);
    };
    let (expected, variable) = link.said(Role::ServerIdentity, true)?;
    let place = variable.shown_span();
    let Some(presents) = &store.presents else {
        let is_stated = store
            .policy
            .iter()
            .any(|policy| !policy.addresses.is_empty());
        if store.workloads.is_empty() && !is_stated {
            let address = link.contract().shown_name(Role::Address);
            return Ok(Some(link.not_judged(
                Undecided::AddressNotJudged,
                address,
                Some(place),
            )));
        }
        let reason = Undecided::StoreIdentityUntold;
        return Ok(Some(link.not_judged(reason, expected, Some(place))));
    };
    if presents.is_empty() {
        let finding = without_identity(deployment, workload, store, expected);
        return Ok(finding.map(|finding| link.broken(finding)));
    }
    if presents.iter().any(|presented| presented == expected) {
        let mut places = vec![Label::new(place, "the workload expects it")];
        let policy = store.policy.iter().flat_map(|policy| &policy.identities);
        let mut stated = policy.filter(|stated| stated.value == *expected);
        match stated.next() {
            Some(stated) => places.push(Label::new(stated.span, "stated here")),
            None => places.extend(store_label(deployment, store)),
        }
        let what = format!("`{expected}`, which the store presents");
        return Ok(Some(Verdict::holds(what, places)));
    }
    let finding = another(model, deployment, workload, store, expected, variable);
    Ok(Some(link.broken(finding)))
}

/// The client expects what its store does not present.
fn another(
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    store: &Store,
    expected: &str,
    variable: &Variable,
) -> Finding {
    let name = model.policy.contract.shown_name(Role::ServerIdentity);
    let is_of =
        |other: &&ResolvedWorkload| other.identities().any(|identity| identity.text == expected);
    let bearer = if is_of(&workload) {
        Some(workload)
    } else {
        deployment.workloads.iter().find(is_of)
    };
    let whose = match bearer {
        Some(bearer) if std::ptr::eq(bearer, workload) => ": it is its own".to_owned(),
        Some(bearer) => format!(": it is that of workload `{}`", bearer.workload.name),
        None => String::new(),
    };
    let what = format!("is `{expected}`, which the store does not present{whose}");
    let message = format!(
        "`{name}` of workload `{}` of `{}` {what}",
        workload.workload.name,
        deployment.name()
    );
    let span = variable.shown_span();
    let mut finding = Finding::new(
        RuleId::ServerIdentityMismatch,
        message,
        Label::new(span, "the store is another one"),
    )
    .subject(expected)
    .cause(
        format!("{span:?} {what}"),
        format!("`{name}` of {{who}} {what}"),
    )
    .label(workload_label(workload));
    if let Some(label) = store_label(deployment, store) {
        finding = finding.label(label);
    }
    let presents = store.presents.as_deref().unwrap_or_default();
    let finding = finding.help(format!("set `{name}` to `{}`", presents.join("` or `")));
    // What the policy states takes the place of what the files say.
    let mut items: Vec<&str> = presents.iter().map(String::as_str).collect();
    items.push(expected);
    let if_so = format!("if the store presents `{expected}`, too");
    identities(items).offer(finding, deployment, store, &if_so)
}

fn identities(items: Vec<&str>) -> StoreList<'_> {
    StoreList {
        name: "identities",
        stated: |policy| &policy.identities,
        items,
    }
}

/// Nothing gives the store an identity.
fn without_identity(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    store: &Store,
    expected: &str,
) -> Option<Finding> {
    let bearer = deployment.workloads.get(*store.workloads.first()?)?;
    let name = &bearer.workload.name;
    let what = format!("the store, workload `{name}`, presents no SPIFFE ID");
    let pod = bearer.workload.pod.as_ref();
    // Where nothing issues identities, no label of a pod decides about them.
    let pod = pod.filter(|_| deployment.issues_identities);
    let place = pod.map_or(bearer.workload.name_span, |pod| pod.labels_span);
    let mut finding = Finding::new(
        RuleId::ServerIdentityMismatch,
        format!(
            "{what}, and workload `{}` of `{}` expects one",
            workload.workload.name,
            deployment.name()
        ),
        Label::new(place, "nothing gives it an identity"),
    )
    .subject(name)
    .cause(
        format!("{place:?}"),
        format!("{what}, and {{who}} expect one"),
    )
    .label(workload_label(workload));
    if let Some((span, why)) = pod.and_then(|pod| pod.removed.as_ref()) {
        finding = at_first(finding, Label::new(*span, why));
    }
    if let Some((span, why)) = pod.and_then(|pod| pod.nearest.as_ref()) {
        finding = finding.label(Label::new(*span, why));
    }
    let spiffe = deployment.policy.identities.iter();
    let spiffe = spiffe.filter(|rule| rule.form == IdentityForm::Spiffe);
    let mut lists = spiffe.filter_map(|rule| rule.listed_in.as_ref());
    let help = match lists.next() {
        _ if deployment.issues_identities => {
            "let a ClusterSPIFFEID select the pods of the store".to_owned()
        }
        Some((file, line)) => format!(
            "list the store in `{}`: `{}`",
            file.value,
            line.value
                .replace("{workload}", bearer.workload.base_name())
        ),
        None => "say under [[deployment.identity]] which SPIFFE ID it presents".to_owned(),
    };
    let if_so = format!("if it presents `{expected}`");
    let finding = finding.help(help);
    Some(identities(vec![expected]).offer(finding, deployment, store, &if_so))
}

fn store_label(deployment: &Deployment, store: &Store) -> Option<Label> {
    let bearer = deployment.workloads.get(*store.workloads.first()?)?;
    let presents = store.presents.as_deref().unwrap_or_default();
    Some(Label::new(
        bearer.workload.name_span,
        format!("the store presents `{}`", presents.join("`, `")),
    ))
}
