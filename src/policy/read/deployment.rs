//! Deployments, and where their templates are.

use std::collections::BTreeMap;

use super::Reader;
use super::kind::of_kind;
use super::levels::{expected_source, levels};
use super::nodes::{list, spanned_texts, text};
use kvguard_contract::Contract;

use crate::policy::{DeploymentKind, DeploymentPolicy, TemplateSource};
use crate::source::{Node, Problem, Span};

impl Reader<'_> {
    pub(super) fn deployment(
        &mut self,
        node: &Node,
        environment: &BTreeMap<String, String>,
        contract: &Contract,
    ) -> Option<DeploymentPolicy> {
        let kind_node = node.get("kind")?;
        let kind = DeploymentKind::parse(kind_node.as_str()?)?;
        let files = spanned_texts(node.get("files"));
        if let Some(none) = node
            .get("files")
            .filter(|files| files.as_sequence().is_some_and(<[_]>::is_empty))
        {
            self.refuse(
                none.span,
                "`files` names no file, so nothing would be checked",
            );
        }
        if let (DeploymentKind::Kustomize, [_, second, ..]) = (kind, files.as_slice()) {
            self.refuse(
                second.span,
                "a deployment of the kind `kustomize` is one overlay: name its directory, and the others in deployments of their own",
            );
        }
        if let (DeploymentKind::Helm, [_, second, ..]) = (kind, files.as_slice()) {
            self.refuse(
                second.span,
                "a deployment of the kind `helm` is one chart: name its directory, and the others in deployments of their own",
            );
        }
        let identities = list(node.get("identity"))
            .iter()
            .filter_map(|node| self.identity(node, contract))
            .collect();
        let templates = list(node.get("templates"))
            .iter()
            .filter_map(|node| self.template_source(node))
            .collect();
        let access_table = node
            .get("access_table")
            .and_then(|node| self.access_table(node));
        Some(DeploymentPolicy {
            name: text(node.get("name"))?,
            of_kind: of_kind(node, kind, environment),
            kind_span: kind_node.span,
            files,
            trust_domain: text(node.get("trust_domain")),
            namespace: text(node.get("namespace")),
            access_table: access_table?,
            stores: self.stores(node.get("store")),
            outside_objects: list(node.get("outside_object"))
                .iter()
                .filter_map(|node| self.outside_object(node, kind))
                .collect(),
            identities,
            templates,
            expected_source: expected_source(node.get("expected_source")),
            levels: levels(node.get("levels")),
        })
    }

    pub(super) fn template_source(&mut self, node: &Node) -> Option<TemplateSource> {
        let get = |name| text(node.get(name));
        let mut names = vec!["service", "workload", "format", "deployment"];
        let source = if node.as_mapping().is_none() {
            TemplateSource::File(text(Some(node))?)
        } else {
            match (get("mounted_at"), get("config_map"), get("key")) {
                (Some(path), None, None) => {
                    names.push("env.NAME");
                    TemplateSource::MountedAt(path)
                }
                (None, Some(name), Some(key)) => {
                    names.push("env.NAME");
                    self.placeholders(&name, &names);
                    TemplateSource::ConfigMap { name, key }
                }
                _ => {
                    self.refuse(
                        node.span,
                        "an item of `templates` needs either `mounted_at`, or `config_map` and `key`",
                    );
                    return None;
                }
            }
        };
        self.placeholders(source.pattern(), &names);
        Some(source)
    }

    pub(super) fn unique_deployments(&mut self, deployments: &[Node]) {
        let mut names: BTreeMap<String, Span> = BTreeMap::new();
        for name in deployments
            .iter()
            .filter_map(|deployment| text(deployment.get("name")))
        {
            if let Some(first) = names.get(&name.value) {
                self.problems.push(Problem {
                    span: name.span,
                    message: format!("a second deployment `{}`", name.value),
                    related: Some((*first, "the first one".to_owned())),
                });
            } else {
                names.insert(name.value, name.span);
            }
        }
    }
}
