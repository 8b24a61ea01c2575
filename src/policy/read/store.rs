//! The stores that a deployment's services call.

use super::Reader;
use super::nodes::{list, spanned_texts, string, text};
use crate::policy::StorePolicy;
use crate::registry::Spanned;
use crate::source::{Node, Problem};

impl Reader<'_> {
    pub(super) fn stores(&mut self, node: Option<&Node>) -> Vec<StorePolicy> {
        let stores: Vec<StorePolicy> = list(node).iter().map(|node| self.store(node)).collect();
        self.one_store_for_each_service(&stores);
        stores
    }

    /// A service calls one store, and whoever none names calls the one for all others.
    fn one_store_for_each_service(&mut self, stores: &[StorePolicy]) {
        let mut default: Option<&StorePolicy> = None;
        let mut named: Vec<&Spanned<String>> = Vec::new();
        for store in stores {
            let Some(services) = &store.services else {
                if let Some(first) = default {
                    self.problems.push(Problem {
                        span: store.span,
                        message: "a second store for all services; name the services of one of them in `services`".to_owned(),
                        related: Some((first.span, "the first one".to_owned())),
                    });
                }
                default = default.or(Some(store));
                continue;
            };
            for service in services {
                match named.iter().find(|first| first.value == service.value) {
                    Some(first) => self.problems.push(Problem {
                        span: service.span,
                        message: format!("service `{}` has two stores", service.value),
                        related: Some((first.span, "the first one".to_owned())),
                    }),
                    None => named.push(service),
                }
            }
        }
    }
}

impl Reader<'_> {
    fn store(&mut self, node: &Node) -> StorePolicy {
        let stated_listen = text(node.get("listen"));
        let listen = match &stated_listen {
            Some(pointer) => vec![pointer.value.clone()],
            None => StorePolicy::LISTEN.map(str::to_owned).to_vec(),
        };
        let one_host = node.get("one_host").and_then(Node::as_bool);
        StorePolicy {
            span: node.span,
            workload: text(node.get("workload")),
            services: node
                .get("services")
                .map(|services| spanned_texts(Some(services))),
            listen,
            stated_listen,
            addresses: spanned_texts(node.get("addresses")),
            identities: spanned_texts(node.get("identities")),
            trust_domains: spanned_texts(node.get("trust_domains")),
            bucket: text(node.get("bucket")),
            domain: string(node.get("domain")),
            one_host: one_host.unwrap_or(false),
            connect: node.get("connect").map(|node| self.connection(node)),
        }
    }
}
