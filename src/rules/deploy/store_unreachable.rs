//! A KV-sourced workload that shares no network with its store.
//!
//! ## Why
//!
//! The address is right and leads nowhere: compose gives a service only the networks that it names, and a unit with a network of
//! its own reaches nothing. The client goes on with its file.
//!
//! On Kubernetes, the policies of the store's pods say who may call them, and those of the client's pods whom they may call; a pod
//! that any policy is for is closed to whatever none of them names.
//!
//! The rule looks at networks of compose projects, at `network_mode: none`, at `PrivateNetwork=` and at NetworkPolicies. Where a host's or another
//! container's network is used, where the policy adds an address, and where a unit has `JoinsNamespaceOf=`, nothing is said. Nor is it where a
//! NetworkPolicy names addresses (`ipBlock`) or labels of a namespace that is not in the files, where policies of other APIs are in
//! force, and of pods in their node's network or in a mesh.
//!
//! ## Example
//!
//! `ingest` has `networks: [field]`, and the store, which names none, is in `default`.
//!
//! ## What to do
//!
//! Put both into one network, take the isolation away, or let the client through in the NetworkPolicy. If the client reaches the
//! store by another way, say so under `[[deployment.store]]`: `addresses = ["gateway:50057"]`.

mod policies;

use kvguard_contract::Role;

use super::super::common::{about_workload, workload_label};
use crate::deploy::{JoinedNetwork, Network, NetworkMode, ProjectNetwork};
use crate::finding::{Finding, Label};
use crate::resolve::{
    Called, Deployment, Met, Model, ResolvedWorkload, Store, addresses, is_loopback,
};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let store = deployment.store_of(model.service_of(workload));
        let said = workload.said(&model.policy.contract, Role::Address);
        let (Some(store), Some((text, _))) = (store, said) else {
            continue;
        };
        let called = addresses(text);
        let mut found = called
            .iter()
            .filter(|called| !store.is_stated(&called.host, called.port))
            .filter_map(|called| unreached(deployment, workload, store, called));
        findings.extend(
            found
                .next()
                .map(|finding| about_workload(model, deployment, workload, finding)),
        );
    }
}

/// What keeps a client from the store at an address, if the files say so.
fn unreached(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    store: &Store,
    called: &Called,
) -> Option<Finding> {
    let own = match &workload.workload.network {
        Network::Isolated(span) => {
            let help = "take `PrivateNetwork=` away";
            return Some(isolated(deployment, workload, *span, help));
        }
        Network::Project(own) => own,
        Network::Pod(_) => return policies::kept_apart(deployment, workload, store, called),
        Network::Host => return None,
    };
    if let NetworkMode::None(span) = own.mode {
        let help = format!(
            "take `network_mode: none` of `{}` away",
            workload.workload.name
        );
        let is_abroad = !is_loopback(&called.host);
        return is_abroad.then(|| isolated(deployment, workload, span, &help));
    }
    if !matches!(deployment.met(store, workload, called), Met::Store(_)) {
        return None;
    }
    let mut of_store: Vec<&JoinedNetwork> = Vec::new();
    for position in &store.workloads {
        let network = deployment
            .workloads
            .get(*position)?
            .workload
            .network
            .project()?;
        match &network.mode {
            NetworkMode::Joined(joined) if !network.undecided => of_store.extend(joined),
            NetworkMode::None(span) => {
                let help = "take `network_mode: none` of the store away";
                return Some(isolated(deployment, workload, *span, help));
            }
            _ => return None,
        }
    }
    apart(deployment, workload, own, &of_store)
}

/// Two that are in networks, and in none together.
fn apart(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    own: &ProjectNetwork,
    of_store: &[&JoinedNetwork],
) -> Option<Finding> {
    let joined = own.joined();
    let is_shared = |network: &JoinedNetwork| of_store.iter().any(|other| network.is(other));
    if own.undecided || joined.iter().any(is_shared) {
        return None;
    }
    let (first, of_store_first) = (joined.first()?, of_store.first()?);
    let own_names: Vec<&str> = joined.iter().map(|network| network.name.as_str()).collect();
    let store_names: Vec<&str> = of_store
        .iter()
        .map(|network| network.name.as_str())
        .collect();
    let (is_in, store_is_in) = (own_names.join("`, `"), store_names.join("`, `"));
    let name = &workload.workload.name;
    let message = format!(
        "workload `{name}` of `{}` shares no network with the store: it is in `{is_in}`, and the store in `{store_is_in}`",
        deployment.name()
    );
    Some(
        Finding::new(
            RuleId::StoreUnreachable,
            message,
            Label::new(first.span, "the store is not in this network"),
        )
        .label(workload_label(workload))
        .label(Label::new(
            of_store_first.span,
            format!("the store is in `{store_is_in}`"),
        ))
        .help(format!(
            "give `{name}` the store's network: networks: [{}, {}]",
            own_names.join(", "),
            of_store_first.name
        )),
    )
}

/// A workload that no network leads out of, or a store that none leads to.
fn isolated(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    span: crate::source::Span,
    help: &str,
) -> Finding {
    let message = format!(
        "workload `{}` of `{}` reaches no store: there is no network between them",
        workload.workload.name,
        deployment.name()
    );
    let label = Label::new(span, "nothing leads out of here");
    Finding::new(RuleId::StoreUnreachable, message, label)
        .label(workload_label(workload))
        .help(help)
}
