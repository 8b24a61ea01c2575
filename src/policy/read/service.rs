//! What is stated of single services.

use std::collections::BTreeMap;

use super::Reader;
use super::levels::{expected_source, levels};
use super::live::log_lines;
use super::nodes::{list, names, spanned_texts, string, text};
use crate::policy::{
    AccessPolicy, Contract, ExpectedSource, LogLines, ServicePolicy, SuppliedBy, TemplateSource,
};
use crate::registry::Spanned;
use crate::source::{Names, Node, Span};

impl Reader<'_> {
    pub(super) fn service(
        &mut self,
        span: Span,
        node: &Node,
        (access, contract, log): (&AccessPolicy, &Contract, &LogLines),
        deployments: &[&str],
    ) -> ServicePolicy {
        let needs = list(node.get("need"))
            .iter()
            .filter_map(|need| {
                let role = need.get("role")?;
                let index = self.role(role, &access.roles)?;
                Some((
                    Spanned::new(index, role.span),
                    self.deployment_name(need, deployments),
                ))
            })
            .collect();
        let not_in = list(node.get("not_in"))
            .iter()
            .flat_map(|entry| self.not_in(entry, deployments))
            .collect();
        let supplied_by = list(node.get("supplied_by"))
            .iter()
            .filter_map(|entry| {
                Some(SuppliedBy {
                    field: text(entry.get("field"))?,
                    deployment: self.deployment_name(entry, deployments),
                    variable: string(entry.get("variable")),
                })
            })
            .collect();
        let templates = list(node.get("template"))
            .iter()
            .filter_map(|entry| {
                let get = |name| text(entry.get(name));
                let source = match (get("file"), get("config_map"), get("key")) {
                    (Some(file), None, None) => TemplateSource::File(file),
                    (None, Some(name), Some(key)) => TemplateSource::ConfigMap { name, key },
                    _ => {
                        self.refuse(
                            entry.span,
                            "a template needs either `file`, or `config_map` and `key`",
                        );
                        return None;
                    }
                };
                Some((source, self.deployment_name(entry, deployments)))
            })
            .collect();
        ServicePolicy {
            span,
            aliases: spanned_texts(node.get("aliases")),
            expands: node.get("expands").and_then(Node::as_bool).unwrap_or(false),
            certificate: string(node.get("certificate")),
            sources: spanned_texts(node.get("sources")),
            modes: node
                .get("modes")
                .map(|modes| Spanned::new(self.modes(modes, contract), modes.span)),
            expected_sources: self.expected_sources(node, deployments),
            carried_by: node
                .get("carried_by")
                .and_then(|carried| text(carried.get("service"))),
            not_in,
            needs,
            supplied_by,
            templates,
            names: names(node.get("json"), Names::Exact),
            log: log_lines(node.get("log"), log),
            levels: levels(node.get("levels")),
        }
    }

    /// The deployments that an entry of `not_in` names, each with the place that says it.
    fn not_in(&mut self, entry: &Node, deployments: &[&str]) -> Vec<Spanned<String>> {
        let named = entry.get("deployment");
        let names = match text(named) {
            Some(one) => vec![Spanned::new(one.value, entry.span)],
            None => spanned_texts(named),
        };
        let place = |name: &Spanned<String>| match named {
            Some(node) if node.as_str().is_some() => node.span,
            _ => name.span,
        };
        for name in names.iter().filter(|name| name.value != "*") {
            self.is_deployment(&name.value, place(name), deployments);
        }
        names
    }

    pub(super) fn expected_sources(
        &mut self,
        node: &Node,
        deployments: &[&str],
    ) -> Vec<(Spanned<ExpectedSource>, Option<String>)> {
        let everywhere = expected_source(node.get("expected_source")).map(|source| (source, None));
        let stated = list(node.get("expected_source"))
            .iter()
            .filter_map(|entry| {
                let source = expected_source(entry.get("source"))?;
                Some((source, self.deployment_name(entry, deployments)))
            });
        everywhere.into_iter().chain(stated).collect()
    }

    /// A workload's name stands for one service.
    pub(super) fn aliases_are_of_one(&mut self, services: &BTreeMap<String, ServicePolicy>) {
        let all = services.iter().flat_map(|(name, service)| {
            let own = service.aliases.iter();
            own.map(move |alias| (alias, name.as_str()))
        });
        let mut all: Vec<(&Spanned<String>, &str)> = all.collect();
        all.sort_by_key(|(alias, _)| alias.span);
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (alias, name) in all {
            let text = alias.value.as_str();
            if text != name && services.contains_key(text) {
                self.refuse(
                    alias.span,
                    format!(
                        "the alias `{text}` of service `{name}` is the name of another service; take it away"
                    ),
                );
            }
            let owner = *owners.entry(text).or_insert(name);
            if owner != name {
                self.refuse(
                    alias.span,
                    format!(
                        "`{text}` is an alias of service `{owner}`, too, and a workload of that name runs one of them; take it away from the other"
                    ),
                );
            }
        }
    }

    /// A service that carries another must not be carried itself: somebody has to present an identity.
    pub(super) fn carriers_exist(&mut self, services: &BTreeMap<String, ServicePolicy>) {
        for (name, service) in services {
            let Some(carrier) = &service.carried_by else {
                continue;
            };
            let again = services
                .get(&carrier.value)
                .is_some_and(|other| other.carried_by.is_some());
            if again || carrier.value == *name {
                self.refuse(
                    carrier.span,
                    format!(
                        "`{}` is carried itself; name the service that presents the identity",
                        carrier.value
                    ),
                );
            }
        }
    }
}
