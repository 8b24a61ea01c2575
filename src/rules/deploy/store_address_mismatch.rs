//! A KV-sourced workload whose address is not that of its store.
//!
//! ## Why
//!
//! The client is built and the connection fails: it goes on with its file, or waits for a store that never answers. It happens
//! when the store, its Service or its port is renamed and a client is left behind, when a Service leads to a port of the store's pod
//! on which the store does not listen, or when an address is copied from a
//! deployment in which everything runs on one host.
//!
//! The rule looks at addresses that the files decide: names of compose services, and names of Services of Kubernetes in
//! namespaces whose Services are in the files. Names of other domains, addresses of IP and names that `extra_hosts`,
//! `hostAliases`, a `ServiceEntry` or a Service without a selector give a meaning of their own are not judged: the last line of `check`
//! counts them, and `why` gives each its reason and what to write in the policy.
//!
//! ## Example
//!
//! The compose service is called `config-store` and listens on port 50057; `ingest` has `KV_ADDRESS=config-stor:50057`, or
//! `config-store:50075`, or `localhost:50057`. Or the store has `network_mode: service:gateway`: then only the names of `gateway` lead to
//! it, and with `network_mode: host` none does.
//!
//! ## What to do
//!
//! Set the address that the message names. If clients reach the store by another name on purpose, a proxy's, say so under
//! `[[deployment.store]]`: `addresses = ["proxy:50057"]`.

use kvguard_contract::Role;
use kvguard_contract::syntax::{Address, servers};

use super::super::common::{StoreList, at_first, workload_label};
use super::super::links::{self, Link, Verdict};
use crate::deploy::{LostService, Network, NetworkMode, Service};
use crate::finding::{Finding, Label};
use crate::registry::Spanned;
use crate::resolve::{
    Deployment, Met, Model, ResolvedWorkload, Store, Undecided, is_loopback, service_name,
};
use crate::rules::RuleId;
use crate::source::Span;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    links::findings(model, judge, findings);
}

pub(in crate::rules) fn judge(link: &Link<'_>) -> Vec<Verdict> {
    let (model, workload) = (link.model, link.workload);
    let Some(store) = link.store else {
        let service = model.service_of(workload).unwrap_or_default();
        return vec![link.not_judged(Undecided::NoStoreForService, service, None)];
    };
    let (text, variable) = match link.said(Role::Address, false) {
        Ok(said) => said,
        Err(verdict) => return verdict.into_iter().collect(),
    };
    let place = variable.shown_span();
    let servers = servers(text);
    let called = &servers.addresses;
    let mut verdicts = Vec::new();
    if servers.is_cut_off || servers.leaves_out {
        let name = link.contract().shown_name(Role::Address);
        verdicts.push(link.not_judged(Undecided::OtherScheme, name, Some(place)));
    }
    let client = Client {
        model,
        deployment: link.deployment,
        workload,
        store,
    };
    verdicts.extend(
        called
            .iter()
            .filter_map(|called| client.judge(link, called, place)),
    );
    verdicts
}

/// A workload that calls a store.
struct Client<'a> {
    model: &'a Model,
    deployment: &'a Deployment,
    workload: &'a ResolvedWorkload,
    store: &'a Store,
}

impl Client<'_> {
    fn judge(&self, link: &Link<'_>, called: &Address, place: Span) -> Option<Verdict> {
        let address = called.to_string();
        let own = Label::masked(place, "the workload calls it");
        if let Some(stated) = self.store.stated_at(&called.host, called.port) {
            // Whatever leads there comes from outside of the store's pod or container.
            let is_led_on = !is_loopback(&called.host) && !self.store.workloads.is_empty();
            if let Some(finding) = self.of_loopback().filter(|_| is_led_on) {
                return Some(link.broken(finding));
            }
            let what = format!("`{address}`, which the policy says leads to the store");
            let places = vec![own, Label::new(stated, "stated here")];
            return Some(Verdict::holds(what, places));
        }
        // Rule store-unreachable speaks of a workload that no network leads out of.
        match &self.workload.workload.network {
            Network::Isolated(_) => return None,
            Network::Project(own) if matches!(own.mode, NetworkMode::None(_)) => {
                if !is_loopback(&called.host) {
                    return None;
                }
            }
            Network::Host | Network::Project(_) | Network::Pod(_) => {}
        }
        let undecided = |reason| Some(link.not_judged(reason, &address, Some(place)));
        let met = self.deployment.met(self.store, self.workload, called);
        let service = match met {
            Met::NotJudged(reason) => return undecided(reason),
            Met::Store(service) => service,
            Met::Itself | Met::Nobody | Met::Other(_) | Met::Nameless(_) | Met::OtherService(_) => {
                return self
                    .elsewhere(called, &met)
                    .map(|finding| link.broken(finding));
            }
        };
        let broken = self.of_port(called, service).or_else(|| self.of_loopback());
        if let Some(finding) = broken {
            return Some(link.broken(finding));
        }
        if let Some(reason) = self.undecided_port(called, service) {
            return undecided(reason);
        }
        let listen = self.store.listen.as_ref();
        let listen = listen.map(|listen| Label::new(listen.span, "the store listens here"));
        let places = match service {
            Some(service) => Some(Label::new(service.name.span, "the store's Service")),
            None => listen,
        };
        let store = self.store_label();
        let places = std::iter::once(own).chain(store).chain(places).collect();
        Some(Verdict::holds(
            format!("`{address}`, the store's address"),
            places,
        ))
    }

    /// Something else than the store is at the address.
    fn elsewhere(&self, called: &Address, met: &Met<'_>) -> Option<Finding> {
        let host = &called.host;
        let wrong = |what: &str| self.wrong(called, met, what);
        match met {
            Met::NotJudged(_) | Met::Store(_) => None,
            Met::Itself => Some(wrong(&format!(
                "is `{host}`, its own {}, in which no store runs",
                self.room()
            ))),
            Met::Nobody => {
                let what = match self.workload.workload.network {
                    Network::Pod(_) => "and no Service there has that name",
                    Network::Host | Network::Isolated(_) | Network::Project(_) => {
                        "which no service of the project has"
                    }
                };
                Some(wrong(&format!("names the host `{host}`, {what}")))
            }
            Met::Other(other) => {
                let what = format!("names the host `{host}`, which is not the store's");
                let label = Label::new(other.workload.name_span, "this is called");
                Some(wrong(&what).label(label))
            }
            Met::Nameless(other) => {
                let project = other.workload.network.project();
                let whose = match project.map(|network| &network.mode) {
                    Some(NetworkMode::Service(name)) => format!("`{name}`"),
                    _ => "its host".to_owned(),
                };
                let what = format!(
                    "names the host `{host}`, and `{}` has no name, as it runs in the network of {whose}",
                    other.workload.name
                );
                let label = Label::new(other.workload.name_span, "its names lead nowhere");
                Some(wrong(&what).label(label))
            }
            Met::OtherService(service) => {
                let what = format!("names the Service `{host}`, which does not select the store");
                let finding = wrong(&what);
                Some(match self.lost(service) {
                    Some(lost) => {
                        let removed = format!("the label `{}` is removed here", lost.label);
                        let wants = format!("this is called, and wants `{}`", lost.wanted);
                        at_first(finding, Label::new(lost.removed, removed))
                            .label(Label::new(service.name.span, wants))
                            .help("let the patch keep the label of the store's pods")
                    }
                    None => finding.label(Label::new(service.name.span, "this is called")),
                })
            }
        }
    }

    /// What keeps a Service from selecting the store, if that is a label that a patch removed.
    fn lost(&self, service: &Service) -> Option<&LostService> {
        let store = self.store.workloads.first()?;
        let store = self.deployment.workloads.get(*store)?;
        let Network::Pod(network) = &store.workload.network else {
            return None;
        };
        let mut lost = network.lost.iter();
        lost.find(|lost| self.deployment.network_services.get(lost.service) == Some(service))
    }

    /// Why the files do not decide whether the store listens on a port at which nothing was found wrong.
    fn undecided_port(&self, called: &Address, service: Option<&Service>) -> Option<Undecided> {
        let listen = self.store.listen.as_ref();
        if let Some(service) = service {
            let target = self.target(called.port, service);
            let is_there = |target: Spanned<u16>| {
                listen.is_some_and(|listen| listen.port == target.value && !listen.is_loopback)
            };
            if target.is_some_and(is_there) {
                return None;
            }
            let is_shared = service.ports.is_some() && self.deployment.has_company(self.store);
            return Some(if is_shared {
                Undecided::PortShared
            } else {
                Undecided::PortUntold
            });
        }
        let Some(listen) = listen else {
            return Some(Undecided::PortUntold);
        };
        let is_beside = matches!(self.workload.workload.network, Network::Host);
        let is_there = listen.port == called.port && (is_beside || !listen.is_loopback);
        (!is_there).then_some(Undecided::PortShared)
    }

    /// Where the store's workload is named.
    fn store_label(&self) -> Option<Label> {
        let first = self.store.workloads.first()?;
        let store = self.deployment.workloads.get(*first)?;
        let text = format!("the store: workload `{}`", store.workload.name);
        Some(Label::new(store.workload.name_span, text))
    }

    /// What the workload's own address is that of.
    fn room(&self) -> &'static str {
        match self.workload.workload.network {
            Network::Pod(_) => "pod",
            Network::Host | Network::Isolated(_) | Network::Project(_) => "container",
        }
    }

    /// The store's name and another port.
    fn of_port(&self, called: &Address, service: Option<&Service>) -> Option<Finding> {
        let port = called.port;
        if let Some(service) = service {
            let ports = service.ports.as_ref()?;
            if ports.contains(&port) {
                return self.of_target(port, service);
            }
            let what = format!(
                "names the port {port}, which the Service `{}` lacks",
                service.name.value
            );
            let label = Label::new(service.name.span, "the store's Service");
            let met = Met::Store(Some(service));
            return Some(self.wrong(called, &met, &what).label(label));
        }
        let listen = self.store.listen.as_ref()?;
        if listen.port == port || self.deployment.has_company(self.store) {
            return None;
        }
        let what = format!(
            "names the port {port}, and the store listens on {}",
            listen.port
        );
        let label = Label::new(listen.span, "the store listens here");
        let met = Met::Store(None);
        Some(self.wrong(called, &met, &what).label(label))
    }

    /// A Service that leads to a port of the store's pod on which the store does not listen.
    fn of_target(&self, port: u16, service: &Service) -> Option<Finding> {
        let listen = self.store.listen.as_ref()?;
        if self.deployment.has_company(self.store) {
            return None;
        }
        let target = self.target(port, service)?;
        if target.value == listen.port {
            return None;
        }
        let (deployment, name) = (self.deployment.name(), &service.name.value);
        let what = format!(
            "leads from its port {port} to the port {} of the store of `{deployment}`, which listens on {}",
            target.value, listen.port
        );
        let message = format!(
            "the Service `{name}`, which workload `{}` calls, {what}",
            self.workload.workload.name
        );
        let finding = Finding::new(
            RuleId::StoreAddressMismatch,
            message,
            Label::new(target.span, "the store does not listen there"),
        )
        .subject(name)
        .cause(
            format!("{:?}", target.span),
            format!("the Service `{name}`, which {{who}} call, {what}"),
        )
        .label(Label::new(listen.span, "the store listens here"))
        .help(format!(
            "set the `targetPort` of the Service to {}",
            listen.port
        ));
        Some(finding)
    }

    /// The port of the store's pod that a port of a Service leads to, if the files tell.
    fn target(&self, port: u16, service: &Service) -> Option<Spanned<u16>> {
        let first = self.store.workloads.first()?;
        let store = self.deployment.workloads.get(*first)?;
        service.target(port, store.workload.network.pod()?)
    }

    /// A store that only what runs beside it can reach.
    fn of_loopback(&self) -> Option<Finding> {
        let listen = self.store.listen.as_ref()?;
        let is_beside = matches!(self.workload.workload.network, Network::Host);
        if !listen.is_loopback || is_beside || self.deployment.has_company(self.store) {
            return None;
        }
        let deployment = self.deployment.name();
        let message = format!(
            "the store of `{deployment}` listens on its own loopback address only, where workload `{}` does not reach it",
            self.workload.workload.name
        );
        let primary = Label::new(listen.span, "nobody else reaches this");
        let finding = Finding::new(RuleId::StoreAddressMismatch, message, primary).subject("loopback")
            .cause(
                format!("{:?}", listen.span),
                format!("the store of `{deployment}` listens on its own loopback address only, where {{who}} do not reach it"),
            )
            .help(format!("let it listen on every address: `:{}`", listen.port));
        Some(finding)
    }

    fn wrong(&self, called: &Address, met: &Met<'_>, what: &str) -> Finding {
        let contract = &self.model.policy.contract;
        let name = contract.shown_name(Role::Address);
        let deployment = self.deployment.name();
        let place = self
            .workload
            .variable(name)
            .map_or(self.workload.workload.environment_span, |variable| {
                variable.shown_span()
            });
        let message = format!(
            "`{name}` of workload `{}` of `{deployment}` {what}",
            self.workload.workload.name
        );
        // A login may stand before the host.
        let text = self
            .workload
            .variable(name)
            .and_then(|variable| variable.text());
        let label = "the store is not there";
        let primary = match text {
            Some(text) if !text.contains('@') => Label::new(place, label),
            _ => Label::masked(place, label),
        };
        let mut finding = Finding::new(RuleId::StoreAddressMismatch, message, primary)
            .subject(name)
            .cause(
                format!("{place:?} {what}"),
                format!("`{name}` of {{who}} {what}"),
            )
            .label(workload_label(self.workload));
        if let Some(label) = self.store_label() {
            finding = finding.label(label);
        }
        let right = self
            .deployment
            .address_for(self.store, self.workload, called.port);
        let finding = match right {
            Some(right) if text == Some(&*called.to_string()) => {
                finding.help(format!("set `{name}` to `{right}`"))
            }
            // A scheme, a login or other servers of the list stay.
            Some(right) => finding.help(format!(
                "write `{right}` in `{name}`, in place of `{called}`"
            )),
            None => finding.help(self.without_address(called, met)),
        };
        let address = called.to_string();
        let stated = StoreList {
            name: "addresses",
            stated: |policy| &policy.addresses,
            items: vec![&address],
        };
        let if_so = format!("if `{address}` leads to the store");
        stated.offer(finding, self.deployment, self.store, &if_so)
    }

    /// What to do where nothing leads to the store yet.
    fn without_address(&self, called: &Address, met: &Met<'_>) -> String {
        let first = self.store.workloads.first();
        let store = first.and_then(|first| self.deployment.workloads.get(*first));
        let Some(pod) = store.and_then(|store| store.workload.pod.as_ref()) else {
            return "call the store by the address of its host, in whose network it runs"
                .to_owned();
        };
        let (port, namespace) = (called.port, &pod.namespace);
        let own = self.workload.workload.pod.as_ref();
        let is_reached = |named: Option<&str>| {
            let named = named.or(own.map(|own| own.namespace.as_str()));
            named == Some(namespace)
        };
        match (met, service_name(&called.host)) {
            (Met::Nobody, Some((name, named))) if is_reached(named) => format!(
                "add a Service `{name}` in the namespace `{namespace}` that selects the store's pods, with the port {port}"
            ),
            _ => format!(
                "add a Service in the namespace `{namespace}` that selects the store's pods, with the port {port}, and call that one"
            ),
        }
    }
}
