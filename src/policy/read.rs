//! Fills a [`Policy`] from a document.

mod access;
mod contract;
mod deployment;
mod exceptions;
mod identity;
mod kind;
mod levels;
mod live;
mod nodes;
mod outside;
mod service;
mod store;

use std::collections::BTreeMap;

use self::levels::{build, levels};
use self::live::log_lines;
use self::nodes::{entries, list, string, text, text_map, texts};
use super::validate::validate;
use super::{MAX_VALUE, count};
use crate::policy::{DeploymentPolicy, LogLines, Policy, RegistryPlace, ServicePolicy, SharedKey};
use crate::source::{Node, Problem, Span};

/// Where a service may write its template, unless the policy says it.
const TEMPLATE_KEY: &str = "templates/{service}.{format}";

/// Reads a policy.
///
/// # Errors
///
/// Every mistake in it, in the order of the text.
pub fn read(root: &Node) -> Result<Policy, Vec<Problem>> {
    let mut problems = validate(root);
    let policy = Reader {
        problems: &mut problems,
    }
    .policy(root);
    match policy {
        Some(policy) if problems.is_empty() => Ok(policy),
        _ => {
            problems.sort_by_key(|problem| problem.span);
            problems.dedup();
            Err(problems)
        }
    }
}

/// Reads what validation found well-formed; what it did not is left out, as the policy is refused anyway.
struct Reader<'p> {
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_> {
    fn policy(&mut self, root: &Node) -> Option<Policy> {
        let access = self.access(root.get("access"));
        let contract = self.contract(root.get("contract"));
        let template_key = root
            .get("contract")
            .and_then(|node| string(node.get("template_key")))
            .unwrap_or_else(|| TEMPLATE_KEY.to_owned());
        let environment = text_map(root.get("environment"));
        let deployments: Vec<DeploymentPolicy> = list(root.get("deployment"))
            .iter()
            .filter_map(|node| self.deployment(node, &environment, &contract))
            .collect();
        let deployment_names: Vec<&str> = deployments
            .iter()
            .map(|deployment| deployment.name.value.as_str())
            .collect();
        self.unique_deployments(list(root.get("deployment")));
        if root
            .get("deployment")
            .is_some_and(|node| list(Some(node)).is_empty())
        {
            self.refuse(
                root.span,
                "the policy names no deployment, so nothing would be checked",
            );
        }
        let unless = LogLines::default();
        let log = log_lines(root.get("log"), &unless).unwrap_or(unless);
        let services: BTreeMap<String, ServicePolicy> = entries(root.get("service"))
            .map(|(name, span, node)| {
                (
                    name.to_owned(),
                    self.service(span, node, (&access, &contract, &log), &deployment_names),
                )
            })
            .collect();
        // What cannot be read is left out, and what follows is read all the same for its mistakes.
        let registry = root.get("registry").and_then(|node| self.registry(node));
        let policy = Policy {
            scopes: entries(root.get("scopes"))
                .map(|(name, _, node)| (name.to_owned(), texts(node.get("variables"))))
                .collect(),
            prefixes: texts(root.get("workloads").and_then(|node| node.get("prefixes"))),
            path_map: self.path_map(root.get("path_map"), &deployment_names),
            secrets: self.secrets(root.get("secrets")),
            shared_keys: list(root.get("shared_key"))
                .iter()
                .map(|node| SharedKey {
                    services: texts(node.get("services")),
                    span: node.span,
                })
                .collect(),
            external_identities: list(root.get("external_identity"))
                .iter()
                .filter_map(|node| self.external_identity(node, &deployment_names))
                .collect(),
            levels: levels(root.get("levels")),
            max_value: root.get("max_value").and_then(count).unwrap_or(MAX_VALUE),
            instances: self.instances(root.get("instance"), &deployment_names),
            seed_command: self.seed_command(root.get("seed")),
            log,
            allows: list(root.get("allow"))
                .iter()
                .filter_map(|node| self.allow(node, &deployment_names))
                .collect(),
            build: build(root.get("build")),
            registry: {
                self.carriers_exist(&services);
                self.aliases_are_of_one(&services);
                registry?
            },
            access,
            contract,
            template_key,
            services,
            deployments,
        };
        Some(policy)
    }

    fn refuse(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::new(span, message));
    }

    fn registry(&mut self, node: &Node) -> Option<RegistryPlace> {
        let pointer = text(node.get("pointer"));
        // A value that is no path is told by validation.
        if node.get("file").is_some() == node.get("directory").is_some() {
            self.refuse(node.span, "`registry` needs one of `file` and `directory`");
        }
        let (path, is_directory) = match (text(node.get("file")), text(node.get("directory"))) {
            (Some(file), None) => (file, false),
            (None, Some(directory)) => (directory, true),
            _ => return None,
        };
        Some(RegistryPlace {
            path,
            is_directory,
            pointer: pointer.map(|pointer| pointer.value).unwrap_or_default(),
            variable: string(node.get("variable")),
        })
    }
}
