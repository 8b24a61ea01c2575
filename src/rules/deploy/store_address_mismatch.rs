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
//! `hostAliases`, a `ServiceEntry` or a Service without a selector give a meaning of their own are not judged.
//!
//! ## Example
//!
//! The compose service is called `config-store` and listens on port 50057; `ingest` has `KV_ADDRESS=config-stor:50057`, or
//! `config-store:50075`, or `localhost:50057`.
//!
//! ## What to do
//!
//! Set the address that the message names. If clients reach the store by another name on purpose, a proxy's, say so under
//! `[[deployment.store]]`: `addresses = ["proxy:50057"]`.

use kvguard_contract::Role;

use super::super::common::{about_workload, workload_label};
use crate::deploy::{Network, Service};
use crate::finding::{Finding, Label};
use crate::resolve::{Called, Deployment, Met, Model, ResolvedWorkload, Store, addresses};
use crate::rules::RuleId;

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (deployment, workload) in model.kv_sourced() {
        let Some(store) = deployment.store_of(model.service_of(workload)) else {
            continue;
        };
        let client = Client {
            model,
            deployment,
            workload,
            store,
        };
        let found = client.findings();
        findings.extend(
            found
                .into_iter()
                .map(|finding| about_workload(model, deployment, workload, finding)),
        );
    }
}

/// A workload that calls a store.
struct Client<'a> {
    model: &'a Model,
    deployment: &'a Deployment,
    workload: &'a ResolvedWorkload,
    store: &'a Store,
}

impl Client<'_> {
    fn findings(&self) -> Vec<Finding> {
        let contract = &self.model.policy.contract;
        let Some((text, _)) = self.workload.said(contract, Role::Address) else {
            return Vec::new();
        };
        let called = addresses(text);
        called
            .iter()
            .filter_map(|called| self.finding(called))
            .collect()
    }

    fn finding(&self, called: &Called) -> Option<Finding> {
        let host = &called.host;
        match self.deployment.met(self.store, self.workload, called) {
            Met::NotJudged => None,
            Met::Itself => Some(self.wrong(
                called,
                &format!(
                    "is `{host}`, its own {}, in which no store runs",
                    self.room()
                ),
            )),
            Met::Nobody => {
                let what = match self.workload.workload.network {
                    Network::Pod(_) => "no Service has there",
                    Network::Host | Network::Isolated(_) | Network::Project(_) => {
                        "no service of the project has"
                    }
                };
                Some(self.wrong(called, &format!("names the host `{host}`, which {what}")))
            }
            Met::Other(other) => {
                let what = format!("names the host `{host}`, which is not the store's");
                let label = Label::new(other.workload.name_span, "this is called");
                Some(self.wrong(called, &what).label(label))
            }
            Met::OtherService(service) => {
                let what = format!("names the Service `{host}`, which does not select the store");
                let label = Label::new(service.name.span, "this is called");
                Some(self.wrong(called, &what).label(label))
            }
            Met::Store(service) => self
                .of_port(called, service)
                .or_else(|| self.of_loopback(called)),
        }
    }

    /// What the workload's own address is that of.
    fn room(&self) -> &'static str {
        match self.workload.workload.network {
            Network::Pod(_) => "pod",
            Network::Host | Network::Isolated(_) | Network::Project(_) => "container",
        }
    }

    /// The store's name and another port.
    fn of_port(&self, called: &Called, service: Option<&Service>) -> Option<Finding> {
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
            return Some(self.wrong(called, &what).label(label));
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
        Some(self.wrong(called, &what).label(label))
    }

    /// A Service that leads to a port of the store's pod on which the store does not listen.
    fn of_target(&self, port: u16, service: &Service) -> Option<Finding> {
        let listen = self.store.listen.as_ref()?;
        if self.deployment.has_company(self.store) {
            return None;
        }
        let first = self.store.workloads.first()?;
        let pod = self
            .deployment
            .workloads
            .get(*first)?
            .workload
            .network
            .pod()?;
        let target = service.target(port, pod)?;
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

    /// A store that only what runs beside it can reach.
    fn of_loopback(&self, called: &Called) -> Option<Finding> {
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
        let finding = Finding::new(RuleId::StoreAddressMismatch, message, primary)
            .cause(
                format!("{:?}", listen.span),
                format!("the store of `{deployment}` listens on its own loopback address only, where {{who}} do not reach it"),
            )
            .help(format!("let it listen on every address: `:{}`", called.port));
        Some(finding)
    }

    fn wrong(&self, called: &Called, what: &str) -> Finding {
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
            .cause(
                format!("{place:?} {what}"),
                format!("`{name}` of {{who}} {what}"),
            )
            .label(workload_label(self.workload));
        let first = self.store.workloads.first();
        if let Some(store) = first.and_then(|first| self.deployment.workloads.get(*first)) {
            let text = format!("the store: workload `{}`", store.workload.name);
            finding = finding.label(Label::new(store.workload.name_span, text));
        }
        let right = self
            .deployment
            .address_for(self.store, self.workload, called.port);
        let finding = match right {
            Some(right) if text.is_some_and(|text| is_address_alone(text, called)) => {
                finding.help(format!("set `{name}` to `{right}`"))
            }
            // A scheme, a login or other servers of the list stay.
            Some(right) => finding.help(format!(
                "write `{right}` in `{name}`, in place of `{}:{}`",
                called.host, called.port
            )),
            None => finding.help(format!(
                "add a Service `{}` that selects the store's pods, with the port {}",
                called.host, called.port
            )),
        };
        finding.help(format!(
            "if `{0}:{1}` leads to the store, say so in the policy: addresses = [\"{0}:{1}\"] under [[deployment.store]] of `{deployment}`",
            called.host, called.port
        ))
    }
}

/// Whether a value is an address and nothing else.
fn is_address_alone(text: &str, called: &Called) -> bool {
    let Called { host, port } = called;
    text == format!("{host}:{port}") || text == format!("[{host}]:{port}")
}
