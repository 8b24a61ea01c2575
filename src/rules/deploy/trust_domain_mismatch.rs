//! A KV-sourced workload whose trust domain is none of its deployment's.
//!
//! ## Why
//!
//! In mode `spiffe` the client asks the Workload API for the authorities of its trust domain. For a domain that is misspelt, or
//! that of another cluster, there are none, and no server is accepted.
//!
//! A deployment's trust domains are its `trust_domain` in the policy, those of its store, and those that its objects federate
//! with. Where the policy states none, a client's must be that of the server that it expects.
//!
//! ## Example
//!
//! The deployment has `trust_domain = "acme.dev"`; `sync` has `KV_TRUST_DOMAIN=acme.dve`.
//!
//! ## What to do
//!
//! Set the trust domain that the message names. If the store is in a domain of its own, say so under `[[deployment.store]]`:
//! `trust_domains = ["store.acme.dev"]`.

use kvguard_contract::syntax::trust_domain;
use kvguard_contract::{Mode as Means, Role};

use super::super::common::{StoreList, about_workload, workload_label};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload, Store};
use crate::rules::RuleId;
use crate::source::Node;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let finding = judge(model, deployment, workload);
        findings
            .extend(finding.map(|finding| about_workload(model, deployment, workload, finding)));
    }
}

fn judge(model: &Model, deployment: &Deployment, workload: &ResolvedWorkload) -> Option<Finding> {
    let contract = &model.policy.contract;
    if workload.means(contract) != Some(Means::Spiffe) {
        return None;
    }
    let (text, variable) = workload.said(contract, Role::TrustDomain)?;
    let domain = domain_of(text);
    let store = deployment.store_of(model.service_of(workload));
    let stated = stated(deployment, store);
    let name = contract.shown_name(Role::TrustDomain);
    let mut in_use = vec![domain];
    let (right, what) = if let [first, ..] = stated.as_slice() {
        // What could not be read may federate with it.
        if deployment.may_have_lost_identities() {
            return None;
        }
        if stated.contains(&domain) || federated(deployment).any(|other| domain_of(other) == domain)
        {
            return None;
        }
        let what = format!("is `{domain}`, and the deployment's trust domain is `{first}`");
        ((*first).to_owned(), what)
    } else {
        let (server, _) = workload.said(contract, Role::ServerIdentity)?;
        let of_server = domain_of(server);
        if of_server == domain {
            return None;
        }
        // Where the policy states one, it has to state all.
        in_use.extend(domains_in_use(model, deployment, store));
        let what = format!("is `{domain}`, and the server that it expects is in `{of_server}`");
        (of_server.to_owned(), what)
    };
    let message = format!(
        "`{name}` of workload `{}` of `{}` {what}",
        workload.workload.name,
        deployment.name()
    );
    let span = variable.shown_span();
    let finding = Finding::new(
        RuleId::TrustDomainMismatch,
        message,
        Label::new(span, "another trust domain"),
    )
    .cause(
        format!("{span:?} {what}"),
        format!("`{name}` of {{who}} {what}"),
    )
    .label(workload_label(workload))
    .help(format!("set `{name}` to `{right}`"));
    let Some(store) = store else {
        return Some(finding);
    };
    in_use.sort_unstable();
    let list = StoreList {
        name: "trust_domains",
        stated: |policy| &policy.trust_domains,
        items: in_use,
    };
    let if_so = format!("if `{domain}` is right");
    Some(list.offer(finding, deployment, store, &if_so))
}

/// The trust domains that the clients of a store name.
fn domains_in_use<'m>(
    model: &'m Model,
    deployment: &'m Deployment,
    store: Option<&'m Store>,
) -> impl Iterator<Item = &'m str> {
    let contract = &model.policy.contract;
    let clients = deployment.workloads.iter().filter(move |workload| {
        let called = deployment.store_of(model.service_of(workload));
        let is_same = match (called, store) {
            (Some(called), Some(store)) => std::ptr::eq(called, store),
            _ => false,
        };
        workload.is_kv_sourced() && workload.means(contract) == Some(Means::Spiffe) && is_same
    });
    clients.filter_map(|workload| {
        let (text, _) = workload.said(contract, Role::TrustDomain)?;
        Some(domain_of(text))
    })
}

/// The trust domains that the policy states.
fn stated<'a>(deployment: &'a Deployment, store: Option<&'a Store>) -> Vec<&'a str> {
    let of_store = store.and_then(|store| store.policy.as_ref());
    let of_store = of_store
        .into_iter()
        .flat_map(|policy| &policy.trust_domains);
    let of_store = of_store.map(|domain| domain_of(&domain.value));
    let own = deployment.policy.trust_domain.as_deref().map(domain_of);
    own.into_iter().chain(of_store).collect()
}

/// The trust domains that objects of the deployment federate with.
fn federated(deployment: &Deployment) -> impl Iterator<Item = &str> {
    let documents = deployment.documents.iter();
    documents.flat_map(|document| {
        let listed = document
            .pointer("/spec/federatesWith")
            .and_then(Node::as_sequence);
        let own = document.pointer("/spec/trustDomain");
        let listed = listed.into_iter().flatten();
        listed.chain(own).filter_map(Node::as_str)
    })
}

/// The trust domain in a SPIFFE ID, or written alone.
fn domain_of(text: &str) -> &str {
    let text = trust_domain(text);
    text.split('/').next().unwrap_or(text)
}
