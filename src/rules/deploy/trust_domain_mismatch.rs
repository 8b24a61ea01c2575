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

use super::super::common::{StoreList, workload_label};
use super::super::links::{self, Link, Verdict};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, Store, Undecided};
use crate::rules::RuleId;
use crate::source::Node;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    links::findings(model, judge, findings);
}

pub(in crate::rules) fn judge(link: &Link<'_>) -> Vec<Verdict> {
    // Where the mode's meaning is not known, rule server-identity-mismatch says so.
    let is_spiffe = links::is_spiffe(link).map_err(|_| None);
    let verdict = is_spiffe.and_then(|()| judge_domain(link));
    verdict
        .unwrap_or_else(|untold| untold)
        .into_iter()
        .collect()
}

fn judge_domain(link: &Link<'_>) -> Result<Option<Verdict>, Option<Verdict>> {
    let (deployment, workload) = (link.deployment, link.workload);
    let contract = link.contract();
    let (text, variable) = link.said(Role::TrustDomain, true)?;
    let span = variable.shown_span();
    let domain = domain_of(text);
    let stated = stated(deployment, link.store);
    let name = contract.shown_name(Role::TrustDomain);
    let mut in_use = vec![domain];
    let holds = |what: &str, place: Option<Label>| {
        let own = Label::new(span, "the workload's trust domain");
        let places = std::iter::once(own).chain(place).collect();
        let what = format!("the trust domain `{domain}`, {what}");
        Ok(Some(Verdict::holds(what, places)))
    };
    let (right, what) = if let [first, ..] = stated.as_slice() {
        if stated.contains(&domain) {
            let own = deployment
                .policy
                .trust_domain
                .as_ref()
                .map(|stated| domain_of(&stated.value));
            let policy = link.store.and_then(|store| store.policy.as_ref());
            let mut of_store = policy.iter().flat_map(|policy| &policy.trust_domains);
            let of_store = of_store.find(|stated| domain_of(&stated.value) == domain);
            let place = match of_store.filter(|_| own != Some(domain)) {
                Some(stated) => Label::new(stated.span, "stated of the store"),
                None => Label::new(deployment.policy.name.span, "the deployment's"),
            };
            return holds("which the policy states", Some(place));
        }
        // What could not be read may federate with it.
        if deployment.may_have_lost_identities() {
            return Ok(Some(link.not_judged(
                Undecided::DocumentLost,
                name,
                Some(span),
            )));
        }
        let is_same = |node: &&Node| node.as_str().map(domain_of) == Some(domain);
        if let Some(other) = federated(deployment).find(is_same) {
            let place = Label::new(other.span, "named here");
            return holds("with which the deployment federates", Some(place));
        }
        let what = format!("is `{domain}`, and the deployment's trust domain is `{first}`");
        ((*first).to_owned(), what)
    } else {
        let Some((server, expected)) = workload.said(contract, Role::ServerIdentity) else {
            return Ok(Some(link.not_judged(
                Undecided::TrustDomainUntold,
                name,
                Some(span),
            )));
        };
        let of_server = domain_of(server);
        if of_server == domain {
            let place = Label::new(expected.shown_span(), "the server that it expects");
            return holds("that of the server that it expects", Some(place));
        }
        // Where the policy states one, it has to state all.
        in_use.extend(domains_in_use(link.model, deployment, link.store));
        let what = format!("is `{domain}`, and the server that it expects is in `{of_server}`");
        (of_server.to_owned(), what)
    };
    let message = format!(
        "`{name}` of workload `{}` of `{}` {what}",
        workload.workload.name,
        deployment.name()
    );
    let finding = Finding::new(
        RuleId::TrustDomainMismatch,
        message,
        Label::new(span, "another trust domain"),
    )
    .subject(domain)
    .cause(
        format!("{span:?} {what}"),
        format!("`{name}` of {{who}} {what}"),
    )
    .label(workload_label(workload))
    .help(format!("set `{name}` to `{right}`"));
    let Some(store) = link.store else {
        return Ok(Some(link.broken(finding)));
    };
    in_use.sort_unstable();
    let list = StoreList {
        name: "trust_domains",
        stated: |policy| &policy.trust_domains,
        items: in_use,
    };
    let if_so = format!("if `{domain}` is right");
    let finding = list.offer(finding, deployment, store, &if_so);
    Ok(Some(link.broken(finding)))
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
    let own = deployment
        .policy
        .trust_domain
        .as_ref()
        .map(|stated| domain_of(&stated.value));
    own.into_iter().chain(of_store).collect()
}

/// The trust domains that objects of the deployment federate with.
fn federated(deployment: &Deployment) -> impl Iterator<Item = &Node> {
    let documents = deployment.documents.iter();
    documents.flat_map(|document| {
        let listed = document
            .pointer("/spec/federatesWith")
            .and_then(Node::as_sequence);
        let own = document.pointer("/spec/trustDomain");
        let listed = listed.into_iter().flatten();
        listed.chain(own)
    })
}

/// The trust domain in a SPIFFE ID, or written alone.
fn domain_of(text: &str) -> &str {
    let text = trust_domain(text);
    text.split('/').next().unwrap_or(text)
}
