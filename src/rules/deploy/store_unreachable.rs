//! A KV-sourced workload that shares no network with its store.
//!
//! ## Why
//!
//! The address is right and leads nowhere: compose gives a service only the networks that it names, and a unit with a network of
//! its own reaches nothing. The client goes on with its file.
//!
//! The rule looks at networks of compose projects, at `network_mode: none` and at `PrivateNetwork=`. Where a host's or another
//! container's network is used, where the policy adds an address, and where a unit has `JoinsNamespaceOf=`, nothing is said.
//!
//! ## Example
//!
//! `ingest` has `networks: [field]`, and the store, which names none, is in `default`.
//!
//! ## What to do
//!
//! Put both into one network, or take the isolation away. If the client reaches the store by another way, say so under
//! `[[deployment.store]]`: `addresses = ["gateway:50057"]`.

use kvguard_contract::Role;
use kvguard_contract::syntax::{Address, servers};

use super::super::common::{about_workload, workload_label};
use crate::deploy::{JoinedNetwork, Network, NetworkMode, ProjectNetwork};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Met, Model, ResolvedWorkload, Store, is_loopback};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let store = deployment.store_of(model.service_of(workload));
        let said = workload.said(&model.policy.contract, Role::Address);
        let (Some(store), Some((text, _))) = (store, said) else {
            continue;
        };
        let called = servers(text).addresses;
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
    called: &Address,
) -> Option<Finding> {
    let own = match &workload.workload.network {
        Network::Isolated(span) => {
            let help = "take `PrivateNetwork=` away";
            return Some(isolated(deployment, workload, *span, help));
        }
        Network::Project(own) => own,
        Network::Host | Network::Pod(_) => return None,
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
            "name the store's network `{}` under `networks` of `{name}`, beside `{is_in}`",
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
