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
//! A unit's `PrivateNetwork=` and `IPAddressDeny=` hold for the store's unit as well as for the client's.
//!
//! The rule looks at networks of compose projects, at `network_mode: none`, at `PrivateNetwork=`, `IPAddressDeny=` and `IPAddressAllow=` of units, and at NetworkPolicies. Where a host's or
//! another container's network is used, and where a unit has `JoinsNamespaceOf=`, nothing is said; nor where a unit allows some addresses, and
//! no file tells the one of the other side, or where systemd opens the store's socket; nor of an address that the policy adds,
//! unless the workload has no network at all. Nor is it where a NetworkPolicy names addresses (`ipBlock`), labels of a namespace that is not
//! in the files or labels that the cluster or a controller may give, where policies of other APIs are in force, and of pods in their node's network or in a mesh.
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
mod units;

use kvguard_contract::Role;
use kvguard_contract::syntax::{Address, servers};

use super::super::common::workload_label;
use super::super::links::{self, Link, Verdict};
use crate::deploy::{Certainty, JoinedNetwork, Network, NetworkMode, ProjectNetwork};
use crate::finding::{Finding, Label};
use crate::resolve::{
    Deployment, Met, Model, Passage, ResolvedWorkload, Store, Undecided, is_loopback,
};
use crate::rules::RuleId;
use crate::source::Span;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    links::findings(model, judge, findings);
}

pub(in crate::rules) fn judge(link: &Link<'_>) -> Vec<Verdict> {
    // Where there is no store or no address, rule store-address-mismatch says so.
    let (Some(store), Ok((text, variable))) = (link.store, link.said(Role::Address, false)) else {
        return Vec::new();
    };
    let place = variable.shown_span();
    let mut verdicts: Vec<Verdict> = servers(text)
        .addresses
        .iter()
        .filter_map(|called| judge_address(link, store, called, place))
        .collect();
    // Of several servers, one that is out of reach is told.
    let is_broken = |verdict: &Verdict| matches!(verdict, Verdict::Broken(_));
    if let Some(position) = verdicts.iter().position(is_broken) {
        verdicts = vec![verdicts.swap_remove(position)];
    }
    verdicts
}

/// Whether anything keeps a client from the store at an address; nothing where the address is wrong, which another rule says.
fn judge_address(link: &Link<'_>, store: &Store, called: &Address, place: Span) -> Option<Verdict> {
    let (deployment, workload) = (link.deployment, link.workload);
    let isolated = |span, help: &str| Some(link.broken(isolated(deployment, workload, span, help)));
    let is_stated = store.is_stated(&called.host, called.port);
    match &workload.workload.network {
        // Something beside it may lead a stated loopback address on.
        Network::Isolated(span) if !(is_stated && is_loopback(&called.host)) => {
            return isolated(*span, "take `PrivateNetwork=` away");
        }
        Network::Project(own) => {
            if let NetworkMode::None(span) = own.mode
                && !is_loopback(&called.host)
            {
                let name = &workload.workload.name;
                return isolated(span, &format!("take `network_mode: none` of `{name}` away"));
            }
        }
        Network::Isolated(_) | Network::Host | Network::Pod(_) => {}
    }
    let passes = match units::filtered(link, store, called, is_stated) {
        Ok(passes) => passes,
        Err(finding) => return Some(link.broken(*finding)),
    };
    if is_stated {
        return None;
    }
    let address = called.to_string();
    let undecided = |reason| Some(link.not_judged(reason, &address, Some(place)));
    if passes == Certainty::Maybe {
        return undecided(Undecided::UnitNetwork);
    }
    let service = match deployment.met(store, workload, called) {
        Met::Store(service) => service,
        Met::NotJudged(_) => return undecided(Undecided::AddressNotJudged),
        Met::Itself | Met::Nobody | Met::Other(_) | Met::Nameless(_) | Met::OtherService(_) => {
            return None;
        }
    };
    let own = match &workload.workload.network {
        Network::Project(own) => own,
        Network::Pod(_) => {
            return match deployment.passage(store, workload, service, called.port) {
                Passage::Open => {
                    let what = "the store, in the cluster's network";
                    Some(Verdict::holds(what.to_owned(), both(link, store)))
                }
                Passage::Untold => undecided(Undecided::NetworkPolicies),
                Passage::Closed(excluded) => {
                    let finding = policies::kept_apart(deployment, workload, store, &excluded);
                    finding.map(|finding| link.broken(finding))
                }
            };
        }
        Network::Host | Network::Isolated(_) => {
            let what = "the store, on the same host";
            return Some(Verdict::holds(what.to_owned(), both(link, store)));
        }
    };
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
                return isolated(*span, "take `network_mode: none` of the store away");
            }
            _ => return undecided(Undecided::NetworkUntold),
        }
    }
    let mut shared = own.joined().iter().filter_map(|network| {
        let other = of_store.iter().find(|other| network.is(other))?;
        Some((network, other))
    });
    if let Some((network, other)) = shared.next() {
        let what = format!("the store, in the network `{}`", network.name);
        let places = vec![
            Label::new(network.span, "the workload joins it"),
            Label::new(other.span, "the store joins it"),
        ];
        return Some(Verdict::holds(what, places));
    }
    match apart(deployment, workload, own, &of_store) {
        Some(finding) => Some(link.broken(finding)),
        None => undecided(Undecided::NetworkUntold),
    }
}

/// Where the workload and the store's are named.
fn both(link: &Link<'_>, store: &Store) -> Vec<Label> {
    let first = store.workloads.first();
    let of_store = first.and_then(|first| link.deployment.workloads.get(*first));
    let of_store =
        of_store.map(|store| Label::new(store.workload.name_span, "the store's workload"));
    std::iter::once(workload_label(link.workload))
        .chain(of_store)
        .collect()
}

/// Two that are in networks, and in none together.
fn apart(
    deployment: &Deployment,
    workload: &ResolvedWorkload,
    own: &ProjectNetwork,
    of_store: &[&JoinedNetwork],
) -> Option<Finding> {
    let joined = own.joined();
    if own.undecided {
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
        .subject("network")
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
    span: Span,
    help: &str,
) -> Finding {
    let message = format!(
        "workload `{}` of `{}` reaches no store: there is no network between them",
        workload.workload.name,
        deployment.name()
    );
    let label = Label::new(span, "nothing leads out of here");
    Finding::new(RuleId::StoreUnreachable, message, label)
        .subject("network")
        .label(workload_label(workload))
        .help(help)
}
